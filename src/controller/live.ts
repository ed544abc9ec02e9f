import { applicationId } from '../core/applications/application.ts';
import { type Problem, toProblem } from '../core/failure.ts';
import { mapBounded } from '../core/map-bounded.ts';
import type { LiveApplications } from '../ports/cluster.ts';
import type { ApplicationChange } from './items.ts';
import { type Patched, patchApplications } from './patch-applications.ts';
import type { PatchMemory } from './patch-memory.ts';
import type { Written } from './write-back.ts';

const AT_A_TIME = 10;

/** Applications that can be reached themselves, and what is to be done with them. */
export interface Live {
  readonly applications: LiveApplications;
  readonly memory: PatchMemory;
  /** Whether Argo CD is asked to look at an Application once something was pushed for it. */
  readonly refreshes: boolean;
}

interface Parts {
  readonly live?: Live;
  readonly argocdNamespace: string;
  readonly dryRun: boolean;
}

/** The configuration refuses the method `argocd` where there is nothing to reach. */
export async function patchLive(
  changes: readonly ApplicationChange[],
  { live, argocdNamespace, dryRun }: Parts,
  signal: AbortSignal,
): Promise<Patched> {
  if (changes.length === 0) return { patches: [], fates: new Map(), failed: new Map() };
  if (!live) throw new Error('there is no Application to write to');
  const { applications, memory } = live;
  return await patchApplications(changes, { applications, memory, argocdNamespace, dryRun }, signal);
}

/**
 * Asks Argo CD to look at the Applications that something was pushed for, instead of at its next polling of Git. What
 * is patched needs no asking: Argo CD sees the change of the source itself.
 * @returns what went wrong, which holds nothing up
 */
export async function refreshWritten(
  { fates }: Pick<Written, 'fates'>,
  { live, dryRun }: Parts,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  if (!live?.refreshes || dryRun) return [];
  const written = [...fates].flatMap(([{ tracked }, { kind }]) => (kind === 'applied' ? [tracked.application] : []));
  const applications = new Map(written.map((application) => [applicationId(application), application]));
  const problems = await mapBounded([...applications], AT_A_TIME, async ([id, { namespace, name }]) => {
    try {
      await live.applications.refresh({ namespace, name }, signal);
      return [];
    } catch (error) {
      return [toProblem(id, error)];
    }
  });
  signal.throwIfAborted();
  return problems.flat();
}
