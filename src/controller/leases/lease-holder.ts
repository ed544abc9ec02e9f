import type { Lease, LeaseStore, ObjectKey } from '../../ports/cluster.ts';

/** Time and chance, as everything about leases sees them. */
export interface LeaseClock {
  /** Milliseconds on a clock that only goes forward; of no other process. */
  now(): number;
  /** Milliseconds since 1970, for people who read a Lease. Nothing is decided by it. */
  wallNow(): number;
  /** 0 to 1. */
  random(): number;
  /** Throws when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface LeaseTiming {
  /** Whoever does not renew for so long loses it. */
  readonly durationMs: number;
  /** The holder himself takes it for lost sooner: the difference is what clocks may differ in and requests may take. */
  readonly renewDeadlineMs: number;
  /** Between two tries to take or renew it. */
  readonly retryMs: number;
}

export interface LeaseSurroundings {
  readonly store: LeaseStore;
  readonly clock: LeaseClock;
  readonly timing: LeaseTiming;
  /** Of this process; no other one ever has it. */
  readonly identity: string;
}

/**
 * What one process knows of one Lease, and may do by it.
 *
 * No clock of another machine is believed: a Lease counts as expired when its version did not change for its duration
 * since it was first read, by our own clock. Whoever holds it counts from before he asked for the renewal. So his time is
 * over before anybody else's begins, as long as no clock runs a third faster than another.
 */
export class LeaseHolder {
  readonly key: ObjectKey;
  readonly #around: LeaseSurroundings;
  #seen: Lease | undefined;
  /** Until when another one may believe that it is his. */
  #takenUntilMs = Number.NEGATIVE_INFINITY;
  #mayWriteUntilMs = Number.NEGATIVE_INFINITY;

  constructor(key: ObjectKey, around: LeaseSurroundings) {
    this.key = key;
    this.#around = around;
  }

  /** By `clock.now()`. */
  get mayWriteUntilMs(): number {
    return this.#mayWriteUntilMs;
  }

  get isHeld(): boolean {
    return this.#around.clock.now() < this.#mayWriteUntilMs;
  }

  /** Reads it. Free is also what says that we hold it, and what its holder does not renew any more. */
  async look(signal: AbortSignal): Promise<'free' | 'taken'> {
    const { store, clock, identity } = this.#around;
    const lease = await store.get(this.key, signal);
    const nowMs = clock.now();
    if (lease !== undefined && lease.resourceVersion !== this.#seen?.resourceVersion) {
      const isOthers = !['', identity].includes(lease.holder);
      this.#takenUntilMs = isOthers ? nowMs + lease.durationSeconds * 1_000 : Number.NEGATIVE_INFINITY;
    }
    // One that was deleted had a holder who may not know yet.
    this.#seen = lease;
    return nowMs < this.#takenUntilMs ? 'taken' : 'free';
  }

  /** Takes or renews it, as it was seen last. @returns  whether it is ours now; somebody else was faster if not */
  async claim(signal: AbortSignal): Promise<boolean> {
    const { store, clock, timing } = this.#around;
    const askedMs = clock.now();
    const lease = this.#claimed(this.#seen);
    const outcome = await (this.#seen === undefined ? store.create(lease, signal) : store.update(lease, signal));
    if (outcome.kind === 'conflict') return false;
    this.#seen = outcome.lease;
    this.#takenUntilMs = Number.NEGATIVE_INFINITY;
    this.#mayWriteUntilMs = askedMs + timing.renewDeadlineMs;
    return true;
  }

  #claimed(before: Lease | undefined): Lease {
    const { clock, timing, identity } = this.#around;
    const renewedMs = clock.wallNow();
    const present = { holder: identity, durationSeconds: Math.ceil(timing.durationMs / 1_000), renewedMs };
    if (before?.holder === identity) return { ...before, ...present };
    const { resourceVersion = '', transitions = -1 } = before ?? {};
    return { ...this.key, ...present, acquiredMs: renewedMs, transitions: transitions + 1, resourceVersion };
  }

  /** Whether it is still ours, asked of the cluster itself. */
  async confirm(signal: AbortSignal): Promise<boolean> {
    if (!this.isHeld) return false;
    const lease = await this.#around.store.get(this.key, signal);
    return lease?.holder === this.#around.identity && this.isHeld;
  }

  /** From now on nothing may be written by it. */
  lose(): void {
    this.#mayWriteUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** Lets others have it at once. */
  async release(signal: AbortSignal): Promise<void> {
    const { store, clock, identity } = this.#around;
    this.lose();
    if (this.#seen?.holder !== identity) return;
    const outcome = await store.update(
      { ...this.#seen, holder: '', durationSeconds: 1, renewedMs: clock.wallNow() },
      signal,
    );
    if (outcome.kind === 'written') this.#seen = outcome.lease;
  }
}
