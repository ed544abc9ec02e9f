import type { Follow } from '../../controller/handoffs/handoff-desk.ts';
import { boundedCache } from '../../core/bounded-cache.ts';
import { toProblem } from '../../core/failure.ts';
import type { StandingTarget } from '../../core/handoff/operation.ts';
import { withoutCredentials } from '../../core/redact.ts';
import type { FollowedTarget } from '../../ports/handoffs.ts';
import { observe } from '../wait/observed-application.ts';
import { openRollout, type Rollout, type RolloutTools } from '../wait/rollout.ts';
import type { Verdict } from '../wait/verdict.ts';

/** How long something may look bad before it counts as failed. */
const GRACE_MS = 30_000;
/** However often it is asked how a hand-off stands, an Application is looked at no more often. */
const KEPT_MS = 1_000;
const MOST_FOLLOWED = 1_000;

/** A roll-out of one commit to one Application. */
interface Followed {
  readonly rollout: Rollout;
  last?: { readonly seen: Promise<Seen>; readonly atMs: number };
}

type Seen = Pick<FollowedTarget, 'state' | 'reason' | 'health'>;

/** Follows roll-outs as `tiphys wait` does, a look at a time, whenever somebody asks how a hand-off stands. */
export function openFollow(tools: RolloutTools): Follow {
  const known = boundedCache<Followed>(MOST_FOLLOWED, () => 1);
  const followedOf = (target: StandingTarget): Followed => {
    const key = `${target.application} ${target.commit ?? ''}`;
    const followed = known.get(key) ?? { rollout: rolloutOf(target, tools) };
    known.set(key, followed);
    return followed;
  };
  const seen = (target: StandingTarget, signal: AbortSignal): Promise<Seen> => {
    const followed = followedOf(target);
    const { last, rollout } = followed;
    if (last && tools.nowMs() - last.atMs < KEPT_MS) return last.seen;
    const now = look(target, rollout, signal);
    followed.last = { seen: now, atMs: tools.nowMs() };
    return now;
  };
  return (targets, signal) =>
    Promise.all(
      targets.map(async (target) =>
        target.state === 'committed' ? { ...target, ...(await seen(target, signal)) } : { ...target, health: null },
      ),
    );
}

function rolloutOf({ application, commit, repoURL, branch }: StandingTarget, tools: RolloutTools): Rollout {
  const [namespace = '', name = ''] = application.split('/');
  const wanted = {
    ...{ commit: commit ?? undefined, repoURL: repoURL ?? undefined },
    ...{ images: [], syncMark: undefined, graceMs: GRACE_MS },
  };
  return openRollout({ namespace, name }, { wanted, branch: branch ?? '' }, tools);
}

async function look(target: StandingTarget, rollout: Rollout, signal: AbortSignal): Promise<Seen> {
  try {
    return { ...standingBy(await rollout.look(signal), target), health: healthIn(rollout) };
  } catch (error) {
    signal.throwIfAborted();
    const reason = withoutCredentials(toProblem(target.application, error).message);
    return { state: target.state, reason, health: healthIn(rollout) };
  }
}

function healthIn(rollout: Rollout): string | null {
  const object = rollout.seen();
  return (object && observe(object).health) || null;
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
