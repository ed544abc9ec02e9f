import type { Author } from '../core/commits/commit-author.ts';
import type { Problem } from '../core/failure.ts';
import type { GitProtocol } from '../core/git-protocol.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import type { ApiCommits } from '../ports/forge.ts';
import type { HttpAccess } from '../ports/git.ts';
import type { GitObserver } from '../ports/observers.ts';
import type { TokenAddresses } from './credentials/credential.ts';
import type { Sleep } from './pause.ts';
import type { Signing } from './signing.ts';

export interface GitOptions {
  /** An absolute path. Mirrors are kept below it; all that is lost with them is time. */
  readonly stateDir: string;
  /** Author and committer of every commit. */
  readonly identity: Author;
  /** undefined: commits are not signed. */
  readonly signing?: Signing | undefined;
  /** undefined: git makes all commits. */
  readonly apiCommits?: ApiCommitOptions | undefined;
  /** Asked whenever a branch is opened, since Secrets may change between cycles. */
  readonly secrets: () => readonly KeyValueObject[];
  /** Asked as well; host keys and certificate authorities are in them. */
  readonly configMaps: () => readonly KeyValueObject[];
  readonly argocdNamespace: string;
  /** What git may speak beside plain HTTP on this machine. */
  readonly protocols: readonly GitProtocol[];
  /** The variables of the process; what git gets of them is chosen. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** At least 0, less than 1. */
  readonly random: () => number;
  readonly sleep: Sleep;
  /** How often a push is tried while others are faster. Default: 30. */
  readonly maxAttempts?: number;
  readonly timeouts?: Partial<GitTimeouts>;
  /** What all mirrors together may take on the disk, those in use excepted. Default: 0, no limit. */
  readonly mostMirrorBytes?: number;
  /** How many git processes run at once. Default: 8. */
  readonly maxProcesses?: number;
  /** Who gives out tokens. Default: who really does. */
  readonly tokenAddresses?: TokenAddresses;
  /** Told the arguments of every git command; for counting. */
  readonly onCommand?: (args: readonly string[]) => void;
  readonly observer?: GitObserver | undefined;
}

/** Lets a forge make the commits of GitHub Apps, and sign them; everything else is git's. */
export interface ApiCommitOptions {
  /** @throws {Failure} what opening a forge throws */
  open(repoURL: string, access: HttpAccess, signal: AbortSignal): Promise<ApiCommits | undefined>;
  /** Told of each credential, once, that is none of a GitHub App, so that git makes the commits. */
  unfit(problem: Problem): void;
}

export interface GitTimeouts {
  readonly fetchMs: number;
  readonly pushMs: number;
  /** Of commands that touch only the mirror. */
  readonly localMs: number;
  /** How long another process may hold a mirror. */
  readonly lockMs: number;
}

export const DEFAULT_TIMEOUTS: GitTimeouts = { fetchMs: 120_000, pushMs: 120_000, localMs: 60_000, lockMs: 60_000 };
export const DEFAULT_MAX_ATTEMPTS = 30;
export const DEFAULT_MAX_PROCESSES = 8;
