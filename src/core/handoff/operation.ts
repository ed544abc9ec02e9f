import type { BuildOrder } from '../build-order.ts';

/** How far a hand-off has come, the less far before the farther; what ended badly comes first. */
export const HANDOFF_STATES = [
  /** The roll-out failed. */
  'failed',
  /** It will not be written: the tag points elsewhere, or a filter, a constraint or the target is against it. */
  'refused',
  /** It has not been looked at yet, or is looked at again after a failure. */
  'accepted',
  /** A gate keeps it from being written now. */
  'held',
  /** It is proposed, and waits to be merged. */
  'pull-request',
  /** A newer build, or a later scan, has taken its place. */
  'superseded',
  'committed',
  'synced',
  'healthy',
] as const;
export type HandoffState = (typeof HANDOFF_STATES)[number];

/** One image of one Application that a hand-off is about. */
export interface HandoffTarget {
  /** "namespace/name". */
  readonly application: string;
  readonly alias: string;
  /** "registry/repository". */
  readonly image: string;
  readonly tag: string;
  readonly digest: string;
}

/** What became of a target by now. */
export interface TargetStanding {
  readonly state: HandoffState;
  /** One sentence for people; "" where the state says it all. */
  readonly reason: string;
  /** Object id; null where nothing was committed, or nobody knows by whom. */
  readonly commit: string | null;
  /** Git's, without credentials. */
  readonly repoURL: string | null;
  readonly branch: string | null;
  readonly pullRequest: string | null;
}

export type StandingTarget = HandoffTarget & TargetStanding;

/** A target that is not in the branch yet, with what tells which of several counts. */
export interface PendingTarget extends StandingTarget {
  /** The hand-off's id. */
  readonly handoff: string;
  /** When it came, in milliseconds since 1970. */
  readonly createdMs: number;
  readonly order: BuildOrder | undefined;
}

export const JUST_ACCEPTED: TargetStanding = {
  state: 'accepted',
  reason: '',
  commit: null,
  repoURL: null,
  branch: null,
  pullRequest: null,
};

/** How far a hand-off has come as a whole: as far as that of its targets that came least far. */
export function stateOfAll(targets: readonly Pick<TargetStanding, 'state'>[]): HandoffState {
  return HANDOFF_STATES.find((state) => targets.some((target) => target.state === state)) ?? 'refused';
}

/**
 * Which of the versions that were handed off for one image counts: of one scope that of the newest build, of several
 * the one that came last.
 * @param pending  in the order in which they came
 * @param written  the newest number of each scope that was written before
 */
export function newestPending<T extends Pick<PendingTarget, 'order'>>(
  pending: readonly T[],
  written: ReadonlyMap<string, number>,
): T | undefined {
  const newest = new Map<string, number>(written);
  for (const { order } of pending) {
    if (order) newest.set(order.scope, Math.max(order.number, newest.get(order.scope) ?? 0));
  }
  return pending.findLast(({ order }) => order === undefined || order.number === newest.get(order.scope));
}

export function isSameVersion(a: Pick<HandoffTarget, 'tag' | 'digest'>, b: Pick<HandoffTarget, 'tag' | 'digest'>) {
  return a.tag === b.tag && a.digest === b.digest;
}
