import { Failure } from '../../core/failure.ts';
import { SharedWork } from '../shared-work.ts';
import type { Credential, CredentialHolder, Lease } from './credential.ts';

/** Renewed when a tenth of its time is left, at most this long before its end. */
const EARLIEST_RENEWAL_MS = 5 * 60_000;
/** A registry that refuses everything must not make a script run for every repository. */
const BETWEEN_RENEWALS_MS = 60_000;
/** So that one slow failure is not waited for by every repository in turn. */
const FAILURE_KEPT_MS = 10_000;
/** That a machine has no identity seldom changes. */
const NOTHING_KEPT_MS = 5 * 60_000;

type Outcome =
  | { readonly kind: 'lease'; readonly lease: Lease; readonly atMs: number }
  | { readonly kind: 'nothing'; readonly atMs: number }
  | { readonly kind: 'failed'; readonly error: unknown; readonly atMs: number };

/**
 * A credential that is asked for when it is needed, kept while it is good, and renewed shortly before its end. Askers
 * at the same time share one run. When a renewal fails, the old one is used to its end.
 */
export class RenewingHolder implements CredentialHolder {
  readonly from: string;
  readonly id: string;
  readonly #ask: (signal: AbortSignal) => Promise<Lease | undefined>;
  readonly #now: () => number;
  #last: Outcome | undefined;
  #running: SharedWork<Outcome> | undefined;
  #renewedMs = Number.NEGATIVE_INFINITY;

  /** @param ask  undefined when there is nothing to be had */
  constructor(from: string, ask: (signal: AbortSignal) => Promise<Lease | undefined>, now: () => number) {
    this.from = from;
    this.id = from;
    this.#ask = ask;
    this.#now = now;
  }

  async get(signal: AbortSignal): Promise<Credential | undefined> {
    const last = this.#last;
    const present = last?.kind === 'lease' ? last : undefined;
    const outcome = last !== undefined && this.#isFresh(last) ? last : await this.#run(signal);
    if (outcome.kind === 'lease') return outcome.lease.credential;
    if (outcome.kind === 'nothing') return undefined;
    if (present !== undefined && !this.#isOver(present.lease)) return present.lease.credential;
    throw outcome.error;
  }

  async renew(refused: Credential, signal: AbortSignal): Promise<Credential | undefined> {
    const present = this.#last?.kind === 'lease' ? this.#last.lease.credential : undefined;
    if (present !== undefined && present !== refused) return present;
    if (this.#running === undefined) {
      if (this.#now() - this.#renewedMs < BETWEEN_RENEWALS_MS) return undefined;
      this.#renewedMs = this.#now();
    }
    const outcome = await this.#run(signal);
    if (outcome.kind === 'failed') throw outcome.error;
    return outcome.kind === 'lease' ? outcome.lease.credential : undefined;
  }

  #run(signal: AbortSignal): Promise<Outcome> {
    this.#running ??= new SharedWork((until) =>
      this.#fetch(until).finally(() => {
        this.#running = undefined;
      }),
    );
    return this.#running.join(signal);
  }

  async #fetch(signal: AbortSignal): Promise<Outcome> {
    const outcome = await this.#outcome(signal);
    const keepsOld = outcome.kind === 'failed' && this.#last?.kind === 'lease' && !this.#isOver(this.#last.lease);
    if (!keepsOld) this.#last = outcome;
    return outcome;
  }

  async #outcome(signal: AbortSignal): Promise<Outcome> {
    try {
      const lease = await this.#ask(signal);
      const atMs = this.#now();
      return lease === undefined ? { kind: 'nothing', atMs } : { kind: 'lease', lease, atMs };
    } catch (error) {
      return { kind: 'failed', error, atMs: this.#now() };
    }
  }

  #isFresh(outcome: Outcome): boolean {
    const ageMs = this.#now() - outcome.atMs;
    switch (outcome.kind) {
      case 'nothing':
        return ageMs < NOTHING_KEPT_MS;
      case 'failed':
        return ageMs < FAILURE_KEPT_MS && !isAborted(outcome.error);
      case 'lease': {
        const { expiresMs } = outcome.lease;
        if (expiresMs === undefined) return true;
        const marginMs = Math.min(EARLIEST_RENEWAL_MS, (expiresMs - outcome.atMs) / 10);
        return this.#now() < expiresMs - marginMs;
      }
      default:
        return outcome satisfies never;
    }
  }

  #isOver({ expiresMs }: Lease): boolean {
    return expiresMs !== undefined && this.#now() >= expiresMs;
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof Failure && error.code === 'ABORTED';
}
