import type { Cycle } from '../controller/run.ts';
import { lineTimes } from '../core/line-times.ts';
import type { PushEvent } from '../core/push-event.ts';
import { canonicalName, parseImageIdentifier } from '../core/reference.ts';
import { indexRepositories, type RepositoryIndex } from '../core/repository-index.ts';
import { type Watchdog, watchdog } from '../core/watchdog.ts';
import type { GitObserver, RegistryObserver } from '../ports/observers.ts';
import type { Metrics } from '../server/metrics/open-metrics.ts';
import { traced, tracingObserver } from '../server/tracing.ts';

/** What is known of a process that goes on, beside what its cycles report. */
export interface Watching {
  readonly observer: RegistryObserver & GitObserver;
  readonly watchdog: Watchdog;
  /** Which images are used, as the last cycle saw them. */
  used(): RepositoryIndex;
  /** A registry told of a push. */
  pushed(event: PushEvent): void;
  /** Work that is stuck when neither registry nor Git is heard of for too long; several may go on at a time. */
  busy<T>(work: () => Promise<T>): Promise<T>;
  /** The same cycle, with its beginning and its end told to whoever watches. */
  watched(cycle: Cycle, dryRun: boolean): Cycle;
}

/** A cycle that neither registry nor Git answers for so long is stuck: all that it waits for has shorter time-outs. */
const CYCLE = { name: 'the cycle', patienceMs: 15 * 60_000 };

export function openWatching(metrics: Metrics | undefined): Watching {
  const dog = watchdog();
  const line = lineTimes();
  let used = usedUntilKnown();
  let running = 0;
  // Between two cycles nobody is waited for.
  const alive = () => {
    if (running > 0) dog.alive(CYCLE, performance.now());
  };
  const busy = async <T>(work: () => Promise<T>): Promise<T> => {
    running += 1;
    alive();
    try {
      return await work();
    } finally {
      running -= 1;
      if (running === 0) dog.ended(CYCLE);
    }
  };
  return {
    watchdog: dog,
    busy,
    used: () => used,
    pushed(event) {
      for (const image of used(event)) line.pushed(image, Date.now());
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
    watched: (cycle, dryRun) => async (signal, fresh) => {
      const beganMs = Date.now();
      metrics?.cycleBegan();
      try {
        const report = await traced('cycle', { 'tiphys.look': fresh !== undefined }, () =>
          busy(() => cycle(signal, fresh)),
        );
        used = indexRepositories(report.items.map(({ image }) => parseImageIdentifier(image)));
        metrics?.cycleEnded(report, dryRun);
        const times = line.cycleEnded(report, beganMs, Date.now());
        for (const { stage, tookMs } of times) metrics?.line.stageTook(stage, tookMs);
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
