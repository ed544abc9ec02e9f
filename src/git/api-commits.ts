import type { StreamedCommit } from '../core/commits/fast-import-stream.ts';
import { Failure, type Problem } from '../core/failure.ts';
import { onceEach } from '../core/once-each.ts';
import type { ApiCommitDraft, ApiCommitResult, ApiCommits } from '../ports/forge.ts';
import type { BranchRef, GitAccess } from '../ports/git.ts';
import type { ApiCommitOptions } from './git-options.ts';
import { aborted } from './pause.ts';
import type { PushOutcome } from './push-report.ts';
import {
  exclusively,
  type Head,
  inUse,
  type Proposal,
  type Published,
  type Repository,
  type RepositoryParts,
  refOf,
  unlessBaseMoved,
} from './repository.ts';

/** Asked for each push, since tokens end. @returns undefined where git makes the commits */
export function apiCommitsOf(
  options: ApiCommitOptions,
  git: GitAccess,
): (ref: BranchRef, signal: AbortSignal) => Promise<ApiCommits | undefined> {
  const unfit = onceEach(options.unfit);
  return async (ref, signal) => {
    const access = await git.access(ref, signal);
    if (access.authorization.kind === 'github-app') return await options.open(ref.repoURL, access, signal);
    unfit(noApp(access.source));
    return undefined;
  };
}

function noApp(source: string): Problem {
  return {
    code: 'SETTING_UNUSED',
    object: '--git-commit-method',
    message: `${source} is no GitHub App, so that git makes its commits`,
    fix: 'give the credential of a GitHub App, or leave --git-commit-method',
  };
}

/** A repository whose commits the forge makes, wherever `find` gives somebody who does. */
export function withApiCommits(
  repository: Repository,
  parts: RepositoryParts,
  find: (signal: AbortSignal) => Promise<ApiCommits | undefined>,
): Repository {
  return {
    ...repository,
    publish: async (head, proposal, signal) => {
      const api = await find(signal);
      if (api === undefined) return await repository.publish(head, proposal, signal);
      return await inUse(parts, signal, async () => {
        const published = await publish(parts, api, head, proposal, signal);
        return await unlessBaseMoved(parts, head, published, signal);
      });
    },
  };
}

/**
 * Moves a branch as a push does, to commits that the forge makes. One commit on the branch's own head is made right
 * there. Everything else is made on a branch beside it, to which git then moves it in one step, with a lease: nobody
 * comes between two commits, and a branch that is written anew never lacks what it proposes, be it for a moment, which
 * would close its request.
 */
async function publish(
  parts: RepositoryParts,
  api: ApiCommits,
  { listing: { commit: base }, target }: Head,
  { commits, at, id }: Proposal,
  signal: AbortSignal,
): Promise<Published> {
  for (const { files } of commits) refuseExecutables(parts.url, files);
  const commit = (draft: ApiCommitDraft) => commitUnlessMoved(parts, api, draft, signal);
  if (target.expected === base && commits.length === 1) {
    return await makeCommits(commit, target.branch, base, commits, signal);
  }
  await removeLeftOvers(parts, at, signal);
  const beside = `${BESIDE}${secondsOf(at)}-${id}`;
  const { mirror, remote } = parts;
  const gitDir = await mirror.gitDir();
  const placed = await remote.push(gitDir, beside, undefined, base);
  if (placed.kind !== 'pushed') return { outcome: placed, ids: [] };
  const made = await makeCommits(commit, beside, base, commits, signal);
  const newest = made.ids.at(-1) ?? base;
  const outcome = made.outcome.kind === 'pushed' ? await moveTo(parts, target, beside, newest, signal) : made.outcome;
  await remote.removeBranch(gitDir, beside, newest);
  return { ...made, outcome };
}

/** How the branches begin on which commits are made; then the time and what tells each from all others. */
const BESIDE = 'tiphys/next-';
const NAME_BESIDE = /^tiphys\/next-(\d{10})-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LEFT_OVER_S = 3_600;

/** Branches of processes that were killed: nobody is so long about it. */
async function removeLeftOvers({ mirror, remote }: RepositoryParts, at: Date, signal: AbortSignal): Promise<void> {
  const gitDir = await mirror.gitDir();
  const { commits } = await remote.listHeads(gitDir, [refOf(`${BESIDE}*`)], signal);
  for (const [ref, commit] of commits) {
    const branch = ref.slice(refOf('').length);
    const madeAt = NAME_BESIDE.exec(branch)?.[1];
    const isLeftOver = madeAt !== undefined && Number(madeAt) < secondsOf(at) - LEFT_OVER_S;
    if (isLeftOver) await remote.removeBranch(gitDir, branch, commit);
  }
}

function secondsOf(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}

/** Commit by commit: the forge has no other way. */
async function makeCommits(
  commit: (draft: ApiCommitDraft) => Promise<ApiCommitResult>,
  branch: string,
  base: string,
  commits: readonly StreamedCommit[],
  signal: AbortSignal,
): Promise<Published> {
  const ids: string[] = [];
  for (const { message, files } of commits) {
    if (signal.aborted) throw aborted();
    const draft = {
      branch,
      expectedHead: ids.at(-1) ?? base,
      message,
      files: new Map(files.map(({ path, bytes }) => [path, bytes])),
    };
    const result = await commit(draft);
    if (result.kind === 'raced') return { outcome: { kind: 'raced', reason: `${branch} has moved` }, ids };
    ids.push(result.commit);
  }
  return { outcome: { kind: 'pushed' }, ids };
}

/** Nothing that a forge is asked lasts for ever by itself. */
const NEVER = new AbortController().signal;

/** A branch that is gone is refused in words that nobody promises, so that it is asked where the branch is now. */
async function commitUnlessMoved(
  { mirror, remote }: RepositoryParts,
  api: ApiCommits,
  draft: ApiCommitDraft,
  signal: AbortSignal,
): Promise<ApiCommitResult> {
  try {
    // Like a push it is not aborted once begun: whether the commit was made could not be known then.
    return await api.commit(draft, NEVER);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'FORGE_REFUSED') throw error;
    const ref = refOf(draft.branch);
    const { commits } = await remote.listHeads(await mirror.gitDir(), [ref], signal);
    if (commits.get(ref) === draft.expectedHead) throw error;
    return { kind: 'raced' };
  }
}

/** Moves a branch to the commits on another one, unless somebody else has put more there. */
async function moveTo(
  parts: RepositoryParts,
  { branch, expected }: Head['target'],
  beside: string,
  commit: string,
  signal: AbortSignal,
): Promise<PushOutcome> {
  const { mirror, remote } = parts;
  return await exclusively(parts, signal, async () => {
    const gitDir = await mirror.gitDir();
    const fetched = await remote.fetchBranch(gitDir, beside, mirror.partial, signal);
    if (fetched !== commit) return { kind: 'raced', reason: `${beside} has moved` };
    return await remote.push(gitDir, branch, expected, commit);
  });
}

/** The API knows only plain files: the bit would be lost without a word. */
function refuseExecutables(url: string, files: StreamedCommit['files']): void {
  const executable = files.find(({ mode }) => mode !== '100644');
  if (executable === undefined) return;
  throw new Failure('FORGE_REFUSED', `${executable.path} of ${url} is executable, which GitHub's API does not keep`, {
    fix: 'use --git-commit-method git, or take the executable bit off the file',
  });
}
