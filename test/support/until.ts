import { setTimeout as sleep } from 'node:timers/promises';

/** What comes at all has come by then, on the slowest machine. */
const PATIENCE_MS = 120_000;

/**
 * Asks until there is an answer.
 * @param found  whose error counts as no
 * @returns  the first answer that is neither false nor undefined
 * @throws {Error}  when there is none after two minutes
 */
export async function until<T>(what: string, found: () => Promise<T | false | undefined>, everyMs = 100): Promise<T> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  let why = '';
  do {
    try {
      const value = await found();
      if (value !== undefined && value !== false) return value;
      why = '';
    } catch (error) {
      why = `: ${error}`;
    }
    await sleep(everyMs);
  } while (performance.now() < deadlineMs);
  throw new Error(`${what} is not there after ${PATIENCE_MS / 1_000} s${why}`);
}
