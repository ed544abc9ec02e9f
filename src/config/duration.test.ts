import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration } from './duration.ts';

describe('parseDuration', () => {
  for (const [text, ms] of [
    ['2m', 120_000],
    ['2m0s', 120_000],
    ['1h30m', 5_400_000],
    ['0', 0],
    ['0s', 0],
    ['-0', 0],
    ['+5s', 5_000],
    ['-1s', -1_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1_000],
    ['250ms', 250],
    ['1500us', 1.5],
    ['3\u00b5s', 0.003],
    ['3\u03bcs', 0.003],
    ['1m1h', 3_660_000],
  ] as const) {
    test(`"${text}" is ${ms} ms`, () => {
      expect(parseDuration(text)).toEqual({ ok: true, value: ms });
    });
  }

  for (const text of ['', '2', '-', '.s', '2 m', ' 2m', '2m ', '2d', '2M', '1h-30m', '1e3s', '9999999h', '00']) {
    test(`"${text}" is no duration`, () => {
      expect(parseDuration(text).ok).toBe(false);
    });
  }

  test('whole hours, minutes and seconds add up', () => {
    const upTo = (max: number) => fc.integer({ min: 0, max });
    fc.assert(
      fc.property(upTo(10_000), upTo(59), upTo(59), (h, m, s) => {
        expect(parseDuration(`${h}h${m}m${s}s`)).toEqual({ ok: true, value: ((h * 60 + m) * 60 + s) * 1_000 });
      }),
    );
  });
});
