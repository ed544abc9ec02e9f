import { type LabelRequirement, parseLabelSelector } from '../../core/applications/label-selector.ts';
import { nearest } from '../../core/nearest.ts';
import { type Parsed, parsed, unparsable } from '../../core/parsed.ts';
import {
  canonicalName,
  type Digest,
  type ImageName,
  parseDigest,
  parseImageReference,
  type Tag,
} from '../../core/reference.ts';
import { isUntyped, type Untyped } from '../../core/untyped.ts';

/** What a pipeline asks for. */
export interface HandoffBody {
  readonly images: readonly { readonly image: ImageName; readonly tag: Tag; readonly digest: Digest }[];
  readonly order: number | undefined;
  readonly applications: readonly string[] | undefined;
  readonly labels: readonly LabelRequirement[];
}

const KEYS = ['images', 'order', 'applications', 'selector'];
const IMAGE_KEYS = ['image', 'digest'];
const MOST_IMAGES = 50;
const MOST_APPLICATIONS = 1_000;

/** @returns what is wrong with the first thing that is, in a sentence that names it */
export function readBody(bytes: Uint8Array): Parsed<HandoffBody> {
  const body = parseObject(bytes);
  if (body === undefined) return unparsable('the body is not a JSON object');
  const stray = strayKey(body, KEYS);
  if (stray !== undefined) return unparsable(stray);
  const { images, order, applications, selector } = body;
  const read = { images: readImages(images), applications: readNames(applications), labels: readSelector(selector) };
  if (!read.images.ok) return read.images;
  if (!read.applications.ok) return read.applications;
  if (!read.labels.ok) return read.labels;
  if (applications !== undefined && selector !== undefined) {
    return unparsable('applications and selector cannot be given together');
  }
  if (order !== undefined && !(typeof order === 'number' && Number.isSafeInteger(order) && order >= 0)) {
    return unparsable('order is not a whole number of 0 or more');
  }
  return parsed({
    images: read.images.value,
    order,
    applications: read.applications.value,
    labels: read.labels.value,
  });
}

function parseObject(bytes: Uint8Array): Untyped | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isUntyped(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function strayKey(object: Untyped, known: readonly string[]): string | undefined {
  const stray = Object.keys(object).find((key) => !known.includes(key));
  if (stray === undefined) return undefined;
  const meant = nearest(stray, known);
  return `there is no ${JSON.stringify(stray)}${meant === undefined ? `, only ${known.join(', ')}` : `; write ${meant}`}`;
}

function readImages(given: unknown): Parsed<HandoffBody['images']> {
  if (!Array.isArray(given) || given.length === 0) return unparsable('images is not a list of one or more');
  if (given.length > MOST_IMAGES) return unparsable(`images has more than ${MOST_IMAGES} items`);
  const images: HandoffBody['images'][number][] = [];
  for (const [index, one] of given.entries()) {
    const image = readImage(one);
    if (!image.ok) return unparsable(`images[${index}]: ${image.problem}`);
    images.push(image.value);
  }
  const names = images.map(({ image }) => canonicalName(image));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? parsed(images) : unparsable(`images names ${twice} twice`);
}

function readImage(given: unknown): Parsed<HandoffBody['images'][number]> {
  if (!isUntyped(given)) return unparsable('it is not an object');
  const stray = strayKey(given, IMAGE_KEYS);
  if (stray !== undefined) return unparsable(stray);
  const { image, digest } = given;
  if (typeof image !== 'string') return unparsable('image is not a text');
  if (typeof digest !== 'string') return unparsable('digest is not a text; it is what the push printed');
  const [reference, read] = [parseImageReference(image), parseDigest(digest)];
  if (!reference.ok) return reference;
  if (!read.ok) return read;
  const { registry, repository, tag, digest: inside } = reference.value;
  if (tag === undefined) return unparsable('image has no tag');
  if (inside !== undefined) return unparsable('image has a digest in it, which stands beside it');
  return parsed({ image: { registry, repository }, tag, digest: read.value });
}

function readNames(given: unknown): Parsed<readonly string[] | undefined> {
  if (given === undefined) return parsed(undefined);
  const isList = Array.isArray(given) && given.length > 0 && given.length <= MOST_APPLICATIONS;
  const names = isList ? given.filter((one) => typeof one === 'string' && one !== '') : [];
  if (isList && names.length === given.length) return parsed(names);
  return unparsable(`applications is not a list of 1 to ${MOST_APPLICATIONS} names`);
}

function readSelector(given: unknown): Parsed<readonly LabelRequirement[]> {
  if (given === undefined) return parsed([]);
  if (typeof given !== 'string' || given.trim() === '') return unparsable('selector is not a text such as "team=shop"');
  const labels = parseLabelSelector(given);
  return labels.ok ? labels : unparsable(`selector: ${labels.problem}`);
}
