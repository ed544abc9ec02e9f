import { expect, test } from 'vitest';
import { concurrentWriters } from '../support/concurrent-writers.ts';

test('eight writers of one branch, two of them plain git, 20 changes each: every change lands exactly once', async () => {
  const { wanted, found, commits, attempts, conflicts } = await concurrentWriters(8, 20);
  expect(found).toEqual(wanted);
  expect(commits).toBe(wanted.length);
  expect(attempts).toHaveLength(6 * 20);
  // Where the machine is busy a change can lose every race of one cycle.
  expect(conflicts).toBeLessThan(attempts.length / 10);
}, 600_000);
