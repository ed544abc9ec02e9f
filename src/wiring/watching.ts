import type { Cycle } from '../controller/run.ts';
import { lineTimes } from '../core/line-times.ts';
import { canonicalName, type ImageName, parseImageIdentifier } from '../core/reference.ts';
import type { CycleReport } from '../core/report.ts';
import { indexRepositories, type RepositoryIndex } from '../core/repository-index.ts';
import { rolloutTimes } from '../core/rollout-times.ts';
import type { Watchdog } from '../core/watchdog.ts';
import type { ClusterObserver, GitObserver, LineStage, RegistryObserver, RolloutObserver } from '../ports/observers.ts';
import type { Metrics } from '../server/metrics/open-metrics.ts';
import { traced, tracingObserver } from '../server/tracing.ts';

/** What is known of a process that goes on, beside what its cycles report. */
export interface Watching {
  readonly observer: RegistryObserver & GitObserver;
  readonly cluster: ClusterObserver & RolloutObserver;
  /** Which images are used, as the last cycle saw them. */
  used(): RepositoryIndex;
  /** A registry told of a push to images that are used. */
  pushed(images: readonly ImageName[]): void;
  /**
   * A look, with its beginning and what it wrote told to whoever watches; several may go on at a time. One is stuck when
   * neither registry nor Git is heard of for too long.
   */
  look(dryRun: boolean, work: () => Promise<CycleReport>): Promise<CycleReport>;
  /** The same cycle, with its beginning and its end told to whoever watches. */
  watched(cycle: Cycle, dryRun: boolean): Cycle;
}

/** A cycle that neither registry nor Git answers for so long is stuck: all that it waits for has shorter time-outs. */
const CYCLE = { name: 'the cycle', patienceMs: 15 * 60_000 };

/** @param dog  who watches over cycles */
export function openWatching(metrics: Metrics | undefined, dog: Watchdog): Watching {
  const line = lineTimes();
  const rollouts = rolloutTimes();
  let used = usedUntilKnown();
  let running = 0;
  // Between two cycles nobody is waited for.
  const alive = () => {
    if (running > 0) dog.alive(CYCLE, performance.now());
  };
  const busy = async <T>(work: () => Promise<T>): Promise<T> => {
    running += 1;
    alive();
    const over = metrics?.cycleBegan();
    try {
      return await work();
    } finally {
      over?.();
      running -= 1;
      if (running === 0) dog.ended(CYCLE);
    }
  };
  const count = (times: readonly { readonly stage: LineStage; readonly tookMs: number }[]) => {
    for (const { stage, tookMs } of times) metrics?.line.stageTook(stage, tookMs);
  };
  const look: Watching['look'] = async (dryRun, work) => {
    const beganMs = Date.now();
    const report = await busy(work);
    const endedMs = Date.now();
    if (!dryRun) {
      count(line.cycleEnded(report, beganMs, endedMs));
      count(rollouts.written(report, beganMs, endedMs));
    }
    return report;
  };
  return {
    used: () => used,
    pushed(images) {
      for (const image of images) line.pushed(image, Date.now());
    },
    observer: {
      requestEnded(...request) {
        alive();
        metrics?.registries.requestEnded(...request);
        tracingObserver.requestEnded(...request);
      },
      limitSeen: (registry, remaining) => metrics?.registries.limitSeen(registry, remaining),
      commandEnded(...command) {
        alive();
        metrics?.git.commandEnded(...command);
        tracingObserver.commandEnded(...command);
      },
    },
    cluster: {
      requestEnded: (outcome) => metrics?.cluster.requestEnded(outcome),
      rolloutSeen: (rollout) => count(rollouts.seen(rollout)),
    },
    look: (dryRun, work) => traced('look', {}, () => look(dryRun, work)),
    watched: (cycle, dryRun) => async (signal, fresh) => {
      const began = performance.now();
      try {
        const report = await traced('cycle', { 'tiphys.look': fresh !== undefined }, () =>
          look(dryRun, () => cycle(signal, fresh)),
        );
        used = indexRepositories(report.items.map(({ image }) => parseImageIdentifier(image)));
        metrics?.cycleEnded(report, { dryRun, tookMs: performance.now() - began });
        return report;
      } catch (error) {
        metrics?.cycleFailed();
        throw error;
      }
    },
  };
}

const MOST_EARLY = 1_000;

/** Before the first cycle nobody knows what is used: whatever is pushed meanwhile is looked at after it. */
function usedUntilKnown(): RepositoryIndex {
  const names = new Set<string>();
  return (pushed) => {
    const name = canonicalName(pushed);
    if (names.size < MOST_EARLY) names.add(name);
    return names.has(name) ? [pushed] : [];
  };
}
