/**
 * Stops waiting as soon as the signal aborts; the work goes on, for others who wait for it.
 * @param reason  makes what is thrown then
 * @throws  what the work throws, too
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, reason: () => unknown): Promise<T> {
  const left = Promise.withResolvers<never>();
  const leave = () => left.reject(reason());
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([left.promise, work]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
