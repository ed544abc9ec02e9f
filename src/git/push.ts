import { randomUUID } from 'node:crypto';
import type { StreamedCommit } from '../core/commits/fast-import-stream.ts';
import type { PushResult } from '../ports/git.ts';
import type { GitOptions } from './git-options.ts';
import { untilNotRaced } from './races.ts';
import type { Head, Repository } from './repository.ts';

/**
 * Composes, commits and pushes; and again on the present head as long as somebody else was faster.
 * @param opened the head to try first; undefined to ask the remote
 * @throws {Failure} GIT_CONFLICT, GIT_PUSH_REFUSED, ABORTED before a push begins, and what fetching throws
 */
export function pushUntilAccepted(
  options: GitOptions,
  repository: Repository,
  opened: Head | undefined,
  compose: (head: Head) => Promise<readonly StreamedCommit[]>,
  signal: AbortSignal,
): Promise<PushResult> {
  const { identity, now } = options;
  let known = opened;
  return untilNotRaced<PushResult>(
    options,
    repository.url,
    async (attempts) => {
      const head = known ?? (await (attempts === 1 ? repository.head(signal) : repository.movedHead(signal)));
      known = undefined;
      const commits = await compose(head);
      const { branch } = head.target;
      if (commits.length === 0) return { kind: 'done', value: { kind: 'unchanged', branch } };
      const proposal = { commits, identity, at: now(), id: randomUUID() };
      const { outcome, ids } = await repository.publish(head, proposal, signal);
      if (outcome.kind === 'failed') throw outcome.failure;
      if (outcome.kind === 'raced') return { ...outcome, branch };
      const pushed = commits.map(({ message }, index) => ({ commit: ids[index] ?? '', message }));
      return { kind: 'done', value: { kind: 'pushed', branch, commits: pushed, attempts } };
    },
    signal,
  );
}
