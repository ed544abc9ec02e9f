import type { Tag } from '../reference.ts';
import { formatTimestamp } from '../timestamp.ts';
import type { Scan, TagFacts } from './scan.ts';

const MS = 1_000_000n;
const YEAR_1971_NS = BigInt(Date.UTC(1971, 0, 1)) * MS;
/** Clocks of builders and of this machine differ by this much without anybody's fault. */
const CLOCK_DIFFERENCE_MS = 5 * 60 * 1000;
const TAGS_NAMED = 3;

type Image = TagFacts & { readonly kind: 'image' };

/** What a person should know of the creation times by which a choice was made; nothing when they are as usual. */
export function dateNotes({ facts, nowMs }: Pick<Scan, 'facts' | 'nowMs'>): readonly string[] {
  const tagsWhere = (isMeant: (image: Image) => boolean): Tag[] =>
    [...facts].filter(([, one]) => one.kind === 'image' && isMeant(one)).map(([tag]) => tag);
  const latestNs = nowMs === undefined ? undefined : BigInt(nowMs + CLOCK_DIFFERENCE_MS) * MS;
  return [
    ...note('dated 1970, as reproducible builds are', tagsWhere(isFrom1970)),
    ...note(
      `dated in the future (now is ${nowMs === undefined ? '' : formatTimestamp(BigInt(nowMs) * MS)})`,
      tagsWhere(({ createdNs }) => createdNs !== undefined && latestNs !== undefined && createdNs > latestNs),
    ),
    ...note(
      'without a creation time, so that it counts when they were first seen',
      tagsWhere(({ createdFrom }) => createdFrom === 'first-seen'),
    ),
  ];
}

function isFrom1970({ createdNs }: Image): boolean {
  return createdNs !== undefined && createdNs >= 0n && createdNs < YEAR_1971_NS;
}

function note(what: string, tags: readonly Tag[]): readonly string[] {
  if (tags.length === 0) return [];
  const more = tags.length > TAGS_NAMED ? ` and ${tags.length - TAGS_NAMED} more` : '';
  return [`${what}: ${tags.slice(0, TAGS_NAMED).join(', ')}${more}`];
}
