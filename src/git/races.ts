import { Failure } from '../core/failure.ts';
import { DEFAULT_MAX_ATTEMPTS, type GitOptions } from './git-options.ts';
import { pause } from './pause.ts';

/** One try: done, or somebody else was faster. */
export type Try<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'raced'; readonly branch: string; readonly reason: string };

/**
 * Tries again, with growing pauses, as long as somebody else was faster.
 * @param url the repoURL without credentials, for messages
 * @param work is told how many tries this makes
 * @throws {Failure} GIT_CONFLICT after `maxAttempts`, ABORTED, and what `work` throws
 */
export async function untilNotRaced<T>(
  options: Pick<GitOptions, 'random' | 'sleep' | 'maxAttempts'>,
  url: string,
  work: (attempts: number) => Promise<Try<T>>,
  signal: AbortSignal,
): Promise<T> {
  const { random, sleep, maxAttempts = DEFAULT_MAX_ATTEMPTS } = options;
  for (let attempts = 1; ; attempts += 1) {
    const result = await work(attempts);
    if (result.kind === 'done') return result.value;
    if (attempts >= maxAttempts) throw conflict(url, result.branch, attempts, result.reason);
    await pause(backoffMs(attempts, random), sleep, signal);
  }
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Exponential back-off with full jitter: writers that collided once should not collide again. Soon it grows no more: who
 * has just won tries again at once, and who waits for long would never win.
 */
function backoffMs(attempts: number, random: () => number): number {
  return random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
}

function conflict(url: string, branch: string, attempts: number, reason: string): Failure {
  const message = `${attempts} tries to push to ${branch} of ${url} came too late (${reason})`;
  return new Failure('GIT_CONFLICT', message, {
    fix: 'find out who else pushes to this branch so often, or write to a branch of its own (git-branch: base:write)',
    retry: { kind: 'backoff' },
  });
}
