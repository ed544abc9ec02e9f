import { Failure } from '../core/failure.ts';
import { formatInstant } from '../core/timestamp.ts';

/** So many requests in a row that fail, and the registry is left alone; a single question is tried six times. */
const MOST_FAILURES = 20;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 10 * 60_000;
/** What says that a registry is down; any answer to the point says that it is not. */
const DOWN = ['REGISTRY_UNREACHABLE', 'REGISTRY_TIMEOUT', 'REGISTRY_SERVER_ERROR'];

interface Closed {
  readonly kind: 'closed';
  /** In a row. */
  readonly failures: number;
}

interface Open {
  readonly kind: 'open';
  readonly untilMs: number;
  readonly pauseMs: number;
  readonly cause: Failure;
}

/** One request finds out whether the registry is back; the others wait for what it finds. */
interface Trying {
  readonly kind: 'trying';
  readonly before: Open;
  readonly over: Promise<void>;
}

/**
 * Keeps requests from a registry that is down: after twenty failures in a row it is left alone for 30 seconds, and for
 * twice as long each time that the one request which follows fails too, up to ten minutes.
 */
export class Circuit {
  readonly #host: string;
  readonly #now: () => number;
  #state: Closed | Open | Trying = { kind: 'closed', failures: 0 };

  constructor(host: string, now: () => number) {
    this.#host = host;
    this.#now = now;
  }

  /**
   * @param failureOf  what a result means that was not thrown; undefined when it is none
   * @throws {Failure} that which opened the circuit, with the time until when nothing is asked; and what `work` throws
   */
  async pass<T>(work: () => Promise<T>, failureOf: (result: T) => Failure | undefined): Promise<T> {
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const trial = await this.#admit(over);
    try {
      const result = await work();
      this.#note(failureOf(result), trial);
      return result;
    } catch (error) {
      this.#note(error, trial);
      throw error;
    } finally {
      end();
    }
  }

  /** @returns the state of before when this request is the one that tries */
  async #admit(over: Promise<void>): Promise<Open | undefined> {
    while (this.#state.kind === 'trying') await this.#state.over;
    if (this.#state.kind === 'closed') return undefined;
    const before = this.#state;
    if (this.#now() < before.untilMs) throw this.#leftAlone(before);
    this.#state = { kind: 'trying', before, over };
    return before;
  }

  #note(outcome: unknown, trial: Open | undefined): void {
    const isAnswer = outcome === undefined || (outcome instanceof Failure && outcome.code !== 'ABORTED');
    if (outcome instanceof Failure && DOWN.includes(outcome.code)) this.#noteDown(outcome, trial);
    else if (isAnswer) this.#state = { kind: 'closed', failures: 0 };
    // It was stopped before it found anything: the next one tries.
    else if (trial !== undefined) this.#state = trial;
  }

  #noteDown(cause: Failure, trial: Open | undefined): void {
    // Of those that were on their way when it opened, nothing new is learnt.
    if (trial === undefined && this.#state.kind !== 'closed') return;
    const failures = this.#state.kind === 'closed' ? this.#state.failures + 1 : MOST_FAILURES;
    const pauseMs = trial === undefined ? FIRST_PAUSE_MS : Math.min(trial.pauseMs * 2, LONGEST_PAUSE_MS);
    const isOpen = failures >= MOST_FAILURES;
    this.#state = isOpen
      ? { kind: 'open', untilMs: this.#now() + pauseMs, pauseMs, cause }
      : { kind: 'closed', failures };
  }

  #leftAlone({ untilMs, cause }: Open): Failure {
    const message = `${this.#host} failed again and again and is left alone until ${formatInstant(untilMs)}; the last time: ${cause.message}`;
    const retry = { kind: 'after', ms: untilMs - this.#now() } as const;
    return new Failure(cause.code, message, { fix: cause.fix, retry, cause });
  }
}
