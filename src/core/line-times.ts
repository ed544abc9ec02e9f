import { canonicalName, type ImageName, parseImageIdentifier } from './reference.ts';
import type { CycleReport } from './report.ts';

/** How long one change of one image took for a part of its way. */
interface LineTime {
  readonly stage: 'pushed-to-seen' | 'seen-to-committed';
  readonly tookMs: number;
}

/** Follows versions from the word of a push to the commit. All moments are those of one clock. */
export interface LineTimes {
  /** @param image as it is tracked */
  pushed(image: ImageName, nowMs: number): void;
  /** @param report  of a cycle that was allowed to write */
  cycleEnded(
    report: Pick<CycleReport, 'items' | 'commits' | 'patches'>,
    beganMs: number,
    endedMs: number,
  ): readonly LineTime[];
}

/** What was pushed longer ago brought no version that is allowed. */
const FORGOTTEN_MS = 60 * 60_000;
const MOST = 10_000;

/** Keeps one moment for each repository that is used and was pushed to in the last hour, 10,000 at most. */
export function lineTimes(): LineTimes {
  const pushes = new Map<string, number>();
  return {
    pushed(image, nowMs) {
      const name = canonicalName(image);
      // The first push of several counts: its version waits longest.
      if (!pushes.has(name) && pushes.size < MOST) pushes.set(name, nowMs);
    },
    cycleEnded({ items, commits, patches }, beganMs, endedMs) {
      if (commits.length + patches.length === 0) return [];
      const moved = items.filter(({ outcome, pullRequest }) => outcome === 'update' && pullRequest === undefined);
      const names = new Set(moved.map(({ image }) => canonicalName(parseImageIdentifier(image))));
      const seen = [...names].flatMap((name): LineTime[] => {
        const pushedMs = pushes.get(name);
        return pushedMs === undefined ? [] : [{ stage: 'pushed-to-seen', tookMs: Math.max(0, beganMs - pushedMs) }];
      });
      for (const [name, pushedMs] of pushes) {
        if (names.has(name) || endedMs - pushedMs > FORGOTTEN_MS) pushes.delete(name);
      }
      return [...seen, ...moved.map((): LineTime => ({ stage: 'seen-to-committed', tookMs: endedMs - beganMs }))];
    },
  };
}
