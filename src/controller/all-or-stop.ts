/**
 * Does all of it at once. When one piece fails nothing of the others is needed: they are told to stop, and the failure
 * is thrown when they have.
 */
export async function allOrStop<T>(
  pieces: readonly ((signal: AbortSignal) => Promise<T>)[],
  signal: AbortSignal,
): Promise<readonly T[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const results = pieces.map((piece) => piece(either));
  try {
    return await Promise.all(results);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(results);
    throw error;
  }
}
