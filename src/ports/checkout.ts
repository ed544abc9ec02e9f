import type { Author } from '../core/commits/commit-author.ts';
import type { LoggedCommit } from './git.ts';

type CheckoutPush =
  | { readonly kind: 'pushed' }
  /** The remote's branch has commits that are not here. */
  | { readonly kind: 'raced'; readonly branch: string; readonly reason: string };

/** A checkout of a repository; everything is done by its owner's own git, with its configuration and hooks. */
export interface Checkout extends AsyncDisposable {
  /** Its root folder, absolute, without symbolic links. */
  readonly root: string;
  /** What is checked out; undefined on a detached HEAD. */
  readonly branch: string | undefined;
  /** Where it is pushed to, without credentials; undefined without a remote. */
  readonly repoURL: string | undefined;
  /** The commit that is checked out. */
  head(signal: AbortSignal): Promise<string>;
  /** Of these paths those whose content is not committed. */
  dirty(paths: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** Commits these files alone, as they lie there. @returns the commit */
  commit(paths: readonly string[], message: string, author: Author, signal: AbortSignal): Promise<string>;
  /** Pushes what is checked out to a branch of the remote. @throws {Failure} GIT_PUSH_REFUSED, GIT_UNAUTHORIZED, ... */
  push(branch: string, signal: AbortSignal): Promise<CheckoutPush>;
  /**
   * Puts the checkout on the head of the remote's branch, so that commits beyond `base` are gone; files that others
   * have not changed stay as they lie there.
   * @throws {Failure} GIT_CONFLICT when `base` is no part of that branch, or when files that differ there are edited here
   */
  catchUp(branch: string, base: string, signal: AbortSignal): Promise<void>;
  /** Takes back commits beyond `base`, with what they have changed. */
  takeBack(base: string, signal: AbortSignal): Promise<void>;
  /** What is checked out and what lies before it, newest first; what a shallow clone lacks is fetched without files. */
  log(branch: string | undefined, signal: AbortSignal): AsyncIterable<LoggedCommit>;
}
