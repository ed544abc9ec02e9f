import { Failure, toProblem } from '../../core/failure.ts';
import { formatJsonPointer } from '../../core/json-pointer.ts';
import { redactProblem, withoutCredentials } from '../../core/redact.ts';
import { isUntyped, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { Trouble, WaitedApplication, WaitOutcome, WaitProgress } from '../../core/wait-report.ts';
import type { JsonPatchOperation, LiveApplications, ObjectKey } from '../../ports/cluster.ts';
import type { GitAncestry } from '../../ports/git.ts';
import type { Rollouts, SyncOutcome } from '../../ports/rollout.ts';
import { judge } from './judge.ts';
import { HYDRATE, observe } from './observed-application.ts';
import { statusTroubles } from './status-troubles.ts';
import type { Ask, Memory, Verdict, Wanted } from './verdict.ts';

/** What a wait is done with. */
export interface WaitTools {
  readonly applications: LiveApplications;
  readonly rollouts: Rollouts;
  readonly git: GitAncestry;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly told: (progress: WaitProgress) => void;
}

export interface WaitFor {
  readonly wanted: Wanted;
  readonly timeoutMs: number;
  /** Of `wanted.repoURL`; "" for the branch that the Application's source names. */
  readonly branch: string;
}

const PAUSE_MS = 1_000;
const MOST_TOLD = 2_000;
/** How long reasons are looked for when time is over. */
const LAST_MS = 20_000;

/** Argo CD, the cluster or Git is away for a moment now and then; that ends no wait that has begun. */
const PASSING = [
  ...['CLUSTER_UNREACHABLE', 'CLUSTER_OVERLOADED', 'ARGOCD_UNREACHABLE'],
  ...['GIT_UNREACHABLE', 'GIT_TIMEOUT'],
];

/**
 * Looks at one Application until it has what is wanted, is known to fail or time is over, and does in between what
 * `judge` asks for. What goes wrong is an outcome.
 * @throws  the reason of `signal`, when that aborts
 */
export async function waitFor(
  key: ObjectKey,
  asked: WaitFor,
  tools: WaitTools,
  signal: AbortSignal,
): Promise<WaitedApplication> {
  const startedMs = tools.nowMs();
  const over = AbortSignal.timeout(asked.timeoutMs);
  const limit = AbortSignal.any([signal, over]);
  const rollout = followRollout(key, asked, tools);
  for (;;) {
    const outcome = await rollout.look(limit).catch((error) => {
      signal.throwIfAborted();
      return rollout.failed(error, over.aborted);
    });
    const tookMs = tools.nowMs() - startedMs;
    if (outcome) return { ...rollout.seen(), outcome, tookMs };
    if (over.aborted || tookMs >= asked.timeoutMs) {
      return { ...rollout.seen(), outcome: await rollout.timedOut(signal), tookMs };
    }
    await tools.sleep(PAUSE_MS, limit).catch(() => signal.throwIfAborted());
  }
}

/** One Application, as it is looked at again and again. */
function followRollout(key: ObjectKey, asked: WaitFor, tools: WaitTools) {
  const { applications, rollouts, nowMs } = tools;
  const helper = openHelper(key, asked, tools);
  let memory: Memory | undefined;
  let object: Untyped | undefined;
  let told = '';
  let blockedBy = '';

  const id = () => textOf(object) ?? `${key.namespace}/${key.name}`;

  function tell(reason: string): void {
    if (reason === told) return;
    told = reason;
    tools.told({ application: id(), reason: tellable(reason) });
  }

  /** @returns  how it ends, if it does */
  async function act(verdict: Verdict, signal: AbortSignal): Promise<WaitOutcome | undefined> {
    switch (verdict.kind) {
      case 'done':
        return verdict;
      case 'failed':
        return await ended('failed', verdict.reason, signal);
      case 'unknown':
        return { kind: 'unknown', problem: redactProblem({ ...verdict.problem, object: id() }) };
      case 'waiting': {
        const synced = verdict.ask && (await helper.carryOut(verdict.ask, object ?? {}, signal));
        if (synced?.kind === 'refused') return await ended('failed', synced.reason, signal);
        if (synced) blockedBy = synced.kind === 'blocked' ? synced.reason : '';
        tell(verdict.lacks === 'operation' && blockedBy !== '' ? blockedBy : verdict.reason);
        return undefined;
      }
      default:
        return verdict satisfies never;
    }
  }

  async function ended(kind: 'failed' | 'timed-out', reason: string, signal: AbortSignal): Promise<WaitOutcome> {
    const troubles = object ? await findTroubles(rollouts, key, object, signal) : [];
    return { kind, reason: tellable(reason), troubles };
  }

  return {
    /** @returns  undefined while it is to be gone on */
    async look(signal: AbortSignal): Promise<WaitOutcome | undefined> {
      const now = await applications.application(key, signal);
      object = now ?? object;
      const look = { application: now && observe(now), nowMs: nowMs(), histories: helper.histories };
      const judged = judge(memory, look, asked.wanted);
      memory = judged.memory;
      return await act(judged.verdict, signal);
    },
    /** What passes is waited out once it is known that there is something to wait for; until then nothing is known. */
    failed(error: unknown, isOver: boolean): WaitOutcome | undefined {
      if (!(error instanceof Failure)) throw error;
      if (isOver && object) return undefined;
      if (!object || !PASSING.includes(error.code)) {
        return { kind: 'unknown', problem: redactProblem(toProblem(id(), error)) };
      }
      tell(error.message);
      return undefined;
    },
    timedOut: (signal: AbortSignal) =>
      ended('timed-out', told, AbortSignal.any([signal, AbortSignal.timeout(LAST_MS)])),
    seen: () => ({ application: id(), revisions: object ? revisionsIn(object) : [] }),
  };
}

/** Does what `judge` asks for. */
function openHelper(
  key: ObjectKey,
  { wanted, branch }: WaitFor,
  { applications, rollouts, git }: Pick<WaitTools, 'applications' | 'rollouts' | 'git'>,
) {
  const histories = new Map<string, boolean>();
  return {
    histories,
    async carryOut(ask: Ask, object: Untyped, signal: AbortSignal): Promise<SyncOutcome | undefined> {
      switch (ask.kind) {
        case 'refresh':
          await applications.refresh(key, signal);
          if (observe(object).hydration) await applications.patch(key, askToHydrate(object), signal);
          return undefined;
        case 'sync':
          return await rollouts.sync(key, wanted.syncMark ?? '', signal);
        case 'history': {
          const { repoURL, targetRevision, revision } = ask.source;
          const ref = { repoURL: wanted.repoURL ?? repoURL, branch: branch || targetRevision, project: 'default' };
          histories.set(revision, await git.contains(ref, revision, wanted.commit ?? '', signal));
          return undefined;
        }
        default:
          return ask satisfies never;
      }
    },
  };
}

/** As the Application tells it, and as its resources do where they may be read. */
async function findTroubles(
  rollouts: Rollouts,
  key: ObjectKey,
  object: Untyped,
  signal: AbortSignal,
): Promise<readonly Trouble[]> {
  const live = await rollouts.troubles(key, object, signal);
  const named = new Set(live.map(({ resource }) => resource));
  const reported = statusTroubles(object).filter(({ resource }) => !named.has(resource));
  return [...reported, ...live].map(({ resource, state, reasons }) => {
    return { resource, state, reasons: reasons.map(tellable) };
  });
}

function textOf(object: Untyped | undefined): string | undefined {
  const metadata = object && mappingAt(object, 'metadata');
  return metadata && `${textAt(metadata, 'namespace')}/${textAt(metadata, 'name')}`;
}

function revisionsIn(object: Untyped): readonly string[] {
  return observe(object).sources.flatMap(({ revision }) => (revision === '' ? [] : [revision]));
}

/** Without it the hydrator looks at its own time. */
function askToHydrate(object: Untyped): readonly JsonPatchOperation[] {
  const path = '/metadata/annotations';
  const all: readonly JsonPatchOperation[] = isUntyped(mappingAt(object, 'metadata')['annotations'])
    ? []
    : [{ op: 'add', path, value: {} }];
  return [...all, { op: 'add', path: formatJsonPointer(['metadata', 'annotations', HYDRATE]), value: 'normal' }];
}

/** What others say can quote credentials, and be as long as a chart. */
function tellable(text: string): string {
  // Beyond what is told something stays, so that no credential is cut before it is known for one.
  const safe = withoutCredentials(text.slice(0, 2 * MOST_TOLD));
  return safe.length > MOST_TOLD ? `${safe.slice(0, MOST_TOLD)}…` : safe;
}
