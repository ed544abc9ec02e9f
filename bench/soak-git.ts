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

export async function soakGit(): Promise<Row[]> {
  return [await soakWriters(), await soakKills(), await soakFailures()];
}

async function soakWriters(): Promise<Row> {
  const { tookMs, wanted, found, commits, attempts, conflicts } = await concurrentWriters(WRITERS, CHANGES);
  assert.deepEqual(found, wanted);
  assert.equal(commits, wanted.length);
  const tries = attempts.reduce((sum, one) => sum + one, 0);
  return {
    what: `${WRITERS} writers of one branch, ${CHANGES} changes each: every change exactly once`,
    value: `${Math.round(tookMs / 1000)} s, ${(tries / attempts.length).toFixed(2)} tries each, at most ${Math.max(...attempts)}, ${conflicts} left to a next cycle`,
  };
}

async function soakKills(): Promise<Row> {
  const { kills, moves, version, newest, leftovers } = await killedRuns(KILLS);
  assert.equal(version, newest);
  assert.deepEqual(
    moves.map(([from]) => from),
    ['1.0.0', ...moves.slice(0, -1).map(([, to]) => to)],
  );
  assert.deepEqual(leftovers, []);
  return {
    what: `${KILLS} runs killed: nothing lost, nothing doubled`,
    value: `${kills} died, ${moves.length} commits`,
  };
}

async function soakFailures(): Promise<Row> {
  const { outcomes, processes, files, handles } = await failingPushes(FAILING_PUSHES);
  assert.deepEqual([processes, files, Math.max(0, handles)], [[], [], 0]);
  const counts = Object.entries(outcomes).map(([code, count]) => `${count} ${code}`);
  return { what: `${FAILING_PUSHES} failing pushes: no process, file or lock left`, value: counts.join(', ') };
}
