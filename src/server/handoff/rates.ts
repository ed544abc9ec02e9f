/** Whether somebody may ask once more. @param nowMs of a clock that never goes back */
export type Rates = (who: string, nowMs: number) => boolean;

const MOST_KNOWN = 10_000;

/** So many requests at once from each, and one more each `everyMs`. Holds one number for each who asked of late. */
export function openRates({ burst, everyMs }: { readonly burst: number; readonly everyMs: number }): Rates {
  // The generic cell rate algorithm; they stand in the order in which they asked last.
  const steady = new Map<string, number>();
  return (who, nowMs) => {
    const nextMs = Math.max(nowMs, steady.get(who) ?? nowMs) + everyMs;
    if (nextMs - nowMs > burst * everyMs) return false;
    steady.delete(who);
    steady.set(who, nextMs);
    const [first] = steady.keys();
    if (steady.size > MOST_KNOWN && first !== undefined) steady.delete(first);
    return true;
  };
}
