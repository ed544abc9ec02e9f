import { randomUUID } from 'node:crypto';
import type { StreamedCommit } from '../core/commits/fast-import-stream.ts';
import { Failure } from '../core/failure.ts';
import type { OwnedBranches, OwnedBranchRef, OwnedPush } from '../ports/git.ts';
import type { CommitRecord } from './commit-log.ts';
import { changesOf, planCommits } from './commit-plan.ts';
import type { GitOptions } from './git-options.ts';
import { readStanding, type Standing } from './ownership.ts';
import type { PushOutcome } from './push-report.ts';
import { type Try, untilNotRaced } from './races.ts';
import type { Repositories } from './repositories.ts';
import type { Head, Repository } from './repository.ts';
import type { OpenTree } from './tree.ts';
import { changedListing, type TreeListing } from './tree-listing.ts';

/** @param treeOf opens the tree of a head */
export function openOwnedBranches(
  options: GitOptions,
  repositories: Repositories,
  treeOf: (repository: Repository, head: Head, signal: AbortSignal) => OpenTree,
): OwnedBranches {
  /** Whether the branch holds these commits on this head already, whoever made them and when. */
  const isAsWanted = async (
    ref: OwnedBranchRef,
    head: Head,
    commits: readonly StreamedCommit[],
    standing: Standing & { readonly kind: 'ours' },
    signal: AbortSignal,
  ): Promise<boolean> => {
    if (!isSameChain(standing, head.listing.commit, commits)) return false;
    const written = await repositories.open({ ...baseOf(ref), branch: ref.writeBranch }, signal);
    const { listing } = await written.head(signal);
    return listing.commit === standing.commit && isSameTree(listing, head.listing, commits);
  };

  return {
    publish: async (ref, compose, signal) => {
      const repository = await repositories.open(baseOf(ref), signal);
      const mirror = await repositories.commits(ref, 'ownership', signal);
      const branch = ref.writeBranch;
      const attempt = async (): Promise<Try<OwnedPush>> => {
        const head = await repository.head(signal);
        // Before composing, so that whatever that reads of the branch is no older than what the lease names.
        const standing = await readStanding(mirror, signal);
        const tree = treeOf(repository, head, signal);
        const commits = await planCommits(tree, await compose(tree));
        const base = head.branch;
        if (commits.length === 0) return done({ kind: 'void', base, commit: standing.commit });
        if (standing.kind === 'foreign') {
          const { commit, author } = standing.stranger;
          return done({ kind: 'foreign', commit, author });
        }
        if (standing.kind === 'ours' && (await isAsWanted(ref, head, commits, standing, signal))) {
          return done({ kind: 'published', base, commit: standing.commit, isNew: false });
        }
        const proposal = { commits, identity: options.identity, at: options.now(), id: randomUUID() };
        const target = { branch, expected: standing.commit };
        const { outcome, ids } = await repository.publish({ ...head, target }, proposal, signal);
        if (outcome.kind === 'raced') return raced(outcome, branch, repository.url);
        if (outcome.kind === 'failed') throw outcome.failure;
        return done({ kind: 'published', base, commit: ids.at(-1) ?? head.listing.commit, isNew: true });
      };
      return await untilNotRaced(options, repository.url, attempt, signal);
    },
    remove: async (ref, signal) => {
      const mirror = await repositories.commits(ref, 'ownership', signal);
      const attempt = async (): Promise<Try<'removed' | 'absent' | 'foreign'>> => {
        const standing = await readStanding(mirror, signal);
        if (standing.kind !== 'ours') return done(standing.kind);
        const gitDir = await mirror.mirror.gitDir();
        const outcome = await mirror.remote.removeBranch(gitDir, ref.writeBranch, standing.commit);
        if (outcome.kind === 'raced') return raced(outcome, ref.writeBranch, mirror.url);
        if (outcome.kind === 'failed') throw outcome.failure;
        return done('removed');
      };
      return await untilNotRaced(options, mirror.url, attempt, signal);
    },
  };
}

/** The branch that a proposal goes to, as one that is read. */
function baseOf({ writeBranch: _, ...base }: OwnedBranchRef) {
  return base;
}

function done<T>(value: T): Try<T> {
  return { kind: 'done', value };
}

/** Our pushes are forced, with a lease: that one is no fast-forward is only ever the server's rule, not a race. */
function raced({ reason }: PushOutcome & { readonly kind: 'raced' }, branch: string, url: string): Try<never> {
  if (!/non-fast[- ]forward/i.test(reason)) return { kind: 'raced', branch, reason };
  throw new Failure('GIT_PUSH_REFUSED', `${url} does not let ${branch} be written anew: ${reason}`, {
    fix: 'let branches of Tiphys be forced (receive.denyNonFastForwards, the rules of the branch), or delete the branch',
  });
}

/** Whether a branch is exactly these messages, one upon the other, on that base. */
function isSameChain(
  { commit, beyond }: { readonly commit: string; readonly beyond: readonly CommitRecord[] },
  base: string,
  commits: readonly StreamedCommit[],
): boolean {
  const records = new Map(beyond.map((record) => [record.commit, record]));
  let below = commit;
  for (const { message } of commits.toReversed()) {
    const record = records.get(below);
    if (record?.message.trim() !== message.trim() || record.parents.length !== 1) return false;
    below = record.parents[0] ?? '';
  }
  return below === base;
}

/** Whether a tree is another one with these commits upon it. */
function isSameTree(tree: TreeListing, base: TreeListing, commits: readonly StreamedCommit[]): boolean {
  const wanted = contentOf(changedListing(base, base.commit, changesOf(commits, base.commit)));
  const found = contentOf(tree);
  return found.size === wanted.size && found.entries().every(([path, entry]) => wanted.get(path) === entry);
}

function contentOf({ files, links, submodules }: TreeListing): ReadonlyMap<string, string> {
  return new Map([
    ...files.entries().map(([path, { mode, oid }]) => [path, `${mode} ${oid}`] as const),
    ...links.entries(),
    ...submodules.values().map((path) => [path, 'submodule'] as const),
  ]);
}
