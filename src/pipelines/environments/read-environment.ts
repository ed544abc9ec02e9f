import { decodeText } from '../../core/edits/text-file.ts';
import type { Environment, EnvironmentImage } from '../../core/environment-diff.ts';
import { Failure } from '../../core/failure.ts';
import { formatReference } from '../../core/reference.ts';
import { KUSTOMIZATION_NAMES } from '../../core/target-path.ts';
import { isUntyped, listAt, textAt, type Untyped } from '../../core/untyped.ts';
import { readYamlDocuments } from '../../core/yaml-documents.ts';
import type { FileTree } from '../../ports/file-tree.ts';
import type { Tree } from '../../ports/git.ts';
import { containerImages } from '../../sources/container-images.ts';
import { overrideImage } from '../../sources/image-override.ts';
import { readKustomization } from '../../sources/kustomization.ts';
import { readKustomizeImages } from '../../sources/read-kustomize.ts';
import { type LocatedFile, locateFiles } from '../set-image/locate-files.ts';
import { imagesOfApplication, keysOfText, nameOf, stated } from './application-images.ts';

/**
 * The images of a path: of a folder with a kustomization those of its manifests after all overrides, else those of the
 * manifests and Applications directly in it, else what a chart's values say. Nothing is rendered.
 * @throws {Failure} TARGET_NOT_FOUND, TARGET_UNREADABLE, APPLICATION_INVALID, IMAGE_NOT_FOUND where there are none
 */
export async function readEnvironment(path: string, tree: FileTree): Promise<Environment> {
  const { files, isFolder } = await locateFiles({ path, keys: {} }, tree);
  const [first] = files;
  const folder = first && kustomizationFolder(first.path);
  const { images, unread } =
    first && folder !== undefined ? await readKustomizationImages(first, folder, tree) : readFiles(files, isFolder);
  if (images.length > 0) return { name: path, images, unread };
  const [why] = unread;
  const fix = 'name a kustomization, manifests, Helm values or Applications';
  const message = why === undefined ? 'no image is there' : `no image is there that can be read (${why})`;
  throw new Failure('IMAGE_NOT_FOUND', message, { fix, object: path });
}

type Found = Pick<Environment, 'images' | 'unread'>;

function kustomizationFolder(path: string): string | undefined {
  const slash = path.lastIndexOf('/');
  return KUSTOMIZATION_NAMES.includes(path.slice(slash + 1)) ? path.slice(0, Math.max(slash, 0)) : undefined;
}

/** The images that come out, and what the kustomization says of images whose manifests are elsewhere. */
async function readKustomizationImages({ path, bytes }: LocatedFile, folder: string, tree: FileTree): Promise<Found> {
  const { images, unread } = await readKustomizeImages(onDemand(tree), folder);
  const used = images.map(({ reference, written }) => ({ name: written, image: formatReference(reference) }));
  const text = decodeText(bytes);
  const entries = text.ok ? readKustomization(text.value, path).images : [];
  const known = new Set(used.map(({ name }) => name));
  const others = entries.filter(({ name }) => !known.has(name));
  return {
    images: [...used, ...others.map((entry) => ({ name: entry.name, image: overrideImage(entry.name, entry) }))],
    unread,
  };
}

/** A tree without a listing, whose files are asked for one by one. */
function onDemand({ read }: FileTree): Tree {
  return { commit: '', branch: '', paths: [], read };
}

function readFiles(files: readonly LocatedFile[], isFolder: boolean): Found {
  const read = files.map((file) => readFile(file, isFolder));
  return { images: read.flatMap(({ images }) => images), unread: read.flatMap(({ unread }) => unread) };
}

const VALUES = /(?:^|\/)(values[^/]*)\.ya?ml$/;

function readFile({ path, bytes }: LocatedFile, isFolder: boolean): Found {
  const text = decodeText(bytes);
  if (!text.ok) return { images: [], unread: [`${path}: ${text.problem}`] };
  const documents = readYamlDocuments(text.value, { below: 'valuesObject' });
  const objects = documents.flatMap((document) => (document.ok ? objectsIn(document.value) : []));
  const unread = documents.flatMap((one) => (one.ok ? [] : [`${path}, line ${one.line}: ${one.problem}`]));
  if (objects.length > 0) return { images: objects.flatMap((object) => imagesOfObject(object, path)), unread };
  const [, values] = VALUES.exec(path) ?? [];
  if (isFolder && values === undefined) return { images: [], unread };
  // One key in two files is two images.
  const prefix = isFolder && values !== 'values' ? `${values} ` : '';
  return {
    images: keysOfText(text.value).map(({ key, text: says }) => stated({ key: prefix + key, text: says })),
    unread,
  };
}

function objectsIn(value: unknown): readonly Untyped[] {
  if (!isUntyped(value) || textAt(value, 'apiVersion') === undefined) return [];
  const kind = textAt(value, 'kind');
  if (kind === undefined) return [];
  return kind.endsWith('List') ? listAt(value, 'items').filter(isUntyped) : [value];
}

function imagesOfObject(object: Untyped, path: string): readonly EnvironmentImage[] {
  const isApplication =
    textAt(object, 'apiVersion')?.startsWith('argoproj.io/') && textAt(object, 'kind') === 'Application';
  if (isApplication) return imagesOfApplication(object, path);
  return [...containerImages(object)].map((image) => ({ name: nameOf(image), image }));
}
