/** How often each may do something. Times are milliseconds of a clock that never goes back. */
export interface Rates {
  isOver(who: string, nowMs: number): boolean;
  /** Counts that somebody has done it once more. */
  count(who: string, nowMs: number): void;
  /** Counts it, unless it is over. @returns whether it may be done */
  take(who: string, nowMs: number): boolean;
}

interface Rate {
  /** So many at once ... */
  readonly burst: number;
  /** ... and then one each so long. */
  readonly everyMs: number;
}

const MOST_KNOWN = 10_000;

/** The same rate for each who does it. Holds one number for each who has done it of late. */
export function openRates({ burst, everyMs }: Rate): Rates {
  // The generic cell rate algorithm; they stand in the order in which they did it last.
  const steady = new Map<string, number>();
  const nextMs = (who: string, nowMs: number) => Math.max(nowMs, steady.get(who) ?? nowMs) + everyMs;
  const isOver: Rates['isOver'] = (who, nowMs) => nextMs(who, nowMs) - nowMs > burst * everyMs;
  const count: Rates['count'] = (who, nowMs) => {
    const next = nextMs(who, nowMs);
    steady.delete(who);
    steady.set(who, next);
    const [first] = steady.keys();
    if (steady.size > MOST_KNOWN && first !== undefined) steady.delete(first);
  };
  return {
    isOver,
    count,
    take(who, nowMs) {
      const isAllowed = !isOver(who, nowMs);
      if (isAllowed) count(who, nowMs);
      return isAllowed;
    },
  };
}
