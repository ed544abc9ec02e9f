import { expect, test } from 'vitest';
import { openRates } from './rates.ts';

const RATE = { burst: 3, everyMs: 1_000 };

test('so many at once, and one more each while', () => {
  const { take: may } = openRates(RATE);
  const at = (nowMs: number) => may('a', nowMs);
  expect([0, 0, 0, 0, 999, 1_000, 1_000].map(at)).toEqual([true, true, true, false, false, true, false]);
  // A long pause earns no more than the burst.
  expect([90_000, 90_000, 90_000, 90_000].map(at)).toEqual([true, true, true, false]);
  expect(may('b', 90_000)).toBe(true);
});

test('a flood of strangers is forgotten again, and gives nobody a share beyond his burst', () => {
  const { take: may } = openRates(RATE);
  for (const _ of [1, 2, 3]) may('a', 0);
  expect(may('a', 0)).toBe(false);
  for (let stranger = 0; stranger < 10_000; stranger += 1) may(`stranger ${stranger}`, 0);
  expect([0, 0, 0, 0].map((nowMs) => may('a', nowMs))).toEqual([true, true, true, false]);
});

test('it is over for who has done it too often, and asking that counts nothing', () => {
  const rates = openRates(RATE);
  const isOver = (nowMs: number) => rates.isOver('a', nowMs);
  expect([0, 0, 0, 0].map(isOver)).toEqual([false, false, false, false]);
  for (const _ of [1, 2, 3]) rates.count('a', 0);
  expect([isOver(0), isOver(1_000), rates.isOver('b', 0)]).toEqual([true, false, false]);
  // What is counted all the same, because it had begun before, takes its time as well.
  for (const _ of [1, 2, 3]) rates.count('a', 0);
  expect([isOver(3_000), isOver(4_000)]).toEqual([true, false]);
});
