import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openMetrics } from '../../src/server/metrics/open-metrics.ts';
import { MIXED } from '../support/sample-report.ts';
import { run } from '../support/world.ts';
import { findTool, lacking } from './tools.ts';

const folder = join(import.meta.dirname, '../../deploy/monitoring');
const promtool = findTool('promtool') ?? '';
const absent = lacking('promtool');

const say = (...args: readonly string[]) => run(promtool, args, folder, { PATH: process.env['PATH'] ?? '' });

describe.skipIf(absent !== '')(`Prometheus itself ${absent}`, () => {
  test('takes the alert rules', async () => {
    expect(await say('check', 'rules', 'alerts.yaml')).toMatchObject({ code: 0, stderr: '' });
  });

  test('finds that they alert when they should, and only then', async () => {
    const { code, stdout, stderr } = await say('test', 'rules', 'alerts.test.yaml');
    expect(`${stdout}${stderr}`).toContain('SUCCESS');
    expect(code).toBe(0);
  });

  test('reads the metrics, and has nothing to say against ours', async () => {
    const metrics = openMetrics(() => 0);
    metrics.cycleEnded(MIXED, { dryRun: false, tookMs: 1 });
    metrics.registries.requestEnded('Docker Hub', 'ok', 1);
    metrics.webhook('harbor', 'look');
    const child = spawn(promtool, ['check', 'metrics']);
    child.stdin.end(await metrics.text());
    const [remarks, code] = await Promise.all([
      Array.fromAsync(child.stderr).then((chunks) => Buffer.concat(chunks).toString()),
      new Promise((resolve) => child.once('close', resolve)),
    ]);
    // Upstream calls its gauges "_total", and dashboards ask for them by that name.
    const own = remarks.split('\n').filter((line) => line.startsWith('tiphys_'));
    expect(own).toEqual([]);
    expect(code).not.toBe(1);
  });
});
