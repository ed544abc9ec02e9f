// What the tests do with small numbers, with large ones; a broken promise throws.
import assert from 'node:assert/strict';
import { concurrentWriters } from '../test/support/concurrent-writers.ts';
import { failingPushes } from '../test/support/failing-pushes.ts';
import { killedRuns } from '../test/support/killed-runs.ts';
import type { Row } from './table.ts';

const WRITERS = 20;
const CHANGES = 50;
const KILLS = 100;
const FAILING_PUSHES = 10_000;

/**
 * One row as soon as it is known.
 * @param share of the full numbers, up to 1
 * @param progress is told from time to time how far it has come
 */
export async function* soakGit(share: number, progress: (text: string) => void): AsyncGenerator<Row> {
  const some = (number: number) => Math.ceil(number * share);
  progress(`${WRITERS} writers, ${some(CHANGES)} changes each`);
  yield await soakWriters(some(CHANGES));
  yield await soakKills(some(KILLS), progress);
  yield await soakFailures(some(FAILING_PUSHES), progress);
}

async function soakWriters(changes: number): Promise<Row> {
  const { tookMs, wanted, found, commits, attempts, conflicts } = await concurrentWriters(WRITERS, changes);
  assert.deepEqual(found, wanted);
  assert.equal(commits, wanted.length);
  const tries = attempts.reduce((sum, one) => sum + one, 0);
  return {
    what: `${WRITERS} writers of one branch, ${changes} changes each: every change exactly once`,
    value: `${seconds(tookMs)}, ${(tries / attempts.length).toFixed(2)} tries each, at most ${Math.max(...attempts)}, ${conflicts} left to a next cycle`,
  };
}

async function soakKills(count: number, progress: (text: string) => void): Promise<Row> {
  const began = performance.now();
  const { kills, moves, version, newest, leftovers } = await killedRuns(count, (done) => {
    if (done % 10 === 0) progress(`${done} of ${count} runs to be killed`);
  });
  assert.equal(version, newest);
  assert.deepEqual(
    moves.map(([from]) => from),
    ['1.0.0', ...moves.slice(0, -1).map(([, to]) => to)],
  );
  assert.deepEqual(leftovers, []);
  return {
    what: `${count} runs to be killed: nothing lost, nothing doubled`,
    value: `${seconds(performance.now() - began)}, ${kills} died, ${moves.length} commits`,
  };
}

async function soakFailures(count: number, progress: (text: string) => void): Promise<Row> {
  const began = performance.now();
  const { outcomes, processes, files, handles } = await failingPushes(count, (done) => {
    if (done % 500 === 0) progress(`${done} of ${count} failing pushes`);
  });
  assert.deepEqual([processes, files, Math.max(0, handles)], [[], [], 0]);
  const counts = Object.entries(outcomes).map(([code, number]) => `${number} ${code}`);
  return {
    what: `${count} failing pushes: no process, file or lock left`,
    value: `${seconds(performance.now() - began)}, ${counts.join(', ')}`,
  };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
