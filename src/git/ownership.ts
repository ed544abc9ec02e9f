import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasChangeTrailer } from '../core/commits/change-trailer.ts';
import { Failure } from '../core/failure.ts';
import type { CommitRecord } from './commit-log.ts';
import type { History } from './local-commands.ts';
import { keptRef, readRef } from './mirror.ts';
import { branchNotFound, type CommitMirror, refOf, withMirror } from './repository.ts';

/** Whose a branch is, and what it holds beyond its base; `commit` is its head. */
export type Standing =
  | { readonly kind: 'absent'; readonly commit?: undefined }
  /** `beyond`: from the head down; empty when the base has all of it. */
  | { readonly kind: 'ours'; readonly commit: string; readonly beyond: readonly CommitRecord[] }
  /** `stranger`: the newest commit that is not ours. */
  | { readonly kind: 'foreign'; readonly commit: string; readonly stranger: CommitRecord };

/** Of the two branches, by name, and as the remote listed them. */
interface Listed {
  readonly base: string;
  readonly baseCommit: string;
  readonly branch: string;
  readonly commit: string;
}

// How much history of both branches is fetched to find where they part. The newest commits are nearly always enough.
const DEPTHS = [50, 500, 5_000, 50_000];
const MOST_BEYOND = 1_000;

/**
 * Looks at a branch that ought to be ours. It is if every commit beyond the base carries our trailer; a merge of the
 * base into it is nobody's work as long as it holds exactly what git makes of the two by itself. What is more than
 * 1,000 commits ahead, or parts from its base beyond 50,000 commits, is foreign.
 * @throws {Failure} GIT_BRANCH_NOT_FOUND without base, GIT_REF_INVALID when the branch is its own base
 */
export function readStanding(mirror: CommitMirror, signal: AbortSignal): Promise<Standing> {
  return withMirror(mirror, signal, async (gitDir) => {
    const look = await lookBeyond(mirror, gitDir, signal);
    if (look === undefined) return { kind: 'absent' };
    const { commit, beyond, isKnown } = look;
    const stranger = isKnown
      ? await findStranger(mirror, gitDir, beyond, signal)
      : (beyond.find(({ message }) => !hasChangeTrailer(message)) ?? beyond[0]);
    return stranger === undefined ? { kind: 'ours', commit, beyond } : { kind: 'foreign', commit, stranger };
  });
}

/** undefined: the remote has no such branch. */
async function lookBeyond(mirror: CommitMirror, gitDir: string, signal: AbortSignal): Promise<Beyond | undefined> {
  const look = async () => {
    const listed = await listBranches(mirror, gitDir, signal);
    return listed && (await readBeyond(mirror, gitDir, listed, signal));
  };
  try {
    return await look();
  } catch (error) {
    // Somebody may have deleted it between the list and the fetch; a base that is not there is found missing again.
    if (!(error instanceof Failure) || error.code !== 'GIT_BRANCH_NOT_FOUND') throw error;
    return await look();
  }
}

/** undefined: the remote has no such branch. */
async function listBranches(
  { url, branches, remote }: CommitMirror,
  gitDir: string,
  signal: AbortSignal,
): Promise<Listed | undefined> {
  const baseRef = branches.base === undefined ? 'HEAD' : refOf(branches.base);
  const written = branches.write === undefined ? [] : [refOf(branches.write)];
  const { defaultBranch, commits } = await remote.listHeads(gitDir, [baseRef, ...written], signal);
  const base = branches.base ?? defaultBranch;
  const baseCommit = commits.get(baseRef);
  if (base === undefined || baseCommit === undefined) throw branchNotFound(url, branches.base);
  if (branches.write === undefined || branches.write === base) throw ownBase(url, base);
  const commit = commits.get(refOf(branches.write));
  return commit === undefined ? undefined : { base, baseCommit, branch: branches.write, commit };
}

interface Beyond {
  /** The branch's head. */
  readonly commit: string;
  /** At most 1,000 commits that the base does not reach, as far as is known, from the head down. */
  readonly beyond: readonly CommitRecord[];
  /** Whether those are all of them, and none of the base. */
  readonly isKnown: boolean;
}

/** What was kept from the last look is enough when neither branch has moved since. */
async function readBeyond(
  { remote, local }: CommitMirror,
  gitDir: string,
  listed: Listed,
  signal: AbortSignal,
): Promise<Beyond> {
  const kept = async (branch: string, otherwise: string) => (await readRef(gitDir, keptRef(branch))) ?? otherwise;
  const isKept =
    (await kept(listed.base, '')) === listed.baseCommit && (await kept(listed.branch, '')) === listed.commit;
  let commit = listed.commit;
  let ahead: readonly string[] = [];
  let isKnown = false;
  for (const depth of isKept ? [undefined, ...DEPTHS] : DEPTHS) {
    if (depth !== undefined) {
      await remote.fetchCommits(gitDir, [listed.base, listed.branch], `--depth=${depth}`, signal);
    }
    commit = await kept(listed.branch, listed.commit);
    const base = await kept(listed.base, listed.baseCommit);
    const history = await local.history(gitDir, [commit, base], signal);
    ahead = [...reached(history, commit, reached(history, base))];
    const isCut = (await isShallow(gitDir)) && ahead.some((one) => history.get(one)?.length === 0);
    isKnown = ahead.length <= MOST_BEYOND && !isCut;
    if (isKnown) break;
  }
  return { commit, beyond: await local.readCommits(gitDir, ahead.slice(0, MOST_BEYOND), signal), isKnown };
}

/**
 * A commit and what it reaches, without what others reach. Not git's own `one ^other`, which believes the dates of
 * commits and calls some beyond that are not when they were made by clocks that differ.
 */
export function reached(history: History, from: string, without: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  const found = new Set(without.has(from) ? [] : [from]);
  // A set is walked in the order of insertion, what is added meanwhile included.
  for (const commit of found) {
    for (const parent of history.get(commit) ?? []) {
      if (!without.has(parent)) found.add(parent);
    }
  }
  return found;
}

/** Whether there are commits whose parents were not fetched; git shows those without any. */
export async function isShallow(gitDir: string): Promise<boolean> {
  const text = await readFile(join(gitDir, 'shallow'), 'utf8').catch(() => ''); // no such file: nothing is missing
  return text !== '';
}

async function findStranger(
  { remote }: CommitMirror,
  gitDir: string,
  beyond: readonly CommitRecord[],
  signal: AbortSignal,
): Promise<CommitRecord | undefined> {
  const ahead = new Set(beyond.map(({ commit }) => commit));
  for (const record of beyond) {
    const [one, other, ...more] = record.parents;
    if (other === undefined) {
      if (hasChangeTrailer(record.message)) continue;
      return record;
    }
    const isBaseMerged = one !== undefined && more.length === 0 && ahead.has(one) !== ahead.has(other);
    if (!isBaseMerged || (await remote.mergedTree(gitDir, one, other, signal)) !== record.tree) return record;
  }
  return undefined;
}

function ownBase(url: string, base: string): Failure {
  return new Failure('GIT_REF_INVALID', `${base} of ${url} cannot be proposed to itself`, {
    fix: 'let the write branch and the base be two branches',
  });
}
