import { Failure, type Problem, toProblem } from '../../core/failure.ts';
import { redactProblem, withoutCredentials } from '../../core/redact.ts';
import { mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { Trouble, WaitedApplication, WaitOutcome, WaitProgress } from '../../core/wait-report.ts';
import type { ObjectKey } from '../../ports/cluster.ts';
import type { Rollouts } from '../../ports/rollout.ts';
import { observe } from './observed-application.ts';
import { type FollowedRollout, openRollout, type RolloutTools } from './rollout.ts';
import { statusTroubles } from './status-troubles.ts';
import type { Verdict } from './verdict.ts';

/** What a wait is done with. */
export interface WaitTools extends RolloutTools {
  readonly rollouts: Rollouts;
  /** Rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly told: (progress: WaitProgress) => void;
}

export interface WaitFor extends FollowedRollout {
  readonly timeoutMs: number;
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
  const waiting = openWait(key, asked, tools);
  for (;;) {
    const outcome = await waiting.look(limit).catch((error) => {
      signal.throwIfAborted();
      return waiting.failed(error, over.aborted);
    });
    const tookMs = tools.nowMs() - startedMs;
    if (outcome) return { ...waiting.seen(), outcome, tookMs };
    if (over.aborted || tookMs >= asked.timeoutMs) {
      return { ...waiting.seen(), outcome: await waiting.timedOut(signal), tookMs };
    }
    await tools.sleep(PAUSE_MS, limit).catch(() => signal.throwIfAborted());
  }
}

/** One Application, as it is looked at again and again. */
function openWait(key: ObjectKey, asked: WaitFor, tools: WaitTools) {
  const { rollouts } = tools;
  const rollout = openRollout(key, asked, tools);
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
        const { syncMark = '' } = asked.wanted;
        const synced = verdict.ask?.kind === 'sync' ? await rollouts.sync(key, syncMark, signal) : undefined;
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
      const verdict = await rollout.look(signal).finally(() => {
        // Once it is deleted, what it was last tells why.
        object = rollout.seen() ?? object;
      });
      return await act(verdict, signal);
    },
    /** What passes is waited out once it is known that there is something to wait for; until then nothing is known. */
    failed(error: unknown, isOver: boolean): WaitOutcome | undefined {
      if (!(error instanceof Failure)) throw error;
      if (isOver && object) return undefined;
      if (isOver && error.code === 'ABORTED') return { kind: 'unknown', problem: unanswered(id()) };
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

function unanswered(object: string): Problem {
  const fix = 'see whether Argo CD or the cluster answers at all, or give more time: --timeout';
  return { code: 'ABORTED', object, message: 'nothing had answered when time was over', fix };
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

/** What others say can quote credentials, and be as long as a chart. */
function tellable(text: string): string {
  // Beyond what is told something stays, so that no credential is cut before it is known for one.
  const safe = withoutCredentials(text.slice(0, 2 * MOST_TOLD));
  return safe.length > MOST_TOLD ? `${safe.slice(0, MOST_TOLD)}…` : safe;
}
