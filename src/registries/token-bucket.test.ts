import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

function at(nowMs: number) {
  const clock = { nowMs };
  return { clock, bucket: new TokenBucket(10, 3, () => clock.nowMs) };
}

test('lets the first ones through at once and spaces the others evenly', () => {
  const { bucket } = at(5_000);
  expect(Array.from({ length: 6 }, () => bucket.reserveMs())).toEqual([0, 0, 0, 100, 200, 300]);
});

test('saves up turns, but not without end', () => {
  const { bucket, clock } = at(0);
  for (let turn = 0; turn < 3; turn++) bucket.reserveMs();
  clock.nowMs = 200;
  expect([bucket.reserveMs(), bucket.reserveMs(), bucket.reserveMs()]).toEqual([0, 0, 100]);
  clock.nowMs = 60_000;
  expect(Array.from({ length: 4 }, () => bucket.reserveMs())).toEqual([0, 0, 0, 100]);
});

test('never lets more than the burst and the rate through', () => {
  const { bucket, clock } = at(0);
  const turns: number[] = [];
  for (let step = 0; step < 200; step++) {
    clock.nowMs += (step * 37) % 90;
    turns.push(clock.nowMs + bucket.reserveMs());
  }
  for (const begin of turns) {
    expect(turns.filter((turn) => turn >= begin && turn < begin + 1_000).length).toBeLessThanOrEqual(10 + 3);
  }
});
