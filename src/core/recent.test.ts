import { expect, test } from 'vitest';
import { recent } from './recent.ts';

const SIGNAL = new AbortController().signal;

test('who asks soon after another gets the same', async () => {
  let [nowMs, works] = [0, 0];
  const work = recent(
    async () => {
      works += 1;
      return works;
    },
    2_000,
    () => nowMs,
  );
  expect(await Promise.all([work(SIGNAL), work(SIGNAL)])).toEqual([1, 1]);
  nowMs = 1_999;
  expect(await work(SIGNAL)).toBe(1);
  nowMs = 2_000;
  expect(await work(SIGNAL)).toBe(2);
});

test('what fails is tried again by the next one', async () => {
  let works = 0;
  const work = recent(
    async () => {
      works += 1;
      if (works === 1) throw new Error('down');
      return works;
    },
    2_000,
    () => 0,
  );
  await expect(work(SIGNAL)).rejects.toThrow('down');
  expect(await work(SIGNAL)).toBe(2);
});
