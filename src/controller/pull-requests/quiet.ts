import { type Problem, toProblem } from '../../core/failure.ts';
import type { OwnedBranchRef } from '../../ports/git.ts';
import { branchId, type ProposalGroup } from './groups.ts';
import type { ProposalMeans } from './proposer.ts';

/** Groups in which nothing moves, by what there is of them. */
export interface QuietGroups {
  /** Those whose branch is still there, so that a request may be. */
  readonly lingering: ReadonlySet<ProposalGroup>;
  readonly warnings: readonly Problem[];
}

export function isQuiet({ images }: ProposalGroup): boolean {
  return images.every(({ change }) => change === undefined);
}

/**
 * Looks for what was proposed once and is not wanted any more: one question to Git for all groups of a repository, and
 * none about branches that were seen to be gone. What cannot be judged this time is left alone.
 */
export async function findLingering(
  groups: readonly ProposalGroup[],
  { branches, memory }: Pick<ProposalMeans, 'branches' | 'memory'>,
  signal: AbortSignal,
): Promise<QuietGroups> {
  const unknown = groups.filter(
    ({ branch, images }) => images.every(({ isCertain }) => isCertain) && !memory.absent.has(branchId(branch)),
  );
  const repositories = [...Map.groupBy(unknown, ({ branch }) => repositoryId(branch)).values()];
  const found = await Promise.all(
    repositories.map(async (same) => {
      const [first] = same;
      if (!first) return { lingering: [], warnings: [] };
      const { writeBranch: _, ...base } = first.branch;
      const names = same.map(({ branch }) => branch.writeBranch);
      try {
        const present = await branches.present(base, names, signal);
        for (const { branch } of same) if (!present.has(branch.writeBranch)) memory.absent.add(branchId(branch));
        return { lingering: same.filter(({ branch }) => present.has(branch.writeBranch)), warnings: [] };
      } catch (error) {
        signal.throwIfAborted();
        return { lingering: [], warnings: [toProblem(first.branch.repoURL, error)] };
      }
    }),
  );
  return {
    lingering: new Set(found.flatMap(({ lingering }) => lingering)),
    warnings: found.flatMap(({ warnings }) => warnings),
  };
}

function repositoryId({ repoURL, secret, project }: OwnedBranchRef): string {
  return JSON.stringify([repoURL, secret, project]);
}
