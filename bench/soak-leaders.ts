// What the test does with few failing leaders, with many; a broken promise throws.
import assert from 'node:assert/strict';
import { KUBE_TOOLS } from '../test/e2e/kube.ts';
import { postgresUrl, startPostgres } from '../test/e2e/postgres.ts';
import { findTool, lacking } from '../test/e2e/tools.ts';
import { type FailingOptions, failingLeaders } from '../test/support/failing-leaders.ts';
import type { Row } from './table.ts';

/** Beside the 30 of the test. */
const CYCLES = 170;
const CYCLES_OF_SHARDS = 50;
const SHARDS = 3;

/**
 * One row as soon as it is known.
 * @param share of the full numbers, up to 1
 * @param progress is told from time to time how far it has come
 */
export async function* soakLeaders(share: number, progress: (text: string) => void): AsyncGenerator<Row> {
  const one = Math.ceil(CYCLES * share);
  const some = Math.ceil(CYCLES_OF_SHARDS * share);
  yield await soak(`${one} leaders that fail`, lacking(...KUBE_TOOLS), (onCycle) => failed(one, { onCycle }), progress);
  yield await soak(
    `${some} of ${SHARDS} leaders at a time that fail`,
    lacking(...KUBE_TOOLS, 'initdb'),
    async (onCycle) => {
      await using database = await startPostgres(findTool('initdb') ?? '');
      const store = postgresUrl(await database.createDatabase());
      return await failed(some, { sharing: { shards: SHARDS, store }, onCycle });
    },
    progress,
  );
}

async function soak(
  what: string,
  lacks: string,
  work: (onCycle: (done: number) => void) => Promise<string>,
  progress: (text: string) => void,
): Promise<Row> {
  const title = `${what}: no change lost, doubled or undone`;
  if (lacks !== '') return { what: title, value: lacks };
  const began = performance.now();
  const value = await work((done) => {
    if (done % 10 === 0) progress(`${what}: ${done}`);
  });
  return { what: title, value: `${Math.round((performance.now() - began) / 1_000)} s, ${value}` };
}

async function failed(cycles: number, options: FailingOptions): Promise<string> {
  const { released, stated, commits, changes } = await failingLeaders(cycles, options);
  assert.deepEqual(stated, released);
  assert.equal(commits, cycles);
  return `${changes} times another leader, ${commits} commits`;
}
