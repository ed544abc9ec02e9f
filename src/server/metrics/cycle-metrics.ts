import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CycleTotals } from '../../core/cycle-totals.ts';
import type { Undeployed } from '../../core/undeployed.ts';
import { LINE_STAGES, type LineObserver, type LineStage } from '../../ports/observers.ts';

export interface CycleMetrics extends LineObserver {
  /** A cycle runs, or a look at some of the Applications, until what is returned is called; several may at a time. */
  cycleBegan(): () => void;
  cycleEnded(ended: EndedCycle): void;
  /** One that threw, so that nobody knows what it saw. */
  cycleFailed(): void;
  /** Cycles begin by themselves from now on, at most so long after one another, until it is disposed of. */
  cyclesExpected(intervalMs: number): Disposable;
}

interface EndedCycle {
  readonly totals: CycleTotals;
  readonly undeployed: readonly Undeployed[];
  readonly commits: number;
  readonly tookMs: number;
}

/** Series of images that are not deployed; the oldest ones, so that what is worst is seen. */
const MOST_UNDEPLOYED = 1_000;
const CYCLE_BUCKETS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800];
const LINE_BUCKETS = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600];

/** @param nowMs milliseconds since 1970 */
export function cycleMetrics(register: Registry, nowMs: () => number): CycleMetrics {
  const own = { registers: [register] };
  const running = new Set<{ readonly beganMs: number }>();
  let undeployed: readonly Undeployed[] = [];
  const cycles = new Counter({
    ...own,
    name: 'tiphys_cycles_total',
    help: 'Cycles that ended, by whether they came to a report',
    labelNames: ['outcome'],
  });
  const seconds = new Histogram({
    ...own,
    name: 'tiphys_cycle_seconds',
    help: 'How long cycles took',
    buckets: CYCLE_BUCKETS,
  });
  new Gauge({
    ...own,
    name: 'tiphys_cycle_running_seconds',
    help: 'For how long the oldest cycle that is running has been; 0 while none is',
    collect() {
      const [oldest] = running;
      this.set(oldest === undefined ? 0 : Math.max(0, nowMs() - oldest.beganMs) / 1_000);
    },
  });
  const expected = expectedIntervals(register);
  const finished = new Gauge({
    ...own,
    name: 'tiphys_cycle_last_finished_timestamp_seconds',
    help: 'When a cycle last came to a report; before the first one, since when one has been expected',
  });
  finished.set(nowMs() / 1_000);
  const images = new Gauge({
    ...own,
    name: 'tiphys_images',
    help: 'Tracked images by the outcome of the last cycle',
    labelNames: ['outcome'],
  });
  const failures = new Gauge({
    ...own,
    name: 'tiphys_failures',
    help: 'Images that fail, and what else the last cycle failed at, by the code of the failure',
    labelNames: ['code'],
  });
  const commits = new Counter({ ...own, name: 'tiphys_commits_total', help: 'Commits that were pushed' });
  watchUndeployed(register, nowMs, () => undeployed);
  const stages = lineHistograms(register);
  for (const outcome of ['ok', 'failed']) cycles.inc({ outcome }, 0);
  return {
    cycleBegan() {
      const cycle = { beganMs: nowMs() };
      running.add(cycle);
      return () => running.delete(cycle);
    },
    cycleEnded(ended) {
      cycles.inc({ outcome: 'ok' });
      seconds.observe(Math.max(0, ended.tookMs) / 1_000);
      finished.set(nowMs() / 1_000);
      for (const [outcome, number] of Object.entries(ended.totals.images)) images.set({ outcome }, number);
      failures.reset();
      for (const [code, number] of ended.totals.failures) failures.set({ code }, number);
      commits.inc(ended.commits);
      undeployed = ended.undeployed;
    },
    cycleFailed: () => cycles.inc({ outcome: 'failed' }),
    cyclesExpected(intervalMs) {
      finished.set(nowMs() / 1_000);
      return expected(intervalMs);
    },
    stageTook: (stage, tookMs) => stages[stage].observe(tookMs / 1_000),
  };
}

/** Shown only while cycles are expected: a standby has none, and who looks only when asked neither. */
function expectedIntervals(register: Registry): (intervalMs: number) => Disposable {
  const intervals = new Set<{ readonly ms: number }>();
  new Gauge({
    registers: [register],
    name: 'tiphys_cycle_interval_seconds',
    help: 'How long cycles that begin by themselves may be apart; absent where none do',
    collect() {
      this.remove();
      for (const { ms } of intervals) this.set(ms / 1_000);
    },
  });
  return (intervalMs) => {
    const interval = { ms: intervalMs };
    intervals.add(interval);
    return { [Symbol.dispose]: () => void intervals.delete(interval) };
  };
}

function watchUndeployed(register: Registry, nowMs: () => number, undeployed: () => readonly Undeployed[]): void {
  new Gauge({
    registers: [register],
    name: 'tiphys_undeployed_age_seconds',
    help: 'For how long the newest allowed version of an image has been known and not written; the oldest 1,000',
    labelNames: ['application', 'alias'],
    collect() {
      this.reset();
      const oldest = undeployed().toSorted((a, b) => a.sinceMs - b.sinceMs);
      for (const { application, alias, sinceMs } of oldest.slice(0, MOST_UNDEPLOYED)) {
        this.set({ application, alias }, Math.max(0, nowMs() - sinceMs) / 1_000);
      }
    },
  });
}

function lineHistograms(register: Registry): Readonly<Record<LineStage, Histogram>> {
  const histogram = (stage: LineStage) =>
    new Histogram({
      registers: [register],
      name: `tiphys_${stage.replaceAll('-', '_')}_seconds`,
      help: `How long versions took from ${stage.replace('-to-', ' to ')}`,
      buckets: LINE_BUCKETS,
    });
  const [pushed, seen, committed, synced] = LINE_STAGES;
  return {
    [pushed]: histogram(pushed),
    [seen]: histogram(seen),
    [committed]: histogram(committed),
    [synced]: histogram(synced),
  };
}
