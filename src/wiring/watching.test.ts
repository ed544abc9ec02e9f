import { INVALID_SPAN_CONTEXT, trace } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { item, REPO, report } from '../../test/support/sample-report.ts';
import type { CycleReport } from '../core/report.ts';
import { watchdog } from '../core/watchdog.ts';
import { LINE_STAGES } from '../ports/observers.ts';
import { openMetrics } from '../server/metrics/open-metrics.ts';
import { openWatching } from './watching.ts';

const AN_HOUR_MS = 3_600_000;

test('who waits for nothing is never stuck; who hears of nothing while at work is', async () => {
  const dog = watchdog();
  const { observer, look, watched } = openWatching(undefined, dog);
  const stuck = () => dog.stuck(performance.now() + AN_HOUR_MS).map(({ name }) => name);
  observer.requestEnded('ghcr.io', 'ok', 1);
  expect(stuck()).toEqual([]);

  const work = [Promise.withResolvers<CycleReport>(), Promise.withResolvers<CycleReport>()];
  const looks = work.map(({ promise }) => look(false, () => promise));
  expect(stuck()).toEqual(['the cycle']);
  work[0]?.resolve(report());
  await looks[0];
  expect(stuck()).toEqual(['the cycle']);
  work[1]?.reject(new Error('failed'));
  await expect(looks[1]).rejects.toThrow('failed');
  observer.commandEnded('fetch', 'ok', 1);
  expect(stuck()).toEqual([]);

  const seen: string[][] = [];
  const cycle = watched(async () => {
    seen.push(stuck());
    return report();
  }, true);
  await cycle(new AbortController().signal);
  expect([seen, stuck()]).toEqual([[['the cycle']], []]);
});

test('a version is timed from the word of its push until its Application is healthy', async () => {
  const metrics = openMetrics(Date.now);
  const { pushed, look, cluster } = openWatching(metrics, watchdog());
  pushed([{ registry: 'ghcr.io', repository: 'acme/web' }]);
  const items = [item({ outcome: 'update', to: '2.0' })];
  const commits = [{ repoURL: REPO, branch: 'main', commit: 'abc', message: '' }];
  await look(false, async () => report({ items, commits }));
  const finishedMs = Date.now();
  cluster.rolloutSeen({
    application: item().application,
    sync: { finishedMs, revisions: ['abc'] },
    images: [],
    comparedMs: finishedMs,
    healthyMs: finishedMs,
  });
  const text = await metrics.text();
  for (const stage of LINE_STAGES) {
    expect(text).toContain(`\ntiphys_${stage.replaceAll('-', '_')}_seconds_count 1\n`);
  }
});

test('looks and cycles are spans, and so is what they ask', async () => {
  const spans: string[] = [];
  const startSpan = (name: string) => {
    spans.push(name);
    return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
  };
  const startActiveSpan = (name: string, ...rest: readonly unknown[]) => {
    const work = rest.at(-1);
    return typeof work === 'function' ? work(startSpan(name)) : undefined;
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan }) });
  const { look, watched, observer } = openWatching(undefined, watchdog());
  const asks = async () => {
    observer.requestEnded('ghcr.io', 'ok', 1);
    observer.commandEnded('fetch', 'ok', 1);
    return report();
  };
  await look(false, asks);
  await watched(asks, false)(new AbortController().signal);
  trace.disable();
  const asked = ['registry request', 'git fetch'];
  expect(spans).toEqual(['look', ...asked, 'cycle', ...asked]);
});
