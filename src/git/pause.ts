import { Failure } from '../core/failure.ts';

/** Rejects when the signal is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** Waits; @throws {Failure} ABORTED */
export async function pause(ms: number, sleep: Sleep, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, signal);
  } catch (error) {
    throw signal.aborted ? aborted() : error;
  }
}

/** What every part of this room throws when it is told to stop. */
export function aborted(): Failure {
  return new Failure('ABORTED', 'stopped before Git was done', { fix: 'run it again', retry: { kind: 'backoff' } });
}
