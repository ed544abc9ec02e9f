import type { BranchRef, GitLog, LoggedCommit } from '../ports/git.ts';
import { keptRef, readRef } from './mirror.ts';
import { isShallow } from './ownership.ts';
import type { Repositories } from './repositories.ts';
import { branchNotFound, type CommitMirror, refOf, withMirror } from './repository.ts';

// Most questions are about the last weeks. Each step is fetched only when a reader has come to the end of the last one.
const FIRST_COMMITS = 200;
const MORE_COMMITS = 1_800;
const FIRST = `--depth=${FIRST_COMMITS}`;
const ALL = '--depth=2147483647';

/** How much further is fetched when the first commits were not enough, and when those were not. */
export const REACHES: readonly [more: string, all: string] = [`--deepen=${MORE_COMMITS}`, ALL];
const PAGE = 500;

/** Reads histories from mirrors of their own, which keep what was fetched once. */
export function openGitLog(repositories: Repositories): GitLog {
  return { log: (branch, signal) => readLog(repositories, branch, signal) };
}

async function* readLog(
  repositories: Repositories,
  { writeBranch: _, ...branch }: BranchRef,
  signal: AbortSignal,
): AsyncGenerator<LoggedCommit, void, undefined> {
  const mirror = await repositories.commits(branch, 'log', signal);
  let { gitDir, name, head } = await withMirror(mirror, signal, (dir) => bringUpToDate(mirror, dir, signal));
  // What is fetched later is older than the first commit whose parents were missing: all before it stays as it is.
  const read = new Set<string>();
  while (yield* readKept(mirror, gitDir, head, read, signal)) {
    const [more, all] = REACHES;
    const reach = read.size < FIRST_COMMITS + MORE_COMMITS ? more : all;
    gitDir = await withMirror(mirror, signal, async (dir) => {
      await mirror.remote.fetchCommits(dir, [name], reach, signal);
      return dir;
    });
  }
}

/** Asks the remote for the branch's head, and for what is new; a branch that is new here is fetched without asking. */
export async function bringUpToDate(
  { url, branches: { base }, remote }: CommitMirror,
  gitDir: string,
  signal: AbortSignal,
) {
  if (base !== undefined && (await readRef(gitDir, keptRef(base))) === undefined) {
    await remote.fetchCommits(gitDir, [base], FIRST, signal);
    const head = await readRef(gitDir, keptRef(base));
    if (head === undefined) throw branchNotFound(url, base);
    return { gitDir, name: base, head };
  }
  const ref = base === undefined ? 'HEAD' : refOf(base);
  const { defaultBranch, commits } = await remote.listHeads(gitDir, [ref], signal);
  const name = base ?? defaultBranch;
  const listed = commits.get(ref);
  if (name === undefined || listed === undefined) throw branchNotFound(url, base);
  const kept = await readRef(gitDir, keptRef(name));
  if (kept !== listed) {
    await remote.fetchCommits(gitDir, [name], kept === undefined ? FIRST : undefined, signal);
  }
  return { gitDir, name, head: (await readRef(gitDir, keptRef(name))) ?? listed };
}

/** Hands out what the mirror has. @returns whether it ended at a commit whose parents were not fetched */
async function* readKept(
  { local }: CommitMirror,
  gitDir: string,
  head: string,
  read: Set<string>,
  signal: AbortSignal,
): AsyncGenerator<LoggedCommit, boolean, undefined> {
  const isCut = await isShallow(gitDir);
  for (let skip = 0; ; skip += PAGE) {
    const page = await local.log(gitDir, head, { skip, most: PAGE }, signal);
    for (const { parents, tree: _, ...commit } of page) {
      if (!read.has(commit.commit)) yield commit;
      read.add(commit.commit);
      if (isCut && parents.length === 0) return true;
    }
    if (page.length < PAGE) return false;
  }
}
