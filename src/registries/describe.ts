import type { TagFacts } from '../core/deciding/scan.ts';
import { Failure } from '../core/failure.ts';
import {
  formatPlatform,
  isUnknownPlatform,
  type Platform,
  platformMatches,
  servesPlatforms,
} from '../core/platform.ts';
import type { Digest, Tag } from '../core/reference.ts';
import type { RememberedTag } from '../ports/store.ts';
import type { Question } from '../ports/tag-source.ts';
import type { Child, ImageConfig, Manifest } from './manifest.ts';
import type { Fetched, RepositoryClient } from './repository-client.ts';

/** Indexes in indexes are legal; nobody needs more than this. */
const DEEPEST_NESTING = 3;
/** Of one tag, over all nested indexes. */
const MOST_IMAGES = 500;

/** One image in an index. */
interface Image {
  readonly digest: Digest;
  readonly platform: Platform;
}

/**
 * What a tag points at, as far as the question needs it: no more requests than necessary. A lookup that fails throws,
 * so that half an answer never looks like a fact.
 * @throws {Failure} any REGISTRY_ code
 */
export async function describeTag(
  repository: RepositoryClient,
  tag: Tag,
  question: Question,
  signal: AbortSignal,
): Promise<TagFacts> {
  if (question.needs === 'digest' && question.platforms.length === 0) {
    const digest = await repository.digestOfTag(tag, signal);
    if (digest === undefined) return { kind: 'gone' };
    if (digest !== 'unstated') return { kind: 'image', digest };
  }
  const top = await repository.manifestOfTag(tag, question, signal);
  if (top === undefined) return { kind: 'gone' };
  const facts = await describeManifest(repository, top, question, signal);
  const isUndated = question.needs === 'created' && facts.kind === 'image' && facts.createdNs === undefined;
  return isUndated ? datedByFirstSight(facts, await repository.memory.tag(tag)) : facts;
}

function describeManifest(
  repository: RepositoryClient,
  { digest, manifest }: Fetched,
  question: Question,
  signal: AbortSignal,
): Promise<TagFacts> | TagFacts {
  if (manifest.kind === 'other') return { kind: 'not-an-image', mediaType: manifest.mediaType };
  if (manifest.kind === 'image') return describeImage(repository, digest, manifest, question, signal);
  return describeIndex(repository, digest, manifest, question, signal);
}

/**
 * When nothing says how old an image is: since when its tag was seen to point at it. What was there at the first scan
 * may be of any age, so that time says nothing.
 */
function datedByFirstSight(facts: TagFacts & { readonly kind: 'image' }, known: RememberedTag | undefined): TagFacts {
  if (known?.digest !== facts.digest || !known.isNews) return facts;
  return { ...facts, createdNs: BigInt(known.sinceMs) * 1_000_000n, createdFrom: 'first-seen' };
}

async function describeImage(
  repository: RepositoryClient,
  digest: Digest,
  manifest: Manifest & { readonly kind: 'image' },
  { needs, platforms }: Question,
  signal: AbortSignal,
): Promise<TagFacts> {
  if (needs === 'digest' && platforms.length === 0) return { kind: 'image', digest };
  const config = await repository.config(manifest.config, signal);
  if (!servesPlatforms(platforms, [config.platform])) return wrongPlatform([config.platform]);
  return withCreated(digest, needs === 'created' ? [dateOf(config, manifest)] : []);
}

async function describeIndex(
  repository: RepositoryClient,
  digest: Digest,
  index: Manifest & { readonly kind: 'index' },
  { needs, platforms }: Question,
  signal: AbortSignal,
): Promise<TagFacts> {
  const images = await imagesOf(repository, index.children, signal);
  if (images.length === 0) return { kind: 'not-an-image', mediaType: 'an index without images' };
  const there = images.map(({ platform }) => platform);
  if (!servesPlatforms(platforms, there)) return wrongPlatform(there);
  if (needs === 'digest') return { kind: 'image', digest };
  const kept = images.filter(({ platform }) => isWanted(platforms, platform));
  const dates = await Promise.all(kept.map((image) => dateOfImage(repository, image, index, signal)));
  return withCreated(digest, dates);
}

/** All images below an index. Only what the descriptors leave open is fetched. */
async function imagesOf(
  repository: RepositoryClient,
  children: readonly Child[],
  signal: AbortSignal,
): Promise<readonly Image[]> {
  const images: Image[] = [];
  let level = children;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST_NESTING || images.length + level.length > MOST_IMAGES) {
      throw new Failure('REGISTRY_INVALID_ANSWER', 'its index is nested too deep, or holds too many images', {
        fix: `use an index of at most ${MOST_IMAGES} images, nested at most ${DEEPEST_NESTING} times`,
      });
    }
    const opened = await Promise.all(level.map((child) => openChild(repository, child, signal)));
    images.push(...opened.flatMap(({ image }) => image ?? []));
    level = opened.flatMap((child) => child.children ?? []);
  }
  return images;
}

interface Opened {
  readonly image?: Image;
  /** Of a nested index. */
  readonly children?: readonly Child[];
}

async function openChild(repository: RepositoryClient, child: Child, signal: AbortSignal): Promise<Opened> {
  const { digest, platform } = child;
  if (child.isImage && platform !== undefined) return { image: { digest, platform } };
  const manifest = await repository.manifestOfDigest(digest, signal);
  if (manifest.kind === 'index') return { children: manifest.children };
  if (manifest.kind === 'other') return {};
  const stated = platform ?? (await repository.config(manifest.config, signal)).platform;
  return isUnknownPlatform(stated) ? {} : { image: { digest, platform: stated } };
}

/** When an image came into being, and whether an annotation had to say so; undefined when nothing says it. */
type CreationDate = { readonly ns: bigint; readonly annotated: boolean } | undefined;

async function dateOfImage(
  repository: RepositoryClient,
  { digest }: Image,
  index: Manifest & { readonly kind: 'index' },
  signal: AbortSignal,
): Promise<CreationDate> {
  const manifest = await repository.manifestOfDigest(digest, signal);
  // A descriptor called it an image: without its date the newest of its siblings would be a guess.
  if (manifest.kind !== 'image') return undefined;
  return dateOf(await repository.config(manifest.config, signal), manifest, index);
}

/** By the image's config, else by the first annotation that has a date. */
function dateOf({ createdNs }: ImageConfig, ...annotated: readonly { readonly createdNs?: bigint }[]): CreationDate {
  if (createdNs !== undefined) return { ns: createdNs, annotated: false };
  const ns = annotated.find((manifest) => manifest.createdNs !== undefined)?.createdNs;
  return ns === undefined ? undefined : { ns, annotated: true };
}

/** The newest of the images that count; no date at all when one of them has none. */
function withCreated(digest: Digest, dates: readonly CreationDate[]): TagFacts {
  let newest: CreationDate;
  for (const date of dates) {
    if (date === undefined) return { kind: 'image', digest };
    if (newest === undefined || date.ns > newest.ns) newest = date;
  }
  if (newest === undefined) return { kind: 'image', digest };
  const { ns, annotated } = newest;
  return { kind: 'image', digest, createdNs: ns, ...(annotated ? { createdFrom: 'annotation' } : {}) };
}

function isWanted(wanted: readonly Platform[], platform: Platform): boolean {
  if (wanted.length === 0) return !isUnknownPlatform(platform);
  return wanted.some((one) => platformMatches(one, platform));
}

function wrongPlatform(there: readonly Platform[]): TagFacts {
  return { kind: 'wrong-platform', platforms: [...new Set(there.map(formatPlatform))] };
}
