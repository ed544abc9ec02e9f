import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { type LargeCluster, startLargeCluster, TEAMS } from '../bench/large-cluster.ts';
import { COMPILED, MAIN } from './support/world.ts';

/** More Applications than are judged at a time. */
const SIZE = { applications: 1_200, repositories: 12 };
const PATIENCE_MS = 60_000;

/** The program over a cluster, and a way to wait for its rounds. */
async function follow(behind: number) {
  const cluster = await startLargeCluster({ ...SIZE, behind });
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  const env = { HOME: cluster.folder, PATH: process.env['PATH'] ?? '', ...COMPILED };
  const child = spawn(process.execPath, [MAIN, 'run', ...cluster.flags, '--interval', '1s'], { env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  const ended = new Promise((closed) => child.once('close', closed));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const countRounds = () => said.match(/Processing results/g)?.length ?? 0;
  const rounds = (count: number) => expect.poll(countRounds, { timeout: PATIENCE_MS }).toBeGreaterThanOrEqual(count);
  return { cluster, rounds };
}

/** What the API was asked to write, and how often. */
function writesOf({ api }: LargeCluster) {
  return Object.fromEntries([...api.requests].filter(([line]) => !/^(?:GET|WATCH) /.test(line)));
}

test('with nothing to do: no write but one status each, and a question for each repository', async () => {
  const { cluster, rounds } = await follow(0);
  await rounds(1);
  expect(cluster.registry.requests.length).toBeLessThanOrEqual(SIZE.repositories + 1);
  await rounds(3);
  expect(writesOf(cluster)).toEqual({ 'PATCH imageupdaters': TEAMS });
}, 120_000);

test('only Applications that are behind are read and written, and repositories are asked about once', async () => {
  const { cluster, rounds } = await follow(12);
  await rounds(1);
  expect(cluster.registry.requests.length).toBeLessThanOrEqual(2 * SIZE.repositories + 1);
  expect(writesOf(cluster)).toEqual({ 'PATCH applications': 12, 'PATCH imageupdaters': TEAMS, 'POST events': 12 });
}, 120_000);
