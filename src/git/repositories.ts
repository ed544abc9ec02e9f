import { join } from 'node:path';
import { boundedCache, partOf } from '../core/bounded-cache.ts';
import { parseBranch } from '../core/commits/branch-name.ts';
import { Failure } from '../core/failure.ts';
import type { Parsed } from '../core/parsed.ts';
import type { BranchRef, GitAccess } from '../ports/git.ts';
import { apiCommitsOf, withApiCommits } from './api-commits.ts';
import type { Blob } from './blob-stream.ts';
import { localEnvironment } from './environment.ts';
import { gitAccess } from './git-access.ts';
import { DEFAULT_MAX_PROCESSES, DEFAULT_TIMEOUTS, type GitOptions } from './git-options.ts';
import { checkVersion } from './git-version.ts';
import { localCommands } from './local-commands.ts';
import { type Mirror, openMirror } from './mirror.ts';
import { openUpkeep } from './mirror-upkeep.ts';
import { observedProcesses } from './observed-processes.ts';
import { gitProcesses, nameOf } from './processes.ts';
import { remoteCommands } from './remote-commands.ts';
import { type Branches, type CommitMirror, openRepository, type Repository } from './repository.ts';
import { commitSigner } from './signing.ts';
import type { TreeListing } from './tree-listing.ts';
import { openWaysIn } from './ways-in.ts';

/** What all repositories share: processes, mirrors, what was read, the user's settings. */
export interface Repositories extends AsyncDisposable {
  /**
   * The repository that a branch is in, with the credential for it; nothing is asked of the remote yet.
   * @throws {Failure} GIT_REF_INVALID, CREDENTIALS_INVALID, GIT_MISSING
   */
  open(ref: BranchRef, signal: AbortSignal): Promise<Repository>;
  /**
   * The same without files.
   * @param use each has a mirror of its own, so that none cuts off the history that another has fetched
   */
  commits(ref: BranchRef, use: 'ownership' | 'log', signal: AbortSignal): Promise<CommitMirror>;
  /** The same credentials, for what is no git. */
  readonly access: GitAccess;
}

const MOST_CACHED_BYTES = 64 * 1024 * 1024;
const MOST_LISTED_FILES = 500_000;
const BLOB_OVERHEAD_BYTES = 200;

export function openRepositories(options: GitOptions): Repositories {
  const { env, stateDir } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const upkeep = openUpkeep(join(stateDir, 'mirrors'), options.mostMirrorBytes ?? 0, options.now);
  const unobserved = gitProcesses(options.maxProcesses ?? DEFAULT_MAX_PROCESSES, (args) => {
    if (nameOf(args) === 'fetch') upkeep.grew();
    options.onCommand?.(args);
  });
  const processes = observedProcesses(unobserved, options.observer);
  const mirrors = new Map<string, Mirror>();
  const blobs = boundedCache<Blob>(
    MOST_CACHED_BYTES,
    (blob) => BLOB_OVERHEAD_BYTES + (blob.kind === 'bytes' ? blob.bytes.length : 0),
  );
  const listings = boundedCache<TreeListing>(MOST_LISTED_FILES, ({ files }) => files.size);
  const { signing } = options;
  const sign = signing && commitSigner(processes, env, timeouts.localMs, signing);
  const gitVersion = checkVersion(async () => {
    const command = { args: ['version'], env: localEnvironment(env, '/dev/null'), about: 'its version' };
    return (await processes.run({ ...command, timeoutMs: timeouts.localMs })).stdout.toString();
  }, signing?.method === 'ssh');
  const waysIn = openWaysIn(options, processes, gitVersion);

  const connect = async (ref: BranchRef, signal: AbortSignal, use?: string): Promise<CommitMirror> => {
    const branches = branchesOf(ref);
    await gitVersion();
    upkeep.perhaps();
    const way = await waysIn.open(ref, signal);
    const { remote } = way;
    const context = { ...way.context, ...(branches.base === undefined ? {} : { branch: branches.base }) };
    const url = [remote.url, ref.secret, use].filter((part) => part !== undefined).join('#');
    return {
      url: remote.url,
      branches,
      mirror: mirrors.getOrInsertComputed(url, () => openMirror(join(stateDir, 'mirrors'), { ...remote, url })),
      local: localCommands(processes, env, timeouts.localMs, context, sign),
      remote: remoteCommands(processes, way, timeouts, context),
      wait: { mostMs: timeouts.lockMs, sleep: options.sleep },
    };
  };

  // An Application's own Secret may lead to a server of somebody's own, by a proxy or without checks: what others have
  // fetched, from the same address or another, is not there to be asked for.
  const cachesOf = ({ secret }: BranchRef) =>
    secret === undefined ? { blobs, listings } : { blobs: partOf(blobs, secret), listings: partOf(listings, secret) };

  const access = gitAccess(options, waysIn, processes);
  const apiCommits = options.apiCommits && apiCommitsOf(options.apiCommits, access);

  return {
    open: async (ref, signal) => {
      const parts = { ...(await connect(ref, signal)), ...cachesOf(ref) };
      const repository = openRepository(parts);
      return apiCommits === undefined
        ? repository
        : withApiCommits(repository, parts, (signal) => apiCommits(ref, signal));
    },
    commits: (ref, use, signal) => connect(ref, signal, use),
    access,
    [Symbol.asyncDispose]: async () => {
      await processes[Symbol.asyncDispose]();
      await upkeep[Symbol.asyncDispose]();
    },
  };
}

function branchesOf({ branch, writeBranch }: BranchRef): Branches {
  const fix = 'correct the branch (targetRevision, git-branch, --branch)';
  const base = branch === '' || branch === 'HEAD' ? undefined : valid(parseBranch(branch), fix);
  const write = writeBranch === undefined ? undefined : valid(parseBranch(writeBranch), fix);
  return { base, write: write === base ? undefined : write };
}

function valid<T>(result: Parsed<T>, fix: string): T {
  if (result.ok) return result.value;
  throw new Failure('GIT_REF_INVALID', result.problem, { fix });
}
