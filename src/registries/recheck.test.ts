import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDue } from './recheck.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const MINUTE_MS = 60_000;
const START_MS = Date.parse('2026-01-01T00:00:00Z');

test('whatever its name and the pauses, a tag is asked for again within the period and one pause', () => {
  const pauses = fc.array(fc.integer({ min: MINUTE_MS, max: DAY_MS / 4 }), { minLength: 20, maxLength: 60 });
  fc.assert(
    fc.property(fc.string(), pauses, (name, steps) => {
      let [nowMs, checkedMs] = [START_MS, START_MS];
      for (const step of steps) {
        nowMs += step;
        const isChecked = isDue(name, checkedMs, nowMs, DAY_MS);
        expect(isChecked || nowMs - checkedMs < DAY_MS).toBe(true);
        if (isChecked) checkedMs = nowMs;
      }
    }),
    { numRuns: 200 },
  );
});

test('864 tags that were read at once are asked for in small slices, each once a day', () => {
  const checked = new Map(Array.from({ length: 864 }, (_, tag) => [`acme/shop:1.0.${tag}`, START_MS]));
  const slices: number[] = [];
  for (let nowMs = START_MS + 2 * MINUTE_MS; nowMs <= START_MS + DAY_MS; nowMs += 2 * MINUTE_MS) {
    const due = [...checked].filter(([name, checkedMs]) => isDue(name, checkedMs, nowMs, DAY_MS));
    for (const [name] of due) checked.set(name, nowMs);
    slices.push(due.length);
  }
  expect(slices.reduce((sum, slice) => sum + slice, 0)).toBe(864);
  expect(Math.max(...slices)).toBeLessThan(10);
});

for (const [why, checkedMs, periodMs, expected] of [
  ['it was checked this moment', START_MS, DAY_MS, false],
  ['it was checked long ago', START_MS - DAY_MS, DAY_MS, true],
  ['nothing may be remembered', START_MS, 0, true],
  ['the clock was set back', START_MS + DAY_MS, DAY_MS, true],
] as const) {
  test(`${expected ? 'due' : 'not due'}: ${why}`, () => {
    expect(isDue('acme/shop:1.0', checkedMs, START_MS, periodMs)).toBe(expected);
  });
}
