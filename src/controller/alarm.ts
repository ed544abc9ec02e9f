/** Lets one waiter sleep until something happens. */
export interface Alarm {
  /** Ends the sleep, or keeps the next one from beginning. */
  ring(): void;
  /** Returns after a time, when the alarm rings or when the signal aborts; `undefined` waits for these two alone. */
  sleep(ms: number | undefined, signal: AbortSignal): Promise<void>;
}

// setTimeout takes no more than 31 bits of milliseconds and fires at once beyond.
const LONGEST_MS = 2 ** 31 - 1;

export function openAlarm(): Alarm {
  let isRung = false;
  let wake = () => {};
  return {
    ring() {
      isRung = true;
      wake();
    },
    async sleep(ms, signal) {
      if (!isRung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const timer = ms === undefined ? undefined : setTimeout(resolve, Math.min(Math.max(ms, 0), LONGEST_MS));
        signal.addEventListener('abort', wake, { once: true });
        await promise;
        signal.removeEventListener('abort', wake);
        clearTimeout(timer);
      }
      isRung = false;
    },
  };
}
