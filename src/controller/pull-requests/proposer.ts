import type { Forge, Forges } from '../../ports/forge.ts';
import type { BranchList, GitAccess, OwnedBranches, OwnedBranchRef } from '../../ports/git.ts';
import type { Composing } from '../compose.ts';
import type { GroupSetting } from './groups.ts';
import type { ProposalMemory } from './memory.ts';

/** What pull requests are made with. */
export interface Proposer {
  readonly branches: OwnedBranches & BranchList;
  readonly access: GitAccess;
  readonly forges: Pick<Forges, 'open'>;
  readonly memory: ProposalMemory;
}

/** The same for one cycle. */
export interface ProposalMeans extends Composing, Omit<Proposer, 'forges' | 'access'> {
  readonly dryRun: boolean;
  readonly openForge: OpenForge;
}

export type OpenForge = (branch: OwnedBranchRef, kind: GroupSetting['forge'], signal: AbortSignal) => Promise<Forge>;

/** Opens the forge of a repository once for all requests of a cycle; a token may last no longer. */
export function forgeOpener({ forges, access }: Pick<Proposer, 'forges' | 'access'>): OpenForge {
  const opened = new Map<string, Promise<Forge>>();
  return (branch, kind, signal) => {
    const { repoURL, secret, project } = branch;
    return opened.getOrInsertComputed(JSON.stringify([repoURL, secret, project, kind]), async () =>
      forges.open(repoURL, kind, await access.access(branch, signal), signal),
    );
  };
}
