import { parsed } from '../core/parsed.ts';
import type { Judge, Strategy } from '../core/strategy.ts';
import { formatTimestamp } from '../core/timestamp.ts';
import { ageOf, compareBytes } from './byte-order.ts';

/**
 * The image that was created last, to the nanosecond; of images created at one time the tag that is greatest by its
 * bytes. The constraint plays no part. A tag without a readable creation time takes no part.
 */
export const newestBuild: Strategy = {
  id: 'newest-build',
  deprecatedIds: ['latest'],
  needs: 'created',
  pinsDigest: false,
  judge: () => parsed(judge),
};

const judge: Judge = {
  strategy: newestBuild,
  drop: ({ createdNs }) =>
    createdNs === undefined ? { rule: 'created', reason: 'has no readable creation time' } : undefined,
  wants: () => true,
  compare: (a, b) => compareTimes(a.createdNs ?? 0n, b.createdNs ?? 0n) || compareBytes(a.tag, b.tag),
  age(chosen, current) {
    if (chosen.createdNs === undefined || current.createdNs === undefined) return undefined;
    return ageOf(compareTimes(chosen.createdNs, current.createdNs));
  },
  merit({ createdNs = 0n }, count) {
    const created = `created ${formatTimestamp(createdNs)}`;
    return count === 1 ? `is the only build, ${created}` : `is the newest build of ${count} tags, ${created}`;
  },
};

function compareTimes(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
