import type { Change } from '../../core/change.ts';
import type { Problem } from '../../core/failure.ts';
import type { CommitReport, PullRequestReport } from '../../core/report.ts';
import type { Forge, PullRequest } from '../../ports/forge.ts';
import type { OwnedBranchRef } from '../../ports/git.ts';
import type { Composition } from '../compose.ts';

/** What became of one group. */
export interface GroupOutcome {
  /** Undefined when there is no request, and nothing to propose. */
  readonly request: PullRequestReport | undefined;
  /** What is proposed, as it was composed last. */
  readonly composition: Composition | undefined;
  /** Whether the branch was written now, or would be. */
  readonly isWritten: boolean;
  readonly commits: readonly CommitReport[];
  /** Changes that a person declined, with the request that they closed. */
  readonly declined: ReadonlyMap<Change, PullRequest>;
  /** Why nothing could be proposed. */
  readonly failure?: Problem;
  readonly warnings: readonly Problem[];
  /** A request that may be merged. */
  readonly mergeable?: Mergeable;
}

export interface Mergeable {
  readonly forge: Forge;
  readonly request: PullRequest;
  readonly headCommit: string;
  /** Whether the base has moved on since the branch was written. */
  readonly isBehind: boolean;
  /** Writes the branch anew on the base's present head. */
  readonly renew: () => Promise<GroupOutcome>;
}

/** There is no request, and nothing was done. */
export const QUIET: GroupOutcome = {
  request: undefined,
  composition: undefined,
  isWritten: false,
  commits: [],
  declined: new Map(),
  warnings: [],
};

export function planned(
  { repoURL, branch: base, writeBranch }: OwnedBranchRef,
  forge: PullRequestReport['forge'],
  title: string,
): PullRequestReport {
  return { forge, repoURL, head: writeBranch, base, title, url: null, state: 'planned', remarks: [] };
}

export function reportOf(
  { repoURL }: OwnedBranchRef,
  forge: Forge['kind'],
  { head, base, title, url }: PullRequest,
  state: PullRequestReport['state'],
  remarks: readonly string[],
): PullRequestReport {
  return { forge, repoURL, head, base, title, url, state, remarks };
}
