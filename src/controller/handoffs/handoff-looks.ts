import { type Problem, toProblem } from '../../core/failure.ts';
import {
  isSameVersion,
  JUST_ACCEPTED,
  newestPending,
  type PendingTarget,
  type TargetStanding,
} from '../../core/handoff/operation.ts';
import { type ImageName, parseDigest, parseImageIdentifier, parseTag } from '../../core/reference.ts';
import type { CycleReport } from '../../core/report.ts';
import type { HandoffStore, Pending, SettledTarget } from '../../ports/handoffs.ts';
import type { HandedOff } from '../decisions.ts';
import { type ItemIdentity, identify, itemObject } from '../items.ts';
import { type Found, standingAfter } from './standing-after.ts';

/** Lets looks take what pipelines have handed off, and tells what became of it. */
export interface HandoffLooks {
  /**
   * Does one look. Without a store it goes on as if nothing had been handed off, which is a warning in its report.
   * @param dryRun nothing is written, so nothing becomes of anything
   */
  look(work: HandoffWork, dryRun: boolean): Promise<CycleReport>;
  /**
   * What somebody has to look at. What is late by now is settled: where two replicas looked at once, the older build may
   * have met what the newer one had just written, and wait for a step back.
   */
  waiting(): Promise<readonly PendingTarget[]>;
}

/** @param images what registries must be asked about anew: what was known of them before the hand-off does not count */
type HandoffWork = (handedOff: HandedOff, images: readonly ImageName[]) => Promise<CycleReport>;

/** A database on the network takes some milliseconds for each, and must answer within seconds. */
const MOST_AT_ONCE = 500;

/** @param now milliseconds since 1970 */
export function openHandoffLooks(store: HandoffStore, now: () => number): HandoffLooks {
  // Each stands for itself: what is left over when the store goes away is looked at again.
  const settleAll = async (targets: readonly SettledTarget[]): Promise<void> => {
    for (let at = 0; at < targets.length; at += MOST_AT_ONCE) {
      await store.settle(targets.slice(at, at + MOST_AT_ONCE), now());
    }
  };
  return {
    async look(work, dryRun) {
      let pending: Pending;
      try {
        pending = await store.pending();
      } catch (error) {
        return withWarning(await work(() => undefined, []), toProblem('hand-offs', error));
      }
      const images = openImages(pending);
      const names = new Map(pending.targets.map(({ image }) => [image, parseImageIdentifier(image)]));
      const report = await work(handedOffIn(images), [...names.values()]);
      if (dryRun) return report;
      const settled = report.items.flatMap((item) => {
        const image = images.get(itemObject(item));
        return image ? settle(image, { item, commits: report.commits }) : [];
      });
      try {
        await settleAll(settled);
        return report;
      } catch (error) {
        return withWarning(report, toProblem('hand-offs', error));
      }
    },
    async waiting() {
      const images = [...openImages(await store.pending()).values()];
      await settleAll(images.flatMap((image) => settle(image, undefined)));
      return images.flatMap(({ targets, newest }) =>
        targets.filter((one) => one.state === 'accepted' && isCounting(one, newest)),
      );
    },
  };
}

function withWarning(report: CycleReport, problem: Problem): CycleReport {
  return { ...report, warnings: [...report.warnings, problem] };
}

/** What was handed off for one image. */
interface HandedOffImage {
  readonly targets: readonly PendingTarget[];
  /** The one that counts; undefined when all of them are late. */
  readonly newest: PendingTarget | undefined;
}

/** By Application and alias, as `itemObject` has them. */
function openImages({ targets, writtenOf }: Pending): ReadonlyMap<string, HandedOffImage> {
  const images = Map.groupBy(targets, (target) => itemObject(target));
  return new Map(
    [...images].map(([key, own]) => {
      const { application = '', alias = '' }: Partial<Pick<ItemIdentity, 'application' | 'alias'>> = own[0] ?? {};
      return [key, { targets: own, newest: newestPending(own, writtenOf(application, alias)) }];
    }),
  );
}

/** What was looked at once is left to scans, unless these may not move the image. */
function handedOffIn(images: ReadonlyMap<string, HandedOffImage>): HandedOff {
  return (tracked) => {
    const newest = images.get(itemObject(identify(tracked)))?.newest;
    if (newest === undefined || (newest.state !== 'accepted' && !tracked.handoffOnly)) return undefined;
    const [tag, digest] = [parseTag(newest.tag), parseDigest(newest.digest)];
    return tag.ok && digest.ok ? { tag: tag.value, digest: digest.value } : undefined;
  };
}

/**
 * What became of everything that was handed off for one image; what stands as before is left out.
 * @param found  undefined when nobody has looked
 */
function settle({ targets, newest }: HandedOffImage, found: Found | undefined): readonly SettledTarget[] {
  return targets.flatMap((target) => {
    const { handoff, application, alias, order } = target;
    const standing = isCounting(target, newest) ? found && standingAfter(target, found) : late(newest);
    if (standing === undefined || isAsBefore(target, standing)) return [];
    const isWritten = standing.state === 'committed' || standing.state === 'pull-request';
    return [{ handoff, application, alias, ...standing, written: isWritten ? order : undefined }];
  });
}

/** The same version again is a retry. */
function isCounting(target: PendingTarget, newest: PendingTarget | undefined): boolean {
  return newest !== undefined && isSameVersion(target, newest);
}

function isAsBefore(before: TargetStanding, now: TargetStanding): boolean {
  return (['state', 'reason', 'commit', 'repoURL', 'branch', 'pullRequest'] as const).every(
    (key) => before[key] === now[key],
  );
}

function late(newest: PendingTarget | undefined): TargetStanding {
  const reason = newest ? `${newest.tag} was handed off by a newer build` : 'a newer build was written before';
  return { ...JUST_ACCEPTED, state: 'superseded', reason };
}
