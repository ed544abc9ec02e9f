import { canonicalName, type ImageName } from '../core/reference.ts';

/** The repositories that somebody wants to be looked at before the next cycle. */
export interface AskedLooks {
  ask(image: ImageName): void;
  /**
   * Waits for somebody to ask.
   * @returns all that was asked for, each once; nothing when the time is over
   * @throws the signal's reason
   */
  next(timeoutMs: number, signal: AbortSignal): Promise<readonly ImageName[]>;
}

export function askedLooks(): AskedLooks {
  const asked = new Map<string, ImageName>();
  let wake = () => {};
  return {
    ask(image) {
      asked.set(canonicalName(image), image);
      wake();
    },
    async next(timeoutMs, signal) {
      signal.throwIfAborted();
      if (asked.size === 0 && timeoutMs > 0) await woken(timeoutMs, signal, (resolve) => (wake = resolve));
      signal.throwIfAborted();
      const images = [...asked.values()];
      asked.clear();
      return images;
    },
  };
}

/** Resolves when the time is over, the signal aborts, or somebody calls what `onWake` was given. */
async function woken(timeoutMs: number, signal: AbortSignal, onWake: (wake: () => void) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  const stop = () => resolve();
  signal.addEventListener('abort', stop);
  onWake(stop);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
