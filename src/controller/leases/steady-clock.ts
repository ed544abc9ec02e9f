import { setTimeout as pause } from 'node:timers/promises';
import type { LeaseClock } from './lease-holder.ts';

/**
 * The clock of this machine, for leases. It only goes forward, and it goes on while the machine is suspended, when the
 * processor's own counter stands still: of the two clocks that there are, the one that says more has passed is believed.
 */
export function steadyClock(
  monotonic: () => number = () => performance.now(),
  wall: () => number = Date.now,
): LeaseClock {
  let nowMs = 0;
  let [lastMs, lastWallMs] = [monotonic(), wall()];
  return {
    now() {
      const [presentMs, presentWallMs] = [monotonic(), wall()];
      nowMs += Math.max(presentMs - lastMs, presentWallMs - lastWallMs);
      [lastMs, lastWallMs] = [presentMs, presentWallMs];
      return nowMs;
    },
    wallNow: wall,
    random: Math.random,
    sleep: (ms, signal) => pause(ms, undefined, { signal }),
  };
}
