import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { cycleTotals } from '../../core/cycle-totals.ts';
import { type LookedAt, lastLooks } from '../../core/last-looks.ts';
import type { CycleReport } from '../../core/report.ts';
import { type Undeployed, undeployedAfter } from '../../core/undeployed.ts';
import type {
  ClusterObserver,
  GitObserver,
  LineObserver,
  QueueState,
  RegistryObserver,
} from '../../ports/observers.ts';
import type { HandoffOutcome } from '../handoff/receive.ts';
import type { WebhookOutcome } from '../webhooks/receive.ts';
import { boundedLabels } from './bounded-labels.ts';
import { type CycleMetrics, cycleMetrics } from './cycle-metrics.ts';
import { requestMetrics } from './request-metrics.ts';
import { upstreamMetrics } from './upstream-metrics.ts';

/** Everything that is counted, fed by those who know it. */
export interface Metrics {
  readonly contentType: string;
  /** In the format of Prometheus. */
  text(): Promise<string>;
  readonly line: LineObserver;
  readonly registries: RegistryObserver;
  readonly git: GitObserver;
  readonly cluster: ClusterObserver;
  cycleBegan: CycleMetrics['cycleBegan'];
  cycleEnded(report: CycleReport, cycle: EndedCycle): void;
  cycleFailed: CycleMetrics['cycleFailed'];
  cyclesExpected: CycleMetrics['cyclesExpected'];
  webhook(type: string, outcome: WebhookOutcome): void;
  handoff(outcome: HandoffOutcome): void;
  /** From then on the queue is shown; asked at each scrape. */
  watchQueue(state: () => QueueState): void;
  /** From then on the store's size is shown, in bytes; asked at each scrape. */
  watchStore(sizeBytes: () => number): void;
}

export interface EndedCycle {
  /** Nothing was written. */
  readonly dryRun: boolean;
  readonly tookMs: number;
  /** Which Applications it was about; all of them when absent. */
  readonly lookedAt?: LookedAt;
}

const MOST_REGISTRIES = 200;

/** @param nowMs milliseconds since 1970 */
export function openMetrics(nowMs: () => number): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const registries = boundedLabels(MOST_REGISTRIES);
  const upstream = upstreamMetrics(register, registries);
  const cycles = cycleMetrics(register, nowMs);
  const requests = requestMetrics(register, registries);
  const webhooks = new Counter({
    registers: [register],
    name: 'tiphys_webhook_events_total',
    help: 'Webhooks that were refused or ignored, and pushes in those that were taken, by what became of them',
    labelNames: ['type', 'outcome'],
  });
  const handoffs = new Counter({
    registers: [register],
    name: 'tiphys_handoffs_total',
    help: 'Requests to hand something off, by what became of them',
    labelNames: ['outcome'],
  });
  const looks = lastLooks();
  let undeployed: readonly Undeployed[] = [];
  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    line: cycles,
    registries: {
      requestEnded(registry, outcome, tookMs) {
        upstream.registryAsked(registry, outcome);
        requests.requestEnded(registry, outcome, tookMs);
      },
      limitSeen: requests.limitSeen,
    },
    git: requests,
    cluster: upstream,
    cycleBegan: cycles.cycleBegan,
    cycleEnded(report, { dryRun, tookMs, lookedAt }) {
      looks.seen(report.items, lookedAt);
      const items = looks.items();
      const totals = cycleTotals(items, report);
      undeployed = undeployedAfter(undeployed, items, nowMs());
      upstream.cycleEnded(totals, !dryRun);
      cycles.cycleEnded({ totals, undeployed, commits: report.commits.length, tookMs });
    },
    cycleFailed: cycles.cycleFailed,
    cyclesExpected: cycles.cyclesExpected,
    webhook: (type, outcome) => webhooks.inc({ type, outcome }),
    handoff: (outcome) => handoffs.inc({ outcome }),
    watchQueue: (state) => watchQueue(register, state),
    watchStore(sizeBytes) {
      new Gauge({
        registers: [register],
        name: 'tiphys_store_bytes',
        help: 'Size of the store of what scans remember',
        collect() {
          this.set(sizeBytes());
        },
      });
    },
  };
}

function watchQueue(register: Registry, state: () => QueueState): void {
  new Gauge({
    registers: [register],
    name: 'tiphys_queue_depth',
    help: 'What waits to be looked at',
    collect() {
      this.set(state().depth);
    },
  });
  new Gauge({
    registers: [register],
    name: 'tiphys_queue_oldest_seconds',
    help: 'How long the one in front has been waiting to be looked at',
    collect() {
      this.set(state().oldestMs / 1_000);
    },
  });
}
