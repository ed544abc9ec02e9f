import type { Author } from '../core/commits/commit-author.ts';

/** Names one branch of one Git repository, and who writes there. */
export interface BranchRef {
  readonly repoURL: string;
  /** The branch that is read; "" or "HEAD" for the remote's default branch. */
  readonly branch: string;
  /** The branch that is pushed, when it is another one: created from `branch` when the remote lacks it. */
  readonly writeBranch?: string;
  /** `git:secret:ns/name` of write-back-method, as "ns/name"; undefined: Argo CD's repository Secrets, then the user's own. */
  readonly secret?: string;
  /** The Application's project, by which Argo CD's repository Secrets are chosen. */
  readonly project: string;
}

/** The files of one commit. Reads that are asked for in the same turn of the event loop travel together. */
export interface Tree {
  /** Object id of the commit. */
  readonly commit: string;
  /** The branch that was read, resolved. */
  readonly branch: string;
  /** Paths of all files, from the repository's root, without leading slash, sorted. No symbolic links, no submodules. */
  readonly paths: readonly string[];
  /**
   * The bytes of a file, following symbolic links inside the tree; undefined when there is no such file.
   * @throws {Failure} TARGET_OUTSIDE_REPOSITORY for a path or link that leads out, TARGET_UNREADABLE above 10 MiB
   */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** Files to write, by path, on top of the commit before. */
export interface CommitDraft {
  readonly message: string;
  /** Author and committer; absent: the one that all commits have. */
  readonly author?: Author;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

interface PushedCommit {
  readonly commit: string;
  readonly message: string;
}

export type PushResult =
  | { readonly kind: 'unchanged'; readonly branch: string }
  | {
      readonly kind: 'pushed';
      readonly branch: string;
      readonly commits: readonly PushedCommit[];
      readonly attempts: number;
    };

/** Git as the cycle needs it. Implementations own the mirror, credentials, time-outs and processes. */
export interface Git {
  /** Fetches the branch and opens its present head. */
  open(branch: BranchRef, signal: AbortSignal): Promise<Tree>;
  /**
   * Commits and pushes what `compose` makes of the present head; fetches and composes again when somebody else was
   * faster. Drafts whose files equal the tree's are left out; nothing left is `unchanged`, and nothing is pushed.
   * @throws {Failure} GIT_PUSH_REFUSED (protected branch, hook), GIT_CONFLICT (tries exhausted), GIT_UNAUTHORIZED, ...
   */
  push(
    branch: BranchRef,
    compose: (tree: Tree) => Promise<readonly CommitDraft[]>,
    signal: AbortSignal,
  ): Promise<PushResult>;
}

/** How an HTTP client gets in where git gets in with the same credential. */
export interface HttpAccess {
  /** The credential by name, never its value: "the Secret argocd/shop". */
  readonly source: string;
  readonly authorization:
    | { readonly kind: 'basic'; readonly username: string; readonly password: string }
    | { readonly kind: 'bearer'; readonly token: string }
    /** An installation token of a GitHub App. */
    | { readonly kind: 'github-app'; readonly token: string }
    | { readonly kind: 'none' };
  /** PEM; the only roots that count for this host. undefined: the system's. */
  readonly ca?: string;
  /** PEM. */
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
  /** "http://user:password@proxy.example.com:3128"; undefined: none, whatever the environment says. */
  readonly proxy?: string;
  /** The Secret says `insecure`: certificates are not checked. */
  readonly isInsecure: boolean;
  /** The API's base where the credential states it (githubAppEnterpriseBaseUrl). */
  readonly apiBase?: string;
}

/** Credentials for what talks to the same host beside git. */
export interface GitAccess {
  /** Who would write to a branch, by name, never by value: "the Secret argocd/shop", "your own git". Asks nobody. */
  credentialName(branch: BranchRef): string;
  /**
   * Every use asks anew: tokens end.
   * @throws {Failure} CREDENTIALS_INVALID, GIT_UNAUTHORIZED, GIT_UNREACHABLE
   */
  access(branch: BranchRef, signal: AbortSignal): Promise<HttpAccess>;
}

/** Tries out what cannot be read anywhere. */
export interface GitProbe {
  /**
   * A push that changes nothing, which ends before hooks and the protection of branches are asked.
   * @throws {Failure} GIT_UNAUTHORIZED, GIT_PUSH_REFUSED, ... when it is not let in
   */
  tryPush(branch: BranchRef, signal: AbortSignal): Promise<void>;
}

/** A branch that is ours alone: written anew on every new base, and removed when it has served. */
export interface OwnedBranchRef extends BranchRef {
  /** The branch that is proposed; `branch` of the ref is its base. */
  readonly writeBranch: string;
}

/** `base`: the branch that the proposal goes to, by name. */
export type OwnedPush =
  /** `commit` is the branch's head now; `isNew` false when it was as wanted already. */
  | { readonly kind: 'published'; readonly base: string; readonly commit: string; readonly isNew: boolean }
  /** Nothing differs from the base: the branch was neither made nor moved; `commit` when it is there. */
  | { readonly kind: 'void'; readonly base: string; readonly commit: string | undefined }
  /** Somebody else's commit is on it, so that it is not touched. */
  | { readonly kind: 'foreign'; readonly commit: string; readonly author: string };

/**
 * Branches of ours. One is ours only if every commit beyond the base carries a Tiphys-Change trailer (the forge's own
 * merges of the base excepted); only such branches are forced or deleted, with a lease.
 */
export interface OwnedBranches {
  /** Composes on the base's head, and lets the branch hold exactly that. Throws as Git.push does. */
  publish(
    branch: OwnedBranchRef,
    compose: (tree: Tree) => Promise<readonly CommitDraft[]>,
    signal: AbortSignal,
  ): Promise<OwnedPush>;
  /** Removes the branch if it is ours; `foreign` leaves it. An absent branch is fine. */
  remove(branch: OwnedBranchRef, signal: AbortSignal): Promise<'removed' | 'absent' | 'foreign'>;
}

export interface BranchList {
  /** Which of these branches the repository has: one question, however many they are. Throws as Git.open does. */
  present(branch: BranchRef, names: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>;
}

/** One commit, as its message tells it. */
export interface LoggedCommit {
  readonly commit: string;
  readonly author: string;
  /** RFC 3339. */
  readonly committedAt: string;
  readonly message: string;
}

export interface GitLog {
  /** Commits of a branch, newest first; commits alone are fetched, in growing steps, as far as the caller reads on. */
  log(branch: BranchRef, signal: AbortSignal): AsyncIterable<LoggedCommit>;
}

export interface GitAncestry {
  /**
   * Whether a revision is a commit or has it in its history; commits alone are fetched, in growing steps.
   * @param branch  on which the revision is; elsewhere nothing is known of it, and the answer is no
   * @param revision  a whole object id
   * @param commit  an object id, or its beginning
   * @throws {Failure} GIT_BRANCH_NOT_FOUND, GIT_UNAUTHORIZED, GIT_UNREACHABLE, ...
   */
  contains(branch: BranchRef, revision: string, commit: string, signal: AbortSignal): Promise<boolean>;
}
