import { chosenTag, lookups } from '../core/deciding/decide.ts';
import type { Scan, TagFacts } from '../core/deciding/scan.ts';
import type { ImageVersion } from '../core/image-version.ts';
import type { Tag } from '../core/reference.ts';
import type { TrackedImage } from '../core/tracked-image.ts';
import type { ImageRepository, Question, TagSource } from '../ports/tag-source.ts';
import { allOrStop } from './all-or-stop.ts';

/** What a policy wants to know of one repository. */
interface Wish extends Pick<TrackedImage, 'policy'> {
  readonly current: ImageVersion | undefined;
  readonly describe: (tag: Tag, question: Question, signal: AbortSignal) => Promise<TagFacts>;
}

/** Asks the registry for just what this image's policy needs: the tags, and the facts of those that could win. */
export async function scanImage(
  source: TagSource,
  tracked: Pick<TrackedImage, 'image' | 'policy' | 'pullSecret'>,
  current: ImageVersion | undefined,
  signal: AbortSignal,
): Promise<Scan> {
  const { image, policy, pullSecret } = tracked;
  const repository: ImageRepository = pullSecret === undefined ? image : { ...image, pullSecret };
  const order = source.tagOrder(repository);
  const list = { ...(await source.list(repository, signal)), ...(order === undefined ? {} : { order }) };
  const wish: Wish = {
    policy,
    current,
    describe: (tag, question, until) => source.describe(repository, tag, question, until),
  };
  // A list that is not believed is no reason to ask more.
  const facts = list.doubt === undefined ? await lookUp(list, wish, signal) : new Map();
  return { ...list, facts, ...(await source.remarks(repository)) };
}

/**
 * Asks the registry only about a version that was handed off, and where its age matters about the one that Git states.
 * What is asked is what the tags point at now.
 */
export async function scanHandedOff(
  source: TagSource,
  { image, policy, pullSecret }: Pick<TrackedImage, 'image' | 'policy' | 'pullSecret'>,
  tag: Tag,
  current: ImageVersion | undefined,
  signal: AbortSignal,
): Promise<Scan> {
  const repository: ImageRepository = pullSecret === undefined ? image : { ...image, pullSecret };
  const { needs } = policy.judge.strategy;
  const question: Question =
    needs === 'tags' ? { needs: 'digest', platforms: [] } : { needs, platforms: policy.platforms };
  const before = needs === 'created' ? current?.tag : undefined;
  const asked = [...new Set(before === undefined ? [tag] : [tag, before])];
  const pieces = asked.map(
    (one) =>
      async (until: AbortSignal): Promise<[Tag, TagFacts]> => [
        one,
        await source.describe(repository, one, question, until),
      ],
  );
  return { tags: [tag], facts: new Map(await allOrStop(pieces, signal)) };
}

async function lookUp(list: Omit<Scan, 'facts'>, wish: Wish, signal: AbortSignal): Promise<Map<Tag, TagFacts>> {
  const { policy, current, describe } = wish;
  const { needs } = policy.judge.strategy;
  if (needs === 'tags') return new Map();
  // Creation times belong to digests and tags rarely move: what is known of hundreds of them will do. The one tag
  // whose digest is written will not.
  const question = { needs, platforms: policy.platforms, remembered: needs === 'created' };
  const pieces = lookups(policy, list.tags, current, list.order).map(
    (tag) =>
      async (until: AbortSignal): Promise<[Tag, TagFacts]> => [tag, await describe(tag, question, until)],
  );
  const facts = new Map(await allOrStop(pieces, signal));
  if (question.remembered) await confirmChoice(list, wish, facts, signal);
  return facts;
}

/** Asks what the chosen tag points at now; when that makes another one the choice, that one is asked too. */
async function confirmChoice(
  list: Omit<Scan, 'facts'>,
  { policy, describe }: Wish,
  facts: Map<Tag, TagFacts>,
  signal: AbortSignal,
): Promise<void> {
  const question = { needs: 'created', platforms: policy.platforms } as const;
  const confirmed = new Set<Tag>();
  for (;;) {
    const tag = chosenTag(policy, { ...list, facts });
    if (tag === undefined || !facts.has(tag) || confirmed.has(tag)) return;
    facts.set(tag, await describe(tag, question, signal));
    confirmed.add(tag);
  }
}
