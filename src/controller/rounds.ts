/** When all Applications are looked at. Times are milliseconds of a clock that never goes back. */
export interface Rounds {
  isDue(nowMs: number): boolean;
  isRunning(): boolean;
  begin(): void;
  /** @param random  from 0 up to 1 */
  end(nowMs: number, random: number): void;
  /** When the next one is due; undefined while one is running, and when none is to come. */
  nextMs(): number | undefined;
}

/** By how much of itself an interval may be longer, so that several processes do not stay in step. */
const JITTER = 0.1;

/**
 * @param intervalMs  from the end of a round to the next one; undefined for no second one
 * @param atOnce  whether there is a first one
 */
export function openRounds(intervalMs: number | undefined, atOnce: boolean): Rounds {
  let nextMs: number | undefined = atOnce ? Number.NEGATIVE_INFINITY : undefined;
  let isRunning = false;
  return {
    isDue: (nowMs) => nextMs !== undefined && nextMs <= nowMs,
    isRunning: () => isRunning,
    begin() {
      isRunning = true;
      nextMs = undefined;
    },
    end(nowMs, random) {
      isRunning = false;
      nextMs = intervalMs === undefined ? undefined : nowMs + intervalMs * (1 + JITTER * random);
    },
    nextMs: () => nextMs,
  };
}
