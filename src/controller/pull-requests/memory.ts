import type { PullRequestSetting } from '../../core/pull-requests/pull-request.ts';
import type { OwnedBranchRef } from '../../ports/git.ts';

/** A branch, and which forge it is on. */
export interface NamedBranch {
  readonly branch: OwnedBranchRef;
  readonly forge: PullRequestSetting['forge'];
}

/**
 * What a process remembers of pull requests so that it need not ask again. Nothing in it is needed: what is forgotten
 * is looked up.
 */
export interface ProposalMemory {
  /** Branches, by `branchId`, that were seen to be gone, and that nobody but a Tiphys makes. */
  readonly absent: Set<string>;
  /** The branch that a template named last, for each Application and base. */
  readonly named: Map<string, NamedBranch>;
  /** The commit that the forge was asked to merge, by the request's page. */
  readonly scheduled: Map<string, string>;
}

export function proposalMemory(): ProposalMemory {
  return { absent: new Set(), named: new Map(), scheduled: new Map() };
}
