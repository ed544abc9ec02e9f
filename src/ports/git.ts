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
