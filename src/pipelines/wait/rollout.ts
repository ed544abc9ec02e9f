import { formatJsonPointer } from '../../core/json-pointer.ts';
import { isUntyped, mappingAt, type Untyped } from '../../core/untyped.ts';
import type { JsonPatchOperation, LiveApplications, ObjectKey } from '../../ports/cluster.ts';
import type { GitAncestry } from '../../ports/git.ts';
import { judge } from './judge.ts';
import { HYDRATE, type ObservedApplication, type ObservedSource, observe } from './observed-application.ts';
import type { Memory, Verdict, Wanted } from './verdict.ts';

/** What a roll-out is followed with. */
export interface RolloutTools {
  readonly applications: Pick<LiveApplications, 'application' | 'patch' | 'refresh'>;
  readonly git: GitAncestry;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

export interface FollowedRollout {
  readonly wanted: Wanted;
  /** Of `wanted.repoURL`; "" for the branch that the Application's source names. */
  readonly branch: string;
}

/** How what is wanted comes to one Application, a look at a time. */
export interface Rollout {
  /**
   * Looks once, and does what is to be done before the next look; a sync is left to whoever looks.
   * @throws {Failure} what asking for the Application and for the history of a commit throws
   */
  look(signal: AbortSignal): Promise<Verdict>;
  /** The Application as the last look has found it. */
  seen(): Untyped | undefined;
}

export function openRollout(
  key: ObjectKey,
  { wanted, branch }: FollowedRollout,
  { applications, git, nowMs }: RolloutTools,
): Rollout {
  const histories = new Map<string, boolean>();
  let memory: Memory | undefined;
  let object: Untyped | undefined;

  function judgeNow(application: ObservedApplication | undefined): Verdict {
    const judged = judge(memory, { application, nowMs: nowMs(), histories }, wanted);
    memory = judged.memory;
    return judged.verdict;
  }

  async function learn({ repoURL, targetRevision, revision }: ObservedSource, signal: AbortSignal): Promise<void> {
    const ref = { repoURL: wanted.repoURL ?? repoURL, branch: branch || targetRevision, project: 'default' };
    histories.set(revision, await git.contains(ref, revision, wanted.commit ?? '', signal));
  }

  return {
    async look(signal) {
      object = await applications.application(key, signal);
      const application = object && observe(object);
      let verdict = judgeNow(application);
      if (verdict.kind === 'waiting' && verdict.ask?.kind === 'history') {
        await learn(verdict.ask.source, signal);
        verdict = judgeNow(application);
      }
      if (verdict.kind === 'waiting' && verdict.ask?.kind === 'refresh') {
        await applications.refresh(key, signal);
        if (object && application?.hydration) await applications.patch(key, askToHydrate(object), signal);
      }
      return verdict;
    },
    seen: () => object,
  };
}

/** Without it the hydrator looks at its own time. */
function askToHydrate(object: Untyped): readonly JsonPatchOperation[] {
  const path = '/metadata/annotations';
  const all: readonly JsonPatchOperation[] = isUntyped(mappingAt(object, 'metadata')['annotations'])
    ? []
    : [{ op: 'add', path, value: {} }];
  return [...all, { op: 'add', path: formatJsonPointer(['metadata', 'annotations', HYDRATE]), value: 'normal' }];
}
