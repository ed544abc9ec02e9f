import type { Candidate, Judge, Strategy } from '../core/deciding/strategy.ts';
import { parsed } from '../core/parsed.ts';
import { formatTimestamp } from '../core/timestamp.ts';
import { ageOf, compareBytes } from './byte-order.ts';

/**
 * The image that was created last, to the nanosecond; of images created at one time the tag that is greatest by its
 * bytes. The constraint plays no part. A tag without a readable creation time takes no part. In a list that is known
 * to be sorted by age, the place in it stands for the time.
 */
export const newestBuild: Strategy = {
  id: 'newest-build',
  deprecatedIds: ['latest'],
  needs: 'created',
  pinsDigest: false,
  readsConstraint: false,
  judge: () => parsed(judge),
};

const judge: Judge = {
  strategy: newestBuild,
  drop: ({ createdNs, rank }) =>
    createdNs === undefined && rank === undefined
      ? { rule: 'created', reason: 'has no readable creation time' }
      : undefined,
  wants: () => true,
  compare: (a, b) => compareTimes(timeOf(a) ?? 0n, timeOf(b) ?? 0n) || compareBytes(a.tag, b.tag),
  age(chosen, current) {
    const [chosenTime, currentTime] = [timeOf(chosen), timeOf(current)];
    if (chosenTime === undefined || currentTime === undefined) return undefined;
    return ageOf(compareTimes(chosenTime, currentTime));
  },
  merit({ createdNs = 0n, rank }, count) {
    if (rank !== undefined) return count === 1 ? 'is the only build' : `is the newest of ${count} tags by their order`;
    const created = `created ${formatTimestamp(createdNs)}`;
    return count === 1 ? `is the only build, ${created}` : `is the newest build of ${count} tags, ${created}`;
  },
};

/** Nanoseconds, or the place in a sorted list; within one scan it is the same for all. */
function timeOf({ createdNs, rank }: Partial<Candidate>): bigint | undefined {
  return rank === undefined ? createdNs : BigInt(rank);
}

function compareTimes(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
