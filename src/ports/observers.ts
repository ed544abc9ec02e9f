import type { Rollout } from '../core/rollout.ts';

/** What became of a request to a registry: its answer by meaning, or that there was none. */
export type RequestOutcome =
  | 'ok'
  | 'unauthorized'
  | 'not-found'
  | 'rate-limited'
  | 'refused'
  | 'server-error'
  | 'unanswered';

/** Hears of every request to a registry. Nothing that it does may fail. */
export interface RegistryObserver {
  /** @param registry the registry's name, as messages have it */
  requestEnded(registry: string, outcome: RequestOutcome, tookMs: number): void;
  /** What the registry says is left of its limit. */
  limitSeen(registry: string, remaining: number): void;
}

export interface GitObserver {
  /** @param command git's subcommand, "fetch" */
  commandEnded(command: string, outcome: 'ok' | 'failed', tookMs: number): void;
}

/** Hears of every request to a cluster's API. Nothing that it does may fail. */
export interface ClusterObserver {
  requestEnded(outcome: 'ok' | 'failed'): void;
}

/** Hears of an Application whenever Argo CD, or somebody else, has changed it. Nothing that it does may fail. */
export interface RolloutObserver {
  rolloutSeen(rollout: Rollout): void;
}

/** The way of a version, from the push of the image to pods that are healthy. */
export const LINE_STAGES = ['pushed-to-seen', 'seen-to-committed', 'committed-to-synced', 'synced-to-healthy'] as const;
export type LineStage = (typeof LINE_STAGES)[number];

export interface LineObserver {
  /** One change of one image went through a stage. */
  stageTook(stage: LineStage, tookMs: number): void;
}

/** What waits for the controller. */
export interface QueueState {
  readonly depth: number;
  /** How long the one in front has been waiting; 0 when nothing waits. */
  readonly oldestMs: number;
}
