import { normalize } from 'node:path/posix';
import { Fields, type KnownMapping } from '../../config/fields.ts';
import { readTextDocuments, type TextDocument } from '../../config/text-documents.ts';
import type { Problem } from '../../core/failure.ts';
import type { PathRequest, ValueKeys } from './file-plan.ts';
import { type ImageArgument, parseImageArgument } from './image-argument.ts';

// Every key of the format; schemas/releases.schema.json has the same, which a test checks.
const FILE_KEYS = ['releases'] as const;
const RELEASE_KEYS = ['path', 'images', 'key', 'nameKey', 'specKey', 'container'] as const;

export interface ReadReleases {
  /** In the order of the file; none when something is wrong. */
  readonly paths: readonly PathRequest[];
  /** All that is wrong, each with its place. */
  readonly failures: readonly Problem[];
}

/**
 * Which images are wanted where: a mapping with a list of `releases` in YAML or JSON, each a path with its images.
 * @param file the file as a person knows it
 */
export function readReleases(file: string, text: string): ReadReleases {
  const { documents, failures } = readTextDocuments(file, text);
  const read = documents.map(readDocument);
  const wrong = [...failures, ...read.flatMap((one) => one.failures)];
  return { paths: wrong.length > 0 ? [] : read.flatMap(({ paths }) => paths), failures: wrong };
}

function readDocument({ value, origin }: TextDocument): ReadReleases {
  const fields = new Fields(origin);
  const file = fields.mapping(value, [], FILE_KEYS);
  const items = file && fields.list(file, 'releases');
  if (file && !items?.length && fields.problems.length === 0) {
    fields.refuse(['releases'], 'there are none', 'list paths under releases:, each with its images');
  }
  const known = new Set<string>();
  const paths = (items ?? []).flatMap((item, index) => {
    const release = fields.mapping(item, ['releases', index], RELEASE_KEYS);
    const read = release ? readRelease(fields, release) : [];
    for (const request of read) refuseRepeated(fields, request, known, index);
    return read;
  });
  return { paths, failures: fields.problems };
}

/** Of an image that is named again for the same place only the last would count. */
function refuseRepeated(fields: Fields, request: PathRequest, known: Set<string>, index: number): void {
  const { path, images, keys, container } = request;
  for (const { name } of images) {
    const place = JSON.stringify([normalize(`${path}/`), keys.name, keys.tag, keys.spec, container, name]);
    if (known.has(place)) {
      fields.refuse(['releases', index, 'images'], `name ${name} a second time for ${path}`, 'keep one of the two');
    }
    known.add(place);
  }
}

function readRelease(fields: Fields, release: KnownMapping): readonly PathRequest[] {
  const path = insistOn(fields, release, 'path', () => fields.text(release, 'path'), 'name a file or folder');
  const list = 'list them as for set-image: [acme/web:1.4.2]';
  const texts = insistOn(fields, release, 'images', () => fields.texts(release, 'images'), list);
  const images = (texts ?? []).flatMap((text, index) => readImage(fields, text, [...release.path, 'images', index]));
  const keys = readKeys(fields, release);
  const container = fields.text(release, 'container');
  return path ? [{ path, images, keys, ...(container === undefined ? {} : { container }) }] : [];
}

/** What is of the wrong type has a problem by being read, and no other. */
function insistOn<Value extends { readonly length: number }>(
  fields: Fields,
  { path }: KnownMapping,
  key: string,
  read: () => Value | undefined,
  fix: string,
): Value | undefined {
  const before = fields.problems.length;
  const value = read();
  if (!value?.length && fields.problems.length === before) fields.refuse([...path, key], 'is missing or empty', fix);
  return value;
}

function readImage(fields: Fields, text: string, path: readonly (string | number)[]): readonly ImageArgument[] {
  const argument = parseImageArgument(text);
  if (argument.ok) return [argument.value];
  fields.refuse(path, argument.problem, 'write NAME=IMAGE:TAG, NAME:TAG or NAME@DIGEST');
  return [];
}

function readKeys(fields: Fields, release: KnownMapping): ValueKeys {
  const tag = fields.text(release, 'key');
  const name = fields.text(release, 'nameKey');
  const spec = fields.text(release, 'specKey');
  if (spec !== undefined && (tag ?? name) !== undefined) {
    fields.refuse([...release.path, 'specKey'], 'stands beside other keys', 'keep specKey, or key and nameKey');
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(tag === undefined ? {} : { tag }),
    ...(spec === undefined ? {} : { spec }),
  };
}
