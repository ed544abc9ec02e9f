/**
 * The same work, done no more often than once in a while: whoever asks meanwhile gets what was found before, or what is
 * being found. What fails is tried again by the next one.
 * @param work  must not depend on who asks; it is stopped only when the first one stops
 * @param keptMs  from its beginning
 * @param now  milliseconds of a clock that never goes back
 */
export function recent<T>(
  work: (signal: AbortSignal) => Promise<T>,
  keptMs: number,
  now: () => number,
): (signal: AbortSignal) => Promise<T> {
  let last: { readonly found: Promise<T>; readonly atMs: number } | undefined;
  return (signal) => {
    if (last && now() - last.atMs < keptMs) return last.found;
    const found = work(signal);
    const mine = { found, atMs: now() };
    last = mine;
    found.catch(() => {
      if (last === mine) last = undefined;
    });
    return found;
  };
}
