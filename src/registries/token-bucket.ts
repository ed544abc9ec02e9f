/** Evenly spaced turns; while nobody takes any, some are saved up. */
export class TokenBucket {
  readonly #intervalMs: number;
  readonly #burst: number;
  readonly #now: () => number;
  /** When the next turn would be, if all had been taken. */
  #nextMs = Number.NEGATIVE_INFINITY;

  /** @param burst  most turns that are saved up, and that there are in the beginning */
  constructor(perSecond: number, burst: number, now: () => number) {
    this.#intervalMs = 1000 / perSecond;
    this.#burst = burst;
    this.#now = now;
  }

  /** Takes a turn. @returns how long to wait for it, in milliseconds; 0 when it is now */
  reserveMs(): number {
    const nowMs = this.#now();
    const turnMs = Math.max(this.#nextMs, nowMs - (this.#burst - 1) * this.#intervalMs);
    this.#nextMs = turnMs + this.#intervalMs;
    return Math.max(0, turnMs - nowMs);
  }
}
