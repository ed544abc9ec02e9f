/** Somebody who must give a sign of life again and again. */
interface Watched {
  readonly name: string;
  /** How long it may stay silent. */
  readonly patienceMs: number;
}

/** Tells who is stuck. What fails is not stuck: whoever tries in vain gives signs of life. */
export interface Watchdog {
  /** A sign of life; the first one begins the watch. */
  alive(who: Watched, nowMs: number): void;
  /** It has ended, and is waited for no more. */
  ended(who: Watched): void;
  /** The names of those that have been silent for too long, with how long that is. */
  stuck(nowMs: number): readonly { readonly name: string; readonly silentMs: number }[];
}

/** All moments are those of one clock that never goes back. */
export function watchdog(): Watchdog {
  const signs = new Map<Watched, number>();
  return {
    alive: (who, nowMs) => signs.set(who, nowMs),
    ended: (who) => signs.delete(who),
    stuck: (nowMs) =>
      [...signs].flatMap(([{ name, patienceMs }, lastMs]) => {
        const silentMs = nowMs - lastMs;
        return silentMs > patienceMs ? [{ name, silentMs }] : [];
      }),
  };
}
