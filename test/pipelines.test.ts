import { expect, test } from 'vitest';
import { concurrentPipelines } from './support/concurrent-pipelines.ts';
import { MAIN } from './support/world.ts';

// With more of them in test/e2e/pipelines.test.ts.
test('two pipelines at once on one branch: what each sets lands once, and the newest wins where both set it', async () => {
  const { failures, shared, found, wanted, landings, commits } = await concurrentPipelines(MAIN, 2);
  expect(failures).toEqual([]);
  expect(shared).toBe('v2');
  expect(found).toEqual(wanted);
  expect(landings).toEqual([1, 1]);
  expect(commits).toBe(2);
});
