import type { CredentialOutcome, CredentialPlace } from '../../core/credentials/credential-outcome.ts';
import { Failure } from '../../core/failure.ts';
import type { CredentialMemory } from '../../ports/store.ts';

/** The same outcome is not written down again sooner, however many repositories were asked for. */
const BETWEEN_NOTES_MS = 60_000;
/** Of other failures, such as a registry that is down, the credential is innocent. */
const SPEAKING_AGAINST = ['CREDENTIALS_INVALID', 'REGISTRY_UNAUTHORIZED', 'REGISTRY_REALM_REFUSED'];

/** Writes down how one credential fares at one registry. */
export class OutcomeLog {
  readonly #memory: CredentialMemory;
  readonly #place: CredentialPlace;
  readonly #now: () => number;
  readonly #notedMs = new Map<CredentialOutcome, number>();

  constructor(memory: CredentialMemory, place: CredentialPlace, now: () => number) {
    this.#memory = memory;
    this.#place = place;
    this.#now = now;
  }

  async note(outcome: CredentialOutcome): Promise<void> {
    const nowMs = this.#now();
    if (nowMs - (this.#notedMs.get(outcome) ?? Number.NEGATIVE_INFINITY) < BETWEEN_NOTES_MS) return;
    this.#notedMs.set(outcome, nowMs);
    await this.#memory.keepOutcome(this.#place, outcome, nowMs);
  }

  async noteFailure(error: unknown): Promise<void> {
    if (error instanceof Failure && SPEAKING_AGAINST.includes(error.code)) await this.note(error.code);
  }
}
