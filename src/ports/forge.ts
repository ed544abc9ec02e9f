import type { ForgeKind } from '../core/pull-requests/pull-request.ts';
import type { CommitDraft, HttpAccess } from './git.ts';

/** A pull request (GitLab: merge request), as its forge tells it now. */
export interface PullRequest {
  /** By which the forge's API names it: GitHub's number, GitLab's iid, ... */
  readonly id: string;
  /** The page for people. */
  readonly url: string;
  readonly state: 'open' | 'merged' | 'closed';
  readonly title: string;
  readonly body: string;
  /** The branch that is proposed, and the one it goes to; without `refs/heads/`. */
  readonly head: string;
  readonly base: string;
  /** The head's commit as the forge sees it, which may lag behind a push; "" where it does not say. */
  readonly headCommit: string;
  readonly isDraft: boolean;
}

/** What a pull request of ours shall say; text is already made safe for the forge. */
export interface PullRequestDraft {
  readonly head: string;
  readonly base: string;
  /** One line of at most 255 characters. */
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly reviewers: readonly string[];
  readonly assignees: readonly string[];
  readonly isDraft: boolean;
}

/** What could not be set beside the request itself (an unknown reviewer, a label that may not be made). */
export interface SavedPullRequest {
  readonly request: PullRequest;
  readonly remarks: readonly string[];
}

/** Requests of one repository. Every call is safe to repeat: whoever opens one that is open already is given that. */
export interface PullRequests {
  /** From `head` (a branch of this repository) into `base`: the open one first, then ended ones, newest first; at most 20. */
  find(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]>;
  /** Opens a request, or brings `existing` up to date. Labels, reviewers and assignees are added, never taken away. */
  save(draft: PullRequestDraft, existing: PullRequest | undefined, signal: AbortSignal): Promise<SavedPullRequest>;
  /** Closes without merging; the comment is written first. Already ended is fine. */
  close(request: PullRequest, comment: string, signal: AbortSignal): Promise<void>;
}

export type MergeResult =
  | { readonly kind: 'merged' }
  /** The forge merges by itself once its rules are met. */
  | { readonly kind: 'scheduled' }
  /** Checks run, mergeability is being computed, another merge is under way: worth another look later. */
  | {
      readonly kind: 'waiting';
      readonly reason: string;
      /** The base has moved on, and wants requests to be up to date: the branch is to be made anew. */
      readonly isOutdated?: true;
    }
  /** Needs a person: conflicts, missing approvals, failed checks, no such feature. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * `forge`: asks the forge to merge once its rules are met. `when-green`: merges now if every check has passed and no
 * rule stands against it.
 */
export type MergeHow = 'forge' | 'when-green';

export interface Merging {
  /** Nothing is merged but `headCommit`. The forge's default method of merging. */
  merge(request: PullRequest, headCommit: string, how: MergeHow, signal: AbortSignal): Promise<MergeResult>;
}

/** undefined: the forge does not say, or not to this credential. */
export interface BranchRules {
  /** Whether this credential may write to the repository at all. */
  readonly canWrite: boolean | undefined;
  /** Whether the branch refuses direct pushes of this credential. */
  readonly isProtected: boolean | undefined;
  readonly needsSignature: boolean | undefined;
}

export interface Branches {
  rules(branch: string, signal: AbortSignal): Promise<BranchRules>;
}

/** One commit that the forge makes instead of git, and signs with its own key. */
export interface ApiCommitDraft extends CommitDraft {
  /** Without `refs/heads/`. */
  readonly branch: string;
  /** What the branch must point at, or else nothing is done. */
  readonly expectedHead: string;
}

export type ApiCommitResult =
  | { readonly kind: 'committed'; readonly commit: string }
  /** The branch points elsewhere by now. */
  | { readonly kind: 'raced' };

export interface ApiCommits {
  /** @throws {Failure} FORGE_REFUSED (protected branch, more than 25 MiB of files), FORGE_UNAUTHORIZED, ... */
  commit(draft: ApiCommitDraft, signal: AbortSignal): Promise<ApiCommitResult>;
}

/** One repository on one forge, asked with one credential. */
export interface Forge {
  readonly kind: ForgeKind;
  readonly pullRequests: PullRequests;
  readonly merging: Merging;
  readonly branches: Branches;
  /** undefined: this forge makes no commits for us. */
  readonly commits?: ApiCommits;
  /** The longest body that it takes, in characters. */
  readonly mostBody: number;
}

/** Opens the forge that a repoURL is on. */
export interface Forges extends AsyncDisposable {
  /** @throws {Failure} FORGE_UNKNOWN where `auto` finds none, FORGE_UNAUTHORIZED, ... */
  open(repoURL: string, kind: ForgeKind | 'auto', access: HttpAccess, signal: AbortSignal): Promise<Forge>;
}
