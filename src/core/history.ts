import type { RecordedChange } from './commits/change-trailer.ts';
import type { Problem } from './failure.ts';

/** One change that a branch's history records. */
export interface HistoryEntry extends RecordedChange {
  readonly repoURL: string;
  /** As it was asked for; "HEAD" for the remote's default branch. */
  readonly branch: string;
  readonly commit: string;
  /** "Jane Doe <jane@example.com>" */
  readonly author: string;
  /** RFC 3339, in UTC. */
  readonly committedAt: string;
}

/** Which changes are asked for; what is undefined does not narrow them. */
export interface HistoryQuestion {
  /** "namespace/name", or a name in any namespace. */
  readonly application: string | undefined;
  /** An alias, "registry/repository", or its last parts. */
  readonly image: string | undefined;
  readonly sinceMs: number | undefined;
  /** How many, the newest ones. */
  readonly most: number;
}

export interface HistoryReport {
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Whether a change is about the Application and the image that were asked for. */
export function isAskedFor(
  change: Pick<RecordedChange, 'application' | 'alias' | 'image'>,
  { application, image }: Pick<HistoryQuestion, 'application' | 'image'>,
): boolean {
  const isOfApplication = application === undefined || endsIn(change.application ?? '', application);
  return isOfApplication && (image === undefined || change.alias === image || endsIn(change.image, image));
}

/** Whether a path is another one, or ends in it. */
function endsIn(path: string, part: string): boolean {
  return path === part || path.endsWith(`/${part}`);
}
