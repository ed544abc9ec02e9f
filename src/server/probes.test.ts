import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { item, MIXED, report } from '../../test/support/sample-report.ts';
import { watchdog } from '../core/watchdog.ts';
import type { AccessReview } from '../ports/access-reviews.ts';
import { serveHealth } from './health.ts';
import { serveMetrics } from './metrics/metrics-server.ts';
import { type Metrics, openMetrics } from './metrics/open-metrics.ts';

/** The series of a scrape, "name{labels}" to value, without those of the process. */
async function scrape(metrics: Metrics): Promise<Record<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => /^(?:tiphys|argocd)_/.test(line));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

const of = (name: string) => ({ policy: { rule: '', updater: { namespace: 'argocd', name }, passedOver: [] } });
const updater = (name: string) => `{image_updater_cr_name="${name}",image_updater_cr_namespace="argocd"}`;

describe("upstream's metrics", () => {
  const two = report({
    items: [
      item(of('a')),
      item({ ...of('a'), alias: 'x', outcome: 'update', to: '2' }),
      item({ ...of('a'), alias: 'y', outcome: 'failed' }),
      item(of('b')),
    ],
  });

  test('tell what an ImageUpdater saw in the last cycle, and count what it did in all of them', async () => {
    const metrics = openMetrics(() => 0);
    metrics.cycleEnded(two, { dryRun: false, tookMs: 500 });
    metrics.cycleEnded(two, { dryRun: false, tookMs: 500 });
    expect(await scrape(metrics)).toMatchObject({
      [`argocd_image_updater_applications_watched_total${updater('a')}`]: 1,
      [`argocd_image_updater_images_watched_total${updater('a')}`]: 3,
      [`argocd_image_updater_images_updated_total${updater('a')}`]: 2,
      [`argocd_image_updater_images_errors_total${updater('a')}`]: 2,
      [`argocd_image_updater_images_watched_total${updater('b')}`]: 1,
    });
  });

  test('do not count what a dry run did not do', async () => {
    const metrics = openMetrics(() => 0);
    metrics.cycleEnded(two, { dryRun: true, tookMs: 500 });
    expect(await scrape(metrics)).toMatchObject({ [`argocd_image_updater_images_updated_total${updater('a')}`]: 0 });
  });

  test('of an ImageUpdater that is gone go away', async () => {
    const metrics = openMetrics(() => 0);
    metrics.cycleEnded(two, { dryRun: false, tookMs: 500 });
    metrics.cycleEnded(report({ items: [item(of('b'))] }), { dryRun: false, tookMs: 500 });
    expect(await metrics.text()).not.toContain('image_updater_cr_name="a"');
    expect(await metrics.text()).toContain('image_updater_cr_name="b"');
  });

  test('tell of all Applications after looks at some, and of none that is gone', async () => {
    const metrics = openMetrics(() => 0);
    const look = (keys: readonly string[], there: readonly string[]) => {
      const lookedAt = { keys, isThere: (key: string) => there.includes(key) };
      return { lookedAt, dryRun: false, tookMs: 1_000 };
    };
    const [shop, jobs] = ['argocd/shop', 'argocd/jobs'];
    metrics.cycleEnded(two, look([shop], [shop]));
    metrics.cycleEnded(report({ items: [item({ ...of('a'), application: jobs })] }), look([jobs], [shop, jobs]));
    expect(await scrape(metrics)).toMatchObject({
      [`argocd_image_updater_applications_watched_total${updater('a')}`]: 2,
      [`argocd_image_updater_images_watched_total${updater('a')}`]: 4,
      [`argocd_image_updater_images_updated_total${updater('a')}`]: 1,
      'tiphys_images{outcome="current"}': 3,
      tiphys_cycle_seconds_sum: 2,
    });
    metrics.cycleEnded(report({ items: [] }), look([jobs], [shop]));
    expect(await scrape(metrics)).toMatchObject({ 'tiphys_images{outcome="current"}': 2 });
    metrics.cycleEnded(report({ items: [] }), look([], []));
    expect(await metrics.text()).not.toContain('image_updater_cr_name');
  });

  test('count requests to registries and to the cluster, and those that failed', async () => {
    const metrics = openMetrics(() => 0);
    metrics.registries.requestEnded('ghcr.io', 'ok', 10);
    metrics.registries.requestEnded('ghcr.io', 'unanswered', 10);
    metrics.cluster.requestEnded('ok');
    metrics.cluster.requestEnded('failed');
    expect(await scrape(metrics)).toMatchObject({
      'argocd_image_updater_registry_requests_total{registry="ghcr.io"}': 2,
      'argocd_image_updater_registry_requests_failed_total{registry="ghcr.io"}': 1,
      argocd_image_updater_k8s_api_requests_total: 2,
      argocd_image_updater_k8s_api_errors_total: 1,
    });
  });
});

describe('our metrics', () => {
  test('of a cycle', async () => {
    let nowMs = 1_000_000;
    const metrics = openMetrics(() => nowMs);
    const ends = metrics.cycleBegan();
    nowMs += 4_000;
    const other = metrics.cycleBegan();
    expect(await scrape(metrics)).toMatchObject({ tiphys_cycle_running_seconds: 4 });
    ends();
    nowMs += 1_000;
    expect(await scrape(metrics)).toMatchObject({ tiphys_cycle_running_seconds: 1 });
    other();
    metrics.cycleEnded(MIXED, { dryRun: false, tookMs: 4_000 });
    nowMs += 60_000;
    expect(await scrape(metrics)).toMatchObject({
      'tiphys_cycles_total{outcome="ok"}': 1,
      'tiphys_cycles_total{outcome="failed"}': 0,
      tiphys_cycle_seconds_sum: 4,
      tiphys_cycle_running_seconds: 0,
      tiphys_cycle_last_finished_timestamp_seconds: 1_005,
      'tiphys_images{outcome="update"}': 1,
      'tiphys_images{outcome="failed"}': 1,
      'tiphys_failures{code="REGISTRY_UNREACHABLE"}': 1,
      'tiphys_undeployed_age_seconds{application="argocd/jobs",alias="ghcr.io/acme/jobs"}': 60,
    });
    metrics.cycleFailed();
    metrics.cycleEnded(report(), { dryRun: false, tookMs: 500 });
    expect(await metrics.text()).not.toMatch(/tiphys_(?:failures|undeployed_age_seconds)\{/);
    expect(await scrape(metrics)).toMatchObject({ 'tiphys_cycles_total{outcome="failed"}': 1 });
  });

  test('tell how far cycles may be apart, only as long as they begin by themselves', async () => {
    let nowMs = 1_000;
    const metrics = openMetrics(() => nowMs);
    expect(await metrics.text()).not.toMatch(/^tiphys_cycle_interval_seconds /m);
    nowMs = 9_000;
    const expected = metrics.cyclesExpected(120_000);
    expect(await scrape(metrics)).toMatchObject({
      tiphys_cycle_interval_seconds: 120,
      tiphys_cycle_last_finished_timestamp_seconds: 9,
    });
    expected[Symbol.dispose]();
    expect(await metrics.text()).not.toMatch(/^tiphys_cycle_interval_seconds /m);
  });

  test('of the line, of requests, of webhooks, of hand-offs and of what is watched', async () => {
    const metrics = openMetrics(() => 0);
    metrics.line.stageTook('pushed-to-seen', 2_000);
    metrics.registries.limitSeen('Docker Hub', 76);
    metrics.git.commandEnded('fetch', 'failed', 500);
    metrics.webhook('harbor', 'look');
    metrics.handoff('accepted');
    metrics.watchQueue(() => ({ depth: 3, oldestMs: 1_500 }));
    metrics.watchStore(() => 4_096);
    expect(await scrape(metrics)).toMatchObject({
      tiphys_pushed_to_seen_seconds_sum: 2,
      'tiphys_registry_ratelimit_remaining{registry="Docker Hub"}': 76,
      'tiphys_git_commands_total{command="fetch",outcome="failed"}': 1,
      'tiphys_webhook_events_total{type="harbor",outcome="look"}': 1,
      'tiphys_handoffs_total{outcome="accepted"}': 1,
      tiphys_queue_depth: 3,
      tiphys_queue_oldest_seconds: 1.5,
      tiphys_store_bytes: 4_096,
    });
  });

  test('never have more than 201 registries, nor more than 1,000 images that wait', async () => {
    const metrics = openMetrics(() => 0);
    for (let index = 0; index < 500; index++) metrics.registries.requestEnded(`r${index}.example`, 'ok', 1);
    const held = Array.from({ length: 1_500 }, (_, index) => item({ alias: `a${index}`, outcome: 'held', to: '2' }));
    metrics.cycleEnded(report({ items: held }), { dryRun: false, tookMs: 500 });
    const text = await metrics.text();
    expect(text.match(/^tiphys_registry_requests_total\{/gm)).toHaveLength(201);
    expect(text).toContain('tiphys_registry_requests_total{registry="other",outcome="ok"} 300');
    expect(text.match(/^tiphys_undeployed_age_seconds\{/gm)).toHaveLength(1_000);
  });
});

describe('/metrics', () => {
  async function start(reviews: ((token: string) => Promise<AccessReview>) | undefined) {
    const asked: string[] = [];
    const failures: unknown[] = [];
    const server = await serveMetrics({
      address: '127.0.0.1:0',
      http2: false,
      metrics: openMetrics(() => 0),
      reviews: reviews && {
        mayGet: (token, path) => {
          asked.push(`${token} ${path}`);
          return reviews(token);
        },
      },
      onBug: (error) => failures.push(error),
    });
    onTestFinished(() => server[Symbol.asyncDispose]());
    return { server, asked, failures };
  }
  const getSecurely = (port: number, authorization?: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: string }>();
    const headers = authorization === undefined ? {} : { authorization };
    const sent = request({
      port,
      host: '127.0.0.1',
      path: '/metrics',
      rejectUnauthorized: false,
      headers,
      agent: false,
    });
    sent.once('error', reject);
    sent.once('response', async (response) => resolve({ status: response.statusCode, body: await text(response) }));
    sent.end();
    return promise;
  };

  test('plain, for everybody', async () => {
    const { server } = await start(undefined);
    const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const body = await answer.text();
    for (const name of [
      'argocd_image_updater_k8s_api_requests_total',
      'process_cpu_seconds_total',
      'nodejs_eventloop',
    ]) {
      expect(body).toContain(name);
    }
    expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(404);
  });

  test('over TLS for whom the cluster lets read it, who is asked about once', async () => {
    const { server, asked } = await start(async (token) => (token === 'good' ? 'allowed' : 'forbidden'));
    expect((await getSecurely(server.port)).status).toBe(401);
    expect((await getSecurely(server.port, 'Basic good')).status).toBe(401);
    expect(await getSecurely(server.port, 'Bearer bad')).toEqual({ status: 403, body: 'Authorization denied\n' });
    for (let count = 0; count < 3; count++) {
      const { status, body } = await getSecurely(server.port, 'Bearer good');
      expect([status, body.includes('tiphys_cycles_total')]).toEqual([200, true]);
    }
    expect(asked).toEqual(['bad /metrics', 'good /metrics']);
  });

  test('for nobody while the cluster does not answer', async () => {
    const { server, failures } = await start(async () => {
      throw new Error('down');
    });
    const { status, body } = await getSecurely(server.port, 'Bearer good');
    expect([status, body]).toEqual([500, 'the cluster cannot be asked who may read this\n']);
    expect(failures).toHaveLength(1);
  });

  test('not for a token that nobody knows', async () => {
    const { server } = await start(async () => 'unauthenticated');
    expect((await getSecurely(server.port, 'Bearer x')).status).toBe(401);
  });
});

test('/healthz is red for what is stuck, /readyz before the first list is complete', async () => {
  const dog = watchdog();
  let waitsFor: string | undefined = 'the first list of Applications';
  await using server = await serveHealth({
    address: '127.0.0.1:0',
    watchdog: dog,
    waitsFor: () => waitsFor,
    onBug: () => {},
  });
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return `${answer.status} ${await answer.text()}`;
  };
  expect(await get('/healthz')).toBe('200 ok');
  expect(await get('/readyz')).toBe('500 waiting for the first list of Applications\n');
  waitsFor = undefined;
  expect(await get('/readyz')).toBe('200 ok');
  dog.alive({ name: 'worker 1', patienceMs: 1_000 }, performance.now() - 61_000);
  expect(await get('/healthz')).toBe('500 worker 1 has been stuck for 61 s\n');
});
