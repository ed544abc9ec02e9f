import { toProblem } from '../../core/failure.ts';
import type { PullRequestReport } from '../../core/report.ts';
import type { MergeResult } from '../../ports/forge.ts';
import type { GroupOutcome, Mergeable } from './group-outcome.ts';
import { branchId, type ProposalGroup } from './groups.ts';
import type { ProposalMeans } from './proposer.ts';

/** A group with what became of it so far. */
export interface Proposed {
  readonly group: ProposalGroup;
  readonly outcome: GroupOutcome;
}

/**
 * Merges what may be merged: of each base branch the first that can be, since every merge makes the others look stale.
 * The next one has its turn in the next cycle, on the new base; so has what the forge was not ready for. Where a base
 * wants requests to be up to date, only the one whose turn it is is made so: anything else would never come to an end.
 */
export async function mergeInTurn(
  proposed: readonly Proposed[],
  means: Pick<ProposalMeans, 'branches' | 'memory'>,
  signal: AbortSignal,
): Promise<readonly Proposed[]> {
  const byBase = Map.groupBy(proposed, ({ group: { branch } }) => JSON.stringify([branch.repoURL, branch.branch]));
  return (await Promise.all([...byBase.values()].map((same) => mergeFirst(same, means, signal)))).flat();
}

async function mergeFirst(
  same: readonly Proposed[],
  means: Pick<ProposalMeans, 'branches' | 'memory'>,
  signal: AbortSignal,
): Promise<readonly Proposed[]> {
  const done: Proposed[] = [];
  let isTaken = false;
  for (const { group, outcome } of same) {
    const { mergeable } = outcome;
    const isTurn = mergeable !== undefined && !isTaken;
    const merged: GroupOutcome = isTurn ? await mergeOne(group, outcome, mergeable, means, signal) : outcome;
    isTaken ||= merged.request?.state === 'merged' || merged.isWritten !== outcome.isWritten;
    done.push({ group, outcome: merged });
  }
  return done;
}

async function mergeOne(
  group: ProposalGroup,
  outcome: GroupOutcome,
  { forge, request, headCommit, isBehind, renew }: Mergeable,
  { branches, memory }: Pick<ProposalMeans, 'branches' | 'memory'>,
  signal: AbortSignal,
): Promise<GroupOutcome> {
  const how = group.setting.autoMerge === 'forge' ? 'forge' : 'when-green';
  if (memory.scheduled.get(request.url) === headCommit && !isBehind) return withState(outcome, 'scheduled');
  try {
    const result = await forge.merging.merge(request, headCommit, how, signal);
    if (result.kind === 'scheduled') memory.scheduled.set(request.url, headCommit);
    if (result.kind === 'waiting' && result.isOutdated) return { ...(await renew()), declined: outcome.declined };
    if (result.kind !== 'merged') return told(outcome, result);
    if ((await branches.remove(group.branch, signal)) !== 'foreign') memory.absent.add(branchId(group.branch));
    return withState(outcome, 'merged');
  } catch (error) {
    signal.throwIfAborted();
    // The request stands all the same: what it proposes is not lost.
    return { ...outcome, warnings: [...outcome.warnings, toProblem(request.url, error)] };
  }
}

function told(outcome: GroupOutcome, result: Exclude<MergeResult, { kind: 'merged' }>): GroupOutcome {
  if (result.kind === 'scheduled') return withState(outcome, 'scheduled');
  return withState(outcome, 'open', `not merged yet: ${result.reason}`);
}

function withState(outcome: GroupOutcome, state: PullRequestReport['state'], ...remarks: string[]): GroupOutcome {
  if (!outcome.request) return outcome;
  return { ...outcome, request: { ...outcome.request, state, remarks: [...outcome.request.remarks, ...remarks] } };
}
