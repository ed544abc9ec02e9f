import { lookups } from '../core/decide.ts';
import type { ImageVersion } from '../core/image-version.ts';
import type { Tag } from '../core/reference.ts';
import type { Scan, TagFacts } from '../core/scan.ts';
import type { TrackedImage } from '../core/tracked-image.ts';
import type { ImageRepository, TagSource } from '../ports/tag-source.ts';

/** Asks the registry for just what this image's policy needs: the tags, and the facts of those that could win. */
export async function scanImage(
  source: TagSource,
  tracked: Pick<TrackedImage, 'image' | 'policy' | 'pullSecret'>,
  current: ImageVersion | undefined,
  signal: AbortSignal,
): Promise<Scan> {
  const { image, policy, pullSecret } = tracked;
  const repository: ImageRepository = pullSecret === undefined ? image : { ...image, pullSecret };
  const tags = await source.listTags(repository, signal);
  const { needs } = policy.judge.strategy;
  const order = source.tagOrder(repository);
  const list = { tags, ...(order === undefined ? {} : { order }) };
  if (needs === 'tags') return { ...list, facts: new Map() };
  const question = { needs, platforms: policy.platforms };
  const facts = await Promise.all(
    lookups(policy, tags, current, order).map(
      async (tag): Promise<[Tag, TagFacts]> => [tag, await source.describe(repository, tag, question, signal)],
    ),
  );
  return { ...list, facts: new Map(facts) };
}
