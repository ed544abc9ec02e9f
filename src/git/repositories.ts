import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import type { Parsed } from '../core/parsed.ts';
import type { BranchRef } from '../ports/git.ts';
import type { Blob } from './blob-stream.ts';
import { boundedCache } from './bounded-cache.ts';
import { parseBranch } from './branch-name.ts';
import { type Credential, chooseCredential } from './credentials.ts';
import { type GitSetting, localEnvironment, remoteEnvironment } from './environment.ts';
import type { ErrorContext } from './git-errors.ts';
import { DEFAULT_MAX_PROCESSES, DEFAULT_MIRROR_BYTES, DEFAULT_TIMEOUTS, type GitOptions } from './git-options.ts';
import { checkVersion } from './git-version.ts';
import { localCommands } from './local-commands.ts';
import { type Mirror, openMirror } from './mirror.ts';
import { openUpkeep } from './mirror-upkeep.ts';
import { gitProcesses, nameOf } from './processes.ts';
import { remoteCommands } from './remote-commands.ts';
import { parseRemote, type Remote } from './remote-url.ts';
import { type Branches, type CommitMirror, openRepository, type Repository } from './repository.ts';
import { commitSigner } from './signing.ts';
import type { TreeListing } from './tree-listing.ts';
import { userCredentialSettings } from './user-settings.ts';

/** What all repositories share: processes, mirrors, what was read, the user's settings. */
export interface Repositories extends AsyncDisposable {
  /**
   * The repository that a branch is in, with the credential for it; nothing is asked of the remote yet.
   * @throws {Failure} GIT_REF_INVALID, CREDENTIALS_INVALID, GIT_MISSING
   */
  open(ref: BranchRef): Promise<Repository>;
  /**
   * The same without files.
   * @param use each has a mirror of its own, so that none cuts off the history that another has fetched
   */
  commits(ref: BranchRef, use: 'ownership' | 'log'): Promise<CommitMirror>;
}

const MOST_CACHED_BYTES = 64 * 1024 * 1024;
const MOST_LISTED_FILES = 500_000;
const BLOB_OVERHEAD_BYTES = 200;
const SHORTEST_TOKEN = 20;

export function openRepositories(options: GitOptions): Repositories {
  const { env, stateDir } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const upkeep = openUpkeep(join(stateDir, 'mirrors'), options.mostMirrorBytes ?? DEFAULT_MIRROR_BYTES, options.now);
  const processes = gitProcesses(options.maxProcesses ?? DEFAULT_MAX_PROCESSES, (args) => {
    if (nameOf(args) === 'fetch') upkeep.grew();
    options.onCommand?.(args);
  });
  const mirrors = new Map<string, Mirror>();
  const blobs = boundedCache<Blob>(
    MOST_CACHED_BYTES,
    (blob) => BLOB_OVERHEAD_BYTES + (blob.kind === 'bytes' ? blob.bytes.length : 0),
  );
  const listings = boundedCache<TreeListing>(MOST_LISTED_FILES, ({ files }) => files.size);
  const { signing } = options;
  const sign = signing && commitSigner(processes, env, timeouts.localMs, signing);
  const checkGit = checkVersion(async () => {
    const command = { args: ['version'], env: localEnvironment(env, '/dev/null'), about: 'its version' };
    return (await processes.run({ ...command, timeoutMs: timeouts.localMs })).stdout.toString();
  });
  let userSettings: Promise<readonly GitSetting[]> | undefined;

  const settingsFor = async (remote: Remote, credential: Credential) => {
    if (remote.kind !== 'http' || credential.kind !== 'own') return [];
    userSettings ??= userCredentialSettings(processes, env);
    return await userSettings;
  };

  const connect = async (ref: BranchRef, use?: string): Promise<CommitMirror> => {
    const remote = valid(parseRemote(ref.repoURL), 'correct repoURL or git-repository');
    const branches = branchesOf(ref);
    const { argocdNamespace } = options;
    const credential = chooseCredential(remote, ref, { secrets: options.secrets(), argocdNamespace, env });
    const context = errorContext(remote, credential, branches);
    await checkGit();
    upkeep.perhaps();
    const own = await settingsFor(remote, credential);
    const environment = (gitDir: string, partial: boolean) =>
      remoteEnvironment(env, gitDir, remote, credential, partial, own);
    const url = use === undefined ? remote.url : `${remote.url}#${use}`;
    return {
      url: remote.url,
      branches,
      mirror: mirrors.getOrInsertComputed(url, () => openMirror(join(stateDir, 'mirrors'), { ...remote, url })),
      local: localCommands(processes, env, timeouts.localMs, context, sign),
      remote: remoteCommands(processes, environment, timeouts, context),
      wait: { mostMs: timeouts.lockMs, sleep: options.sleep },
    };
  };

  return {
    open: async (ref) => openRepository({ ...(await connect(ref)), blobs, listings }),
    commits: connect,
    [Symbol.asyncDispose]: async () => {
      await processes[Symbol.asyncDispose]();
      await upkeep[Symbol.asyncDispose]();
    },
  };
}

function branchesOf({ branch, writeBranch }: BranchRef): Branches {
  const fix = 'correct targetRevision or git-branch';
  const base = branch === '' || branch === 'HEAD' ? undefined : valid(parseBranch(branch), fix);
  const write = writeBranch === undefined ? undefined : valid(parseBranch(writeBranch), fix);
  return { base, write: write === base ? undefined : write };
}

function errorContext(remote: Remote, credential: Credential, { base }: Branches): ErrorContext {
  return {
    url: remote.url,
    secrets: credential.kind === 'password' ? secretsOf(credential) : [],
    ...(base === undefined ? {} : { branch: base }),
    ...(credential.kind === 'password' ? { credentialSource: credential.source } : {}),
    ...(credential.kind === 'own' && credential.passedOver !== undefined ? { passedOver: credential.passedOver } : {}),
  };
}

/**
 * The password, also as the header in which it travels, which servers and proxies like to quote. Some hosts take a
 * token in the place of the user; names that long are none that a message needs.
 */
function secretsOf({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): readonly string[] {
  const header = Buffer.from(`${username}:${password}`).toString('base64');
  return username.length >= SHORTEST_TOKEN ? [header, password, username] : [header, password];
}

function valid<T>(result: Parsed<T>, fix: string): T {
  if (result.ok) return result.value;
  throw new Failure('GIT_REF_INVALID', result.problem, { fix });
}
