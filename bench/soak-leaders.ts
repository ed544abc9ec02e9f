// What the test does with few failing leaders, with many; a broken promise throws.
import assert from 'node:assert/strict';
import { KUBE_TOOLS } from '../test/e2e/kube.ts';
import { lacking } from '../test/e2e/tools.ts';
import { failingLeaders } from '../test/support/failing-leaders.ts';
import type { Row } from './table.ts';

/** Beside the 30 of the test. */
const CYCLES = 170;

/**
 * @param share of the full number, up to 1
 * @param progress is told from time to time how far it has come
 */
export async function soakLeaders(share: number, progress: (text: string) => void): Promise<Row> {
  const cycles = Math.ceil(CYCLES * share);
  const what = `${cycles} leaders that fail: no change lost, doubled or undone`;
  const lacks = lacking(...KUBE_TOOLS);
  if (lacks !== '') return { what, value: lacks };
  const began = performance.now();
  const { released, stated, commits, leaders } = await failingLeaders(cycles, (done) => {
    if (done % 10 === 0) progress(`${done} of ${cycles} leaders have failed`);
  });
  assert.deepEqual(stated, released);
  assert.equal(commits, cycles);
  return {
    what,
    value: `${Math.round((performance.now() - began) / 1_000)} s, ${leaders} leaders, ${commits} commits`,
  };
}
