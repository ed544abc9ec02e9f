import { toProblem } from '../../core/failure.ts';
import { standingOf } from '../../core/pull-requests/pull-request-standing.ts';
import { describeBranch } from '../../core/redact.ts';
import { identify } from '../items.ts';
import type { GroupOutcome } from './group-outcome.ts';
import { branchId, isTemplated, type ProposalGroup, type ProposedImage } from './groups.ts';
import type { NamedBranch } from './memory.ts';
import type { ProposalMeans } from './proposer.ts';
import { retire } from './retire.ts';

/**
 * Requests whose branches a template named for other versions of the same Application: the newer one takes their
 * place. Only what this process named is known; upstream leaves all of them open.
 */
export async function retireReplaced(
  images: readonly ProposedImage[],
  groups: readonly ProposalGroup[],
  means: ProposalMeans,
  signal: AbortSignal,
): Promise<readonly Pick<GroupOutcome, 'request' | 'warnings'>[]> {
  const inUse = new Set(groups.map(({ branch }) => branchId(branch)));
  const places = Map.groupBy(images.filter(isTemplated), ({ tracked, place: { branch, tree } }) =>
    JSON.stringify([identify(tracked).application, branch.repoURL, tree.branch]),
  );
  const replaced: NamedBranch[] = [];
  for (const [place, members] of places) {
    const before = means.memory.named.get(place);
    const now = groups.find((group) => group.images.some((image) => members.includes(image)));
    if (now) means.memory.named.set(place, { branch: now.branch, forge: now.setting.forge });
    const isOver = before && !inUse.has(branchId(before.branch)) && members.every(({ isCertain }) => isCertain);
    if (isOver) replaced.push(before);
    if (isOver && !now) means.memory.named.delete(place);
  }
  return await Promise.all(replaced.map((named) => retireNamed(named, means, signal)));
}

async function retireNamed(
  { branch, forge: kind }: NamedBranch,
  means: ProposalMeans,
  signal: AbortSignal,
): Promise<Pick<GroupOutcome, 'request' | 'warnings'>> {
  try {
    const forge = await means.openForge(branch, kind, signal);
    const { open } = standingOf(await forge.pullRequests.find(branch.writeBranch, branch.branch, signal));
    return await retire(branch, forge, open?.request, 'superseded', means, signal);
  } catch (error) {
    signal.throwIfAborted();
    return { request: undefined, warnings: [toProblem(describeBranch(branch.repoURL, branch.writeBranch), error)] };
  }
}
