import { Failure } from '../core/failure.ts';
import { type ErrorContext, gitFailure } from './git-errors.ts';
import type { GitTimeouts } from './git-options.ts';
import { keptRef, readRef } from './mirror.ts';
import type { GitCommand, GitExit, GitProcesses } from './processes.ts';
import { type PushOutcome, readPush } from './push-report.ts';
import type { WayIn } from './ways-in.ts';

interface RemoteHeads {
  /** The branch that HEAD names; undefined when it was not asked for, or names none. */
  readonly defaultBranch: string | undefined;
  /** Commits by full name of the ref, of those that were asked for and exist. */
  readonly commits: ReadonlyMap<string, string>;
}

/** The commands that talk to the remote, with one credential. All throw what `gitFailure` makes of git's words. */
export interface RemoteCommands {
  /** @param refs full names, "HEAD" or "refs/heads/main" */
  listHeads(gitDir: string, refs: readonly string[], signal: AbortSignal): Promise<RemoteHeads>;
  /**
   * Fetches the newest commit and its trees; its blobs only when `partial` is false or the server knows no filters.
   * Undefined: the server's ids are made by another hash than the mirror's.
   */
  fetchBranch(gitDir: string, branch: string, partial: boolean, signal: AbortSignal): Promise<string | undefined>;
  /** Fetches blobs by their ids, all in one request. False: the server gives no single objects away (protocol 0). */
  fetchBlobs(gitDir: string, oids: readonly string[], signal: AbortSignal): Promise<boolean>;
  /**
   * Moves a branch from one commit to another, or creates it. Once begun it is not aborted: whether the server has
   * taken the commit could not be known then.
   */
  push(gitDir: string, branch: string, expected: string | undefined, commit: string): Promise<PushOutcome>;
  /** The same without its effect; hooks and the protection of branches are not asked. */
  tryPush(gitDir: string, branch: string, expected: string | undefined, commit: string): Promise<PushOutcome>;
  /** Removes a branch that is still at `expected`; not aborted either. */
  removeBranch(gitDir: string, branch: string, expected: string): Promise<PushOutcome>;
  /**
   * Fetches the newest commits of branches into a mirror of commits alone; trees and blobs come with them only where
   * the server knows no such filters.
   * @param reach "--depth=50", "--deepen=1800", "--unshallow"; undefined: what is new since the last time
   */
  fetchCommits(
    gitDir: string,
    branches: readonly string[],
    reach: string | undefined,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * The root folder that git makes of two commits of such a mirror by itself, objects fetched as they are needed.
   * undefined: it cannot, because of conflicts, a git before 2.38, or a server that gives no single objects away.
   */
  mergedTree(gitDir: string, one: string, other: string, signal: AbortSignal): Promise<string | undefined>;
}

const FETCH = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'];
const COMMIT_FILTERS = [['--filter=tree:0'], ['--filter=blob:none'], []];
// The exit code of a git that does not know an option.
const GIT_USAGE = 129;
const REFUSED_FILTER = /filter '[^']*' not supported|tree filter allows max depth/;
const OTHER_HASH = /mismatched algorithms|does not support this repository's object format/i;
const REFUSED_OBJECT = /not our ref|unadvertised object/i;

type Run = (gitDir: string, partial: boolean, command: Omit<GitCommand, 'env' | 'about'>) => Promise<GitExit>;

/** Runs git with what opens the remote, and tells when it opens it no longer. */
function runner(processes: GitProcesses, way: Pick<WayIn, 'environment' | 'refused'>, context: ErrorContext): Run {
  return async (gitDir, partial, command) => {
    await using prepared = await way.environment(gitDir, partial);
    const ended = await processes.run({ ...command, env: prepared.env, about: context.url });
    const exit = { ...ended, stderr: `${ended.stderr}${prepared.problem()}` };
    if (exit.code !== 0 && gitFailure(exit.stderr, context).code === 'GIT_UNAUTHORIZED') way.refused();
    return exit;
  };
}

/** @param way  whose environment is for a git folder; `partial` tells git that blobs may be missing */
export function remoteCommands(
  processes: GitProcesses,
  way: Pick<WayIn, 'environment' | 'refused'>,
  timeouts: Pick<GitTimeouts, 'fetchMs' | 'pushMs'>,
  context: ErrorContext,
): RemoteCommands {
  const run = runner(processes, way, context);
  const pushRef = async (
    gitDir: string,
    branch: string,
    expected: string,
    commit: string,
    ...options: readonly string[]
  ): Promise<PushOutcome> => {
    const ref = `refs/heads/${branch}`;
    const lease = `--force-with-lease=${ref}:${expected}`;
    const args = ['push', '--porcelain', '--no-verify', '--no-signed', ...options, lease, 'origin', `${commit}:${ref}`];
    const exit = await run(gitDir, false, { args, timeoutMs: timeouts.pushMs });
    return readPush(exit, { ...context, branch });
  };
  return {
    listHeads: async (gitDir, refs, signal) => {
      const args = ['ls-remote', '--quiet', '--symref', 'origin', ...refs];
      const exit = await run(gitDir, false, { args, timeoutMs: timeouts.fetchMs, signal });
      if (exit.code !== 0) throw gitFailure(exit.stderr, context);
      return parseHeads(exit.stdout.toString());
    },
    fetchBranch: async (gitDir, branch, partial, signal) => {
      const filter = partial ? ['--filter=blob:none'] : [];
      const args = [...FETCH, '--no-recurse-submodules', '--depth=1', ...filter];
      const refspec = `+refs/heads/${branch}:${keptRef(branch)}`;
      const command = { args: [...args, 'origin', refspec], timeoutMs: timeouts.fetchMs, signal };
      const exit = await run(gitDir, partial, command);
      if (exit.code !== 0 && OTHER_HASH.test(exit.stderr)) return undefined;
      if (exit.code !== 0) throw gitFailure(exit.stderr, { ...context, branch });
      const commit = await readRef(gitDir, keptRef(branch));
      if (commit === undefined) throw notKept(context.url, branch);
      return commit;
    },
    fetchBlobs: async (gitDir, oids, signal) => {
      // Without negotiation git asks for exactly these, although it has commits that ought to contain them.
      const args = ['-c', 'fetch.negotiationAlgorithm=noop', ...FETCH, '--no-recurse-submodules', '--filter=blob:none'];
      const input = Buffer.from(oids.map((oid) => `${oid}\n`).join(''));
      const command = { args: [...args, '--stdin', 'origin'], input, timeoutMs: timeouts.fetchMs, signal };
      const exit = await run(gitDir, true, command);
      if (exit.code === 0) return true;
      if (REFUSED_OBJECT.test(exit.stderr)) return false;
      throw gitFailure(exit.stderr, context);
    },
    push: (gitDir, branch, expected, commit) => pushRef(gitDir, branch, expected ?? '', commit),
    tryPush: (gitDir, branch, expected, commit) => pushRef(gitDir, branch, expected ?? '', commit, '--dry-run'),
    removeBranch: (gitDir, branch, expected) => pushRef(gitDir, branch, expected, ''),
    fetchCommits: async (gitDir, branches, reach, signal) => {
      const refspecs = branches.map((branch) => `+refs/heads/${branch}:${keptRef(branch)}`);
      const tail = [...(reach === undefined ? [] : [reach]), 'origin', ...refspecs];
      let exit: GitExit | undefined;
      for (const filter of COMMIT_FILTERS) {
        const args = [...FETCH, '--no-recurse-submodules', ...filter, ...tail];
        exit = await run(gitDir, filter.length > 0, { args, timeoutMs: timeouts.fetchMs, signal });
        if (exit.code === 0) return;
        if (!REFUSED_FILTER.test(exit.stderr)) break;
      }
      throw gitFailure(exit?.stderr ?? '', { ...context, branch: branches.join(' or ') });
    },
    mergedTree: async (gitDir, one, other, signal) => {
      const args = ['merge-tree', '--write-tree', '--no-messages', one, other];
      return readMergedTree(await run(gitDir, true, { args, timeoutMs: timeouts.fetchMs, signal }), context);
    },
  };
}

function readMergedTree({ code, stdout, stderr }: GitExit, context: ErrorContext): string | undefined {
  if (code === 0) return stdout.toString().trim();
  const failure = gitFailure(stderr, context);
  const isUnable = code === 1 || code === GIT_USAGE || REFUSED_OBJECT.test(stderr);
  if (isUnable || failure.code === 'GIT_FAILED') return undefined;
  throw failure;
}

function parseHeads(output: string): RemoteHeads {
  const commits = new Map<string, string>();
  let defaultBranch: string | undefined;
  for (const line of output.split('\n')) {
    const [value = '', ref = ''] = line.split('\t');
    const symref = /^ref: refs\/heads\/(.+)$/.exec(value)?.[1];
    if (symref !== undefined && ref === 'HEAD') defaultBranch = symref;
    else if (ref !== '') commits.set(ref, value);
  }
  return { defaultBranch, commits };
}

function notKept(url: string, branch: string): Failure {
  return new Failure('GIT_FAILED', `git fetched ${branch} of ${url}, but did not keep it`, {
    fix: 'delete the folder "mirrors" in the state folder',
    retry: { kind: 'backoff' },
  });
}
