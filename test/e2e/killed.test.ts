import { expect, test } from 'vitest';
import { killedRuns } from '../support/killed-runs.ts';

test('a run that is killed at any moment loses nothing and doubles nothing', async () => {
  const { kills, moves, version, newest, leftovers } = await killedRuns(30);
  expect(kills).toBeGreaterThan(20);
  expect(version).toBe(newest);
  // Each commit begins where the one before it ended, and no version comes twice.
  expect(moves.map(([from]) => from)).toEqual(['1.0.0', ...moves.slice(0, -1).map(([, to]) => to)]);
  expect(new Set(moves.map(([, to]) => to)).size).toBe(moves.length);
  expect(leftovers).toEqual([]);
}, 300_000);
