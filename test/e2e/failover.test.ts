import { describe, expect, test } from 'vitest';
import { failingLeaders } from '../support/failing-leaders.ts';
import { KUBE_TOOLS } from './kube.ts';
import { lacking } from './tools.ts';

// 200 in all: the others are a part of `npm run soak`.
const CYCLES = 30;
const lacks = lacking(...KUBE_TOOLS);

describe.skipIf(lacks !== '')(`two replicas of the controller ${lacks}`, () => {
  test(`lose, double and undo no change, though the leader fails in each of ${CYCLES} cycles`, async () => {
    const { released, stated, commits, changes } = await failingLeaders(CYCLES);
    expect(stated).toEqual(released);
    expect(commits).toBe(CYCLES);
    expect(changes).toBeGreaterThanOrEqual(CYCLES);
  }, 3_600_000);
});
