import type { ClusterObserver, RolloutObserver } from '../ports/observers.ts';

/** Hears of a cluster from the first request on, before the settings that are kept there say who wants to know. */
export interface ClusterWatch extends ClusterObserver, RolloutObserver {
  /** Tells it everything from then on, and how many requests there have been. */
  follow(observer: ClusterObserver & RolloutObserver): void;
}

export function clusterWatch(): ClusterWatch {
  let observer: (ClusterObserver & RolloutObserver) | undefined;
  const early = { ok: 0, failed: 0 };
  return {
    requestEnded(outcome) {
      if (observer) observer.requestEnded(outcome);
      else early[outcome] += 1;
    },
    // Nothing has been written whose way could be followed.
    rolloutSeen: (rollout) => observer?.rolloutSeen(rollout),
    follow(other) {
      observer = other;
      for (const outcome of ['ok', 'failed'] as const) {
        for (let count = 0; count < early[outcome]; count += 1) other.requestEnded(outcome);
      }
    },
  };
}
