import type { Follow } from '../../controller/handoffs/handoff-desk.ts';
import { boundedCache } from '../../core/bounded-cache.ts';
import { toProblem } from '../../core/failure.ts';
import type { StandingTarget } from '../../core/handoff/operation.ts';
import { withoutCredentials } from '../../core/redact.ts';
import type { LiveApplications, ObjectKey } from '../../ports/cluster.ts';
import type { GitAncestry } from '../../ports/git.ts';
import type { FollowedTarget } from '../../ports/handoffs.ts';
import { judge } from '../wait/judge.ts';
import { type ObservedApplication, observe } from '../wait/observed-application.ts';
import type { Ask, Memory, Verdict } from '../wait/verdict.ts';

export interface RolloutTools {
  readonly applications: Pick<LiveApplications, 'application' | 'refresh'>;
  readonly git: GitAncestry;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** How long something may look bad before it counts as failed. */
const GRACE_MS = 30_000;
/** However often it is asked how a hand-off stands, an Application is looked at no more often. */
const KEPT_MS = 1_000;
const MOST_FOLLOWED = 1_000;

/** What is remembered of a roll-out of one commit to one Application. */
interface Rollout {
  readonly histories: Map<string, boolean>;
  memory?: Memory;
  last?: { readonly seen: Promise<Seen>; readonly atMs: number };
}

type Seen = Pick<FollowedTarget, 'state' | 'reason' | 'health'>;

/** Follows roll-outs as `tiphys wait` does, a look at a time, whenever somebody asks how a hand-off stands. */
export function openFollow(tools: RolloutTools): Follow {
  const rollouts = boundedCache<Rollout>(MOST_FOLLOWED, () => 1);
  const rolloutOf = ({ application, commit }: StandingTarget): Rollout => {
    const key = `${application} ${commit ?? ''}`;
    const rollout = rollouts.get(key) ?? { histories: new Map() };
    rollouts.set(key, rollout);
    return rollout;
  };
  const seen = (target: StandingTarget, signal: AbortSignal): Promise<Seen> => {
    const rollout = rolloutOf(target);
    const { last } = rollout;
    if (last && tools.nowMs() - last.atMs < KEPT_MS) return last.seen;
    const now = look(target, rollout, tools, signal);
    rollout.last = { seen: now, atMs: tools.nowMs() };
    return now;
  };
  return (targets, signal) =>
    Promise.all(
      targets.map(async (target) =>
        target.state === 'committed' ? { ...target, ...(await seen(target, signal)) } : { ...target, health: null },
      ),
    );
}

async function look(
  target: StandingTarget,
  rollout: Rollout,
  { applications, git, nowMs }: RolloutTools,
  signal: AbortSignal,
): Promise<Seen> {
  const [namespace = '', name = ''] = target.application.split('/');
  const key: ObjectKey = { namespace, name };
  let application: ObservedApplication | undefined;
  try {
    const object = await applications.application(key, signal);
    application = object && observe(object);
    let verdict = step(target, rollout, application, nowMs());
    if (verdict.kind === 'waiting' && verdict.ask?.kind === 'history') {
      const { revision } = verdict.ask.source;
      rollout.histories.set(
        revision,
        await git.contains(branchOf(target, verdict.ask), revision, target.commit ?? '', signal),
      );
      verdict = step(target, rollout, application, nowMs());
    }
    if (verdict.kind === 'waiting' && verdict.ask?.kind === 'refresh') await applications.refresh(key, signal);
    return { ...standingBy(verdict, target), health: application?.health || null };
  } catch (error) {
    signal.throwIfAborted();
    const reason = withoutCredentials(toProblem(target.application, error).message);
    return { state: target.state, reason, health: application?.health || null };
  }
}

function step(
  { commit, repoURL }: StandingTarget,
  rollout: Rollout,
  application: ObservedApplication | undefined,
  nowMs: number,
): Verdict {
  const wanted = {
    ...{ commit: commit ?? undefined, repoURL: repoURL ?? undefined },
    ...{ images: [], syncMark: undefined, graceMs: GRACE_MS },
  };
  const { memory, verdict } = judge(rollout.memory, { application, nowMs, histories: rollout.histories }, wanted);
  rollout.memory = memory;
  return verdict;
}

function branchOf({ repoURL, branch }: StandingTarget, { source }: Extract<Ask, { readonly kind: 'history' }>) {
  return { repoURL: repoURL ?? source.repoURL, branch: branch ?? source.targetRevision, project: 'default' };
}

function standingBy(verdict: Verdict, target: StandingTarget): Pick<Seen, 'state' | 'reason'> {
  switch (verdict.kind) {
    case 'done':
      return { state: 'healthy', reason: target.reason };
    case 'failed':
      return { state: 'failed', reason: withoutCredentials(verdict.reason) };
    case 'unknown':
      return { state: target.state, reason: withoutCredentials(verdict.problem.message) };
    case 'waiting':
      return { state: verdict.lacks === 'health' ? 'synced' : 'committed', reason: withoutCredentials(verdict.reason) };
    default:
      return verdict satisfies never;
  }
}
