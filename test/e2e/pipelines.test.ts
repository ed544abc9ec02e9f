import { join } from 'node:path';
import { expect, test } from 'vitest';
import { concurrentPipelines } from '../support/concurrent-pipelines.ts';

const PIPELINES = 20;

test('twenty pipelines at once on one branch: what each sets lands once, and the newest wins where all set it', async () => {
  const program = join(import.meta.dirname, '../../dist/tiphys.js');
  const { failures, shared, found, wanted, landings, commits } = await concurrentPipelines(program, PIPELINES);
  expect(failures).toEqual([]);
  expect(shared).toBe(`v${PIPELINES}`);
  expect(found).toEqual(wanted);
  expect(landings).toEqual(wanted.map(() => 1));
  expect(commits).toBe(PIPELINES);
}, 900_000);
