import { isUnknownPlatform, type Platform, platformMatches } from '../core/platform.ts';
import type { ImageLabels } from '../core/provenance.ts';
import type { Digest } from '../core/reference.ts';
import type { LabelsQuestion } from '../ports/tag-source.ts';
import type { Child, Manifest } from './manifest.ts';
import type { Fetched, RepositoryClient } from './repository-client.ts';

/**
 * The labels of an image; of an index those of its first image that is wanted, since all are built from one source.
 * Content never changes for a digest, so that this costs nothing the second time.
 * @returns undefined when it is gone, or no image
 * @throws {Failure} any REGISTRY_ code
 */
export async function readLabels(
  repository: RepositoryClient,
  { version: { tag, digest }, platforms }: LabelsQuestion,
  signal: AbortSignal,
): Promise<ImageLabels | undefined> {
  const top = digest === undefined ? await byTag(repository, tag, signal) : await byDigest(repository, digest, signal);
  const image = top && (await imageOf(repository, top.manifest, platforms, signal));
  if (!top || !image) return undefined;
  const { labels } = await repository.config(image.config, signal);
  return { digest: top.digest, labels };
}

async function byTag(repository: RepositoryClient, tag: LabelsQuestion['version']['tag'], signal: AbortSignal) {
  return tag === undefined ? undefined : await repository.manifestOfTag(tag, { remembered: true }, signal);
}

async function byDigest(repository: RepositoryClient, digest: Digest, signal: AbortSignal): Promise<Fetched> {
  return { digest, manifest: await repository.manifestOfDigest(digest, signal) };
}

async function imageOf(
  repository: RepositoryClient,
  manifest: Manifest,
  platforms: readonly Platform[],
  signal: AbortSignal,
): Promise<(Manifest & { readonly kind: 'image' }) | undefined> {
  if (manifest.kind === 'image') return manifest;
  const child = manifest.kind === 'index' ? manifest.children.find((one) => isWanted(one, platforms)) : undefined;
  const inner = child && (await repository.manifestOfDigest(child.digest, signal));
  return inner?.kind === 'image' ? inner : undefined;
}

function isWanted({ platform }: Child, platforms: readonly Platform[]): boolean {
  if (platform === undefined) return platforms.length === 0;
  if (platforms.length === 0) return !isUnknownPlatform(platform);
  return platforms.some((wanted) => platformMatches(wanted, platform));
}
