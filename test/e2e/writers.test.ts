import { expect, test } from 'vitest';
import { concurrentWriters } from '../support/concurrent-writers.ts';

test('eight writers of one branch, two of them plain git, 20 changes each: every change lands exactly once', async () => {
  const { wanted, found, commits, attempts, conflicts } = await concurrentWriters(8, 20);
  expect(found).toEqual(wanted);
  expect(commits).toBe(wanted.length);
  expect(attempts).toHaveLength(6 * 20);
  expect(conflicts).toBe(0);
}, 600_000);
