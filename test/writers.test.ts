import { expect, test } from 'vitest';
import { concurrentWriters } from './support/concurrent-writers.ts';

// With more of them, and more often, in test/e2e/writers.test.ts.
test('four writers of one branch, one of them plain git, three changes each: every change lands exactly once', async () => {
  const { wanted, found, commits } = await concurrentWriters(4, 3);
  expect(found).toEqual(wanted);
  expect(commits).toBe(wanted.length);
});
