import { randomUUID } from 'node:crypto';
import { Failure } from '../core/failure.ts';
import type { StreamedCommit } from '../core/fast-import-stream.ts';
import type { PushResult } from '../ports/git.ts';
import { DEFAULT_MAX_ATTEMPTS, type GitOptions } from './git-options.ts';
import { pause } from './pause.ts';
import type { Head, Repository } from './repository.ts';

/**
 * Composes, commits and pushes; and again on the present head as long as somebody else was faster.
 * @param opened the head to try first; undefined to ask the remote
 * @throws {Failure} GIT_CONFLICT, GIT_PUSH_REFUSED, ABORTED before a push begins, and what fetching throws
 */
export async function pushUntilAccepted(
  options: GitOptions,
  repository: Repository,
  opened: Head | undefined,
  compose: (head: Head) => Promise<readonly StreamedCommit[]>,
  signal: AbortSignal,
): Promise<PushResult> {
  const { identity, now, random, sleep, maxAttempts = DEFAULT_MAX_ATTEMPTS } = options;
  let head = opened;
  for (let attempts = 1; ; attempts += 1) {
    head ??= await repository.head(signal);
    const commits = await compose(head);
    const { branch } = head.target;
    if (commits.length === 0) return { kind: 'unchanged', branch };
    const proposal = { commits, identity, at: now(), id: randomUUID() };
    const { outcome, ids } = await repository.publish(head, proposal, signal);
    switch (outcome.kind) {
      case 'pushed': {
        const pushed = commits.map(({ message }, index) => ({ commit: ids[index] ?? '', message }));
        return { kind: 'pushed', branch, commits: pushed, attempts };
      }
      case 'failed':
        throw outcome.failure;
      case 'raced':
        if (attempts >= maxAttempts) throw conflict(repository.url, branch, attempts, outcome.reason);
        await pause(backoffMs(attempts, random), sleep, signal);
        head = undefined;
        break;
      default:
        return outcome satisfies never;
    }
  }
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** Exponential back-off with full jitter: writers that collided once should not collide again. */
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
