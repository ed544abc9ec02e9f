import { boundedCache } from './bounded-cache.ts';
import { parseVersionText } from './image-version.ts';
import { type ImageName, parseImageIdentifier, parseImageReference, sameImage } from './reference.ts';
import type { CycleReport, ItemReport } from './report.ts';
import type { Rollout } from './rollout.ts';

/** How long a change that was written took for a part of its way into the cluster. */
interface RolloutTime {
  readonly stage: 'committed-to-synced' | 'synced-to-healthy';
  readonly tookMs: number;
}

/** Follows changes from the commit until their Applications are healthy. */
export interface RolloutTimes {
  /**
   * Follows what a cycle wrote. What was followed of an Application before ends: its way is that of the newer change.
   * @param beganMs  of the cycle, as endedMs in milliseconds since 1970
   * @returns  of roll-outs that were quicker than the cycle: what was seen of them is not seen again
   */
  written(report: Pick<CycleReport, 'items' | 'commits'>, beganMs: number, endedMs: number): readonly RolloutTime[];
  seen(rollout: Rollout): readonly RolloutTime[];
}

/** A change that nobody has synced by then is left to whoever holds it back. */
const FORGOTTEN_MS = 6 * 3_600_000;
const MOST = 20_000;
/** Roll-outs that were seen last, for cycles that are about to end. */
const MOST_SEEN = 2_000;
/** What is told in whole seconds may have been up to a second later. */
const SECOND_MS = 1_000;

/** Of one Application; one time counts for all that moved in it. */
interface Written {
  /** When the cycle began that wrote it. */
  readonly beganMs: number;
  /** When it had been written at the latest. */
  readonly writtenMs: number;
  /** The last commit on the branch that it was written to; undefined where the Application itself was written. */
  readonly commit: string | undefined;
  readonly images: readonly MovedImage[];
  /** Once it has been synced. */
  syncedMs?: number;
}

interface MovedImage extends ImageName {
  readonly to: string;
}

export function rolloutTimes(): RolloutTimes {
  const followed = new Map<string, Written>();
  const lastSeen = boundedCache<Rollout>(MOST_SEEN, () => 1);
  const timesOf = (rollout: Rollout): readonly RolloutTime[] => {
    const written = followed.get(rollout.application);
    const { sync } = rollout;
    if (!written || !sync) return [];
    const times: RolloutTime[] = [];
    if (written.syncedMs === undefined) {
      if (!holds(rollout, written)) return [];
      written.syncedMs = Math.max(written.writtenMs, sync.finishedMs);
      times.push({ stage: 'committed-to-synced', tookMs: written.syncedMs - written.writtenMs });
    }
    const healthyMs = healthySince(rollout, sync.finishedMs);
    if (healthyMs === undefined) return times;
    followed.delete(rollout.application);
    return [...times, { stage: 'synced-to-healthy', tookMs: Math.max(0, healthyMs - written.syncedMs) }];
  };
  return {
    written({ items, commits }, beganMs, endedMs) {
      for (const [application, { writtenMs: sinceMs }] of followed) {
        if (endedMs - sinceMs > FORGOTTEN_MS) followed.delete(application);
      }
      const moves = Map.groupBy(items.filter(isWritten), (item) => item.application);
      for (const [application, moved] of moves) {
        if (followed.size >= MOST && !followed.has(application)) continue;
        const commit = moved.map((item) => commitOf(item, commits)).find((one) => one !== undefined);
        const images = moved.map(({ image, to }) => ({ ...parseImageIdentifier(image), to: to ?? '' }));
        followed.set(application, { beganMs, writtenMs: endedMs, commit, images });
      }
      return [...moves.keys()].flatMap((application) => {
        const rollout = lastSeen.get(application);
        return rollout ? timesOf(rollout) : [];
      });
    },
    seen(rollout) {
      lastSeen.set(rollout.application, rollout);
      return timesOf(rollout);
    },
  };
}

/** On the branch, or in the Application, that is followed; not in a pull request that stands open. */
function isWritten({ outcome, pullRequest }: ItemReport): boolean {
  return outcome === 'update' && (pullRequest === undefined || pullRequest.state === 'merged');
}

function commitOf({ target }: ItemReport, commits: CycleReport['commits']): string | undefined {
  if (target === null || !('branch' in target)) return undefined;
  const { repoURL, branch, writeBranch } = target;
  return commits.findLast((one) => one.repoURL === repoURL && one.branch === (writeBranch ?? branch))?.commit;
}

/** Whether the last sync brought the change: it was made from our commit, or came since and applied our versions. */
function holds({ sync, images }: Rollout, { commit, beganMs, images: moved }: Written): boolean {
  if (!sync) return false;
  if (commit !== undefined && sync.revisions.includes(commit)) return true;
  const applied = images.map(parseImageReference).flatMap((read) => (read.ok ? [read.value] : []));
  const isApplied = (one: MovedImage) =>
    applied.some((other) => sameImage(one, other) && isVersion(one.to, other.tag, other.digest));
  return sync.finishedMs + SECOND_MS > beganMs && moved.every(isApplied);
}

/** A digest decides where there is one. */
function isVersion(text: string, tag: string | undefined, digest: string | undefined): boolean {
  const version = parseVersionText(text);
  if (!version.ok) return false;
  return version.value.digest === undefined ? version.value.tag === tag : version.value.digest === digest;
}

/**
 * Since when it is healthy with what was synced. The health of before the sync stays there until the next comparison,
 * and means something only if that came later.
 */
function healthySince({ healthyMs, comparedMs }: Rollout, finishedMs: number): number | undefined {
  if (healthyMs === undefined) return undefined;
  if (healthyMs >= finishedMs) return healthyMs;
  return comparedMs !== undefined && comparedMs > finishedMs ? finishedMs : undefined;
}
