import { parseMarker, withMarker } from '../../core/pull-requests/pull-request-marker.ts';
import { closingComment } from '../../core/pull-requests/pull-request-text.ts';
import type { Forge, PullRequest, PullRequestDraft } from '../../ports/forge.ts';
import type { OwnedBranchRef } from '../../ports/git.ts';
import { type GroupOutcome, QUIET, reportOf } from './group-outcome.ts';
import { branchId } from './groups.ts';
import type { ProposalMeans } from './proposer.ts';

/** Marks the request as closed by Tiphys, closes it, and removes the branch. */
export async function retire(
  branch: OwnedBranchRef,
  forge: Forge,
  open: PullRequest | undefined,
  because: 'void' | 'superseded',
  { branches, memory }: Pick<ProposalMeans, 'branches' | 'memory'>,
  signal: AbortSignal,
): Promise<GroupOutcome> {
  const id = branchId(branch);
  if (!open && memory.absent.has(id)) return QUIET;
  const marker = open && parseMarker(open.body);
  if (open && marker?.state === 'blocked') {
    // Others have work there: it is theirs to end it.
    return { ...QUIET, request: reportOf(branch, forge.kind, open, 'blocked', []) };
  }
  if (open && marker && marker.state !== 'closed') {
    const body = withMarker(open.body, { ...marker, state: 'closed' });
    await forge.pullRequests.save(withBody(open, body), open, signal);
  }
  if (open) await forge.pullRequests.close(open, closingComment(because, branch.branch), signal);
  const removed = await branches.remove(branch, signal);
  if (removed !== 'foreign') memory.absent.add(id);
  return open ? { ...QUIET, request: reportOf(branch, forge.kind, open, 'closed', []) } : QUIET;
}

/** A request as it is, to be saved with another body. */
export function withBody({ head, base, title, isDraft }: PullRequest, body: string): PullRequestDraft {
  return { head, base, title, body, labels: [], reviewers: [], assignees: [], isDraft };
}
