import { boundedCache } from '../core/bounded-cache.ts';
import type { BranchList, Git, GitAccess, GitAncestry, GitLog, GitProbe, OwnedBranches } from '../ports/git.ts';
import { openAncestry } from './ancestry.ts';
import { openBranchList } from './branch-list.ts';
import { planCommits } from './commit-plan.ts';
import { openGitLog } from './git-log.ts';
import type { GitOptions } from './git-options.ts';
import { openOwnedBranches } from './owned-branches.ts';
import { pushUntilAccepted } from './push.ts';
import { openRepositories } from './repositories.ts';
import type { Head, Repository } from './repository.ts';
import { openTree } from './tree.ts';

const MOST_REMEMBERED_FILES = 500_000;

/**
 * Git by the system's own program: kept mirrors, no work tree, one fetch for all files, commits by fast-import.
 * Disposing it ends every git that is still running.
 */
export function openGit(
  options: GitOptions,
): Git & GitAccess & GitProbe & OwnedBranches & BranchList & GitLog & GitAncestry & AsyncDisposable {
  const repositories = openRepositories(options);
  // What `open` saw last, so that a push in the same cycle need not fetch again; the lease tells when that was too old.
  const heads = boundedCache<Head>(MOST_REMEMBERED_FILES, ({ listing }) => listing.files.size + 1);

  const treeOf = (repository: Repository, head: Head, signal: AbortSignal) =>
    openTree(head.listing, head.branch, repository.url, (oids) => repository.blobs(oids, signal));

  return {
    open: async (ref, signal) => {
      const repository = await repositories.open(ref, signal);
      const head = await repository.head(signal);
      heads.set(JSON.stringify(ref), head);
      return treeOf(repository, head, signal);
    },
    push: async (ref, compose, signal) => {
      const repository = await repositories.open(ref, signal);
      const opened = heads.get(JSON.stringify(ref));
      heads.delete(JSON.stringify(ref));
      const composeOn = async (head: Head) => {
        const tree = treeOf(repository, head, signal);
        return await planCommits(tree, await compose(tree));
      };
      return await pushUntilAccepted(options, repository, opened, composeOn, signal);
    },
    tryPush: async (ref, signal) => {
      const repository = await repositories.open(ref, signal);
      const outcome = await repository.tryPush(await repository.head(signal), signal);
      // A branch that moved in between would be pushed to on a second try.
      if (outcome.kind === 'failed') throw outcome.failure;
    },
    ...repositories.access,
    ...openOwnedBranches(options, repositories, treeOf),
    ...openBranchList(repositories),
    ...openGitLog(repositories),
    ...openAncestry(repositories),
    [Symbol.asyncDispose]: () => repositories[Symbol.asyncDispose](),
  };
}
