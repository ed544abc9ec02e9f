import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { doubtOf } from './list-doubt.ts';

const INTERVAL_MS = 120_000;
const tags = fc.uniqueArray(fc.constantFrom(...'abcdefghijklmnop'), { maxLength: 16 });

function doubt(believed: readonly string[], answer: readonly string[]) {
  return doubtOf({ believed, answer, earlier: undefined, nowMs: 0, intervalMs: INTERVAL_MS });
}

/** The same answer, again and again at these moments; which of them are doubted. */
function doubted(moments: readonly number[]): readonly boolean[] {
  let earlier: ReturnType<typeof doubtOf>;
  return moments.map((nowMs) => {
    earlier = doubtOf({ believed: ['a', 'b', 'c'], answer: ['c'], earlier, nowMs, intervalMs: INTERVAL_MS });
    return earlier !== undefined;
  });
}

for (const [believed, answer, expected, why] of [
  ['', 'ab', false, 'there was nothing before'],
  ['', '', false, 'there was nothing before and is nothing now'],
  ['a', '', true, 'it came back empty'],
  ['ab', 'b', false, 'half is left'],
  ['abc', 'c', true, 'more than half is lost'],
  ['abcd', 'cd', false, 'half is left'],
  ['abcd', 'defgh', true, 'new tags do not stand for old ones'],
  ['abcd', 'dcba', false, 'the order does not matter'],
  ['abcd', 'aabb', false, 'nor do repetitions'],
] as const) {
  test(`[${believed}] then [${answer}] is ${expected ? 'doubted' : 'believed'}: ${why}`, () => {
    expect(doubt([...believed], [...answer]) !== undefined).toBe(expected);
  });
}

describe('laws', () => {
  test('a list that keeps at least half is believed at once, one that keeps less is not', () => {
    fc.assert(
      fc.property(tags, tags, (believed, answer) => {
        const kept = believed.filter((tag) => answer.includes(tag)).length;
        expect(doubt(believed, answer) === undefined).toBe(kept * 2 >= believed.length);
      }),
    );
  });

  test('an equal answer is believed when it is at least the third and two intervals have passed, never sooner', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: INTERVAL_MS * 2 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(pauses, (steps) => {
        const moments = steps.map((_, index) => steps.slice(1, index + 1).reduce((sum, step) => sum + step, 0));
        const results = doubted(moments);
        const firstBelieved = moments.findIndex((ms, index) => index >= 2 && ms >= 2 * INTERVAL_MS);
        const until = firstBelieved === -1 ? moments.length : firstBelieved;
        expect(results.slice(0, until).every(Boolean)).toBe(true);
        if (firstBelieved !== -1) expect(results[firstBelieved]).toBe(false);
      }),
    );
  });
});

for (const [moments, expected] of [
  [
    [0, 120_000, 240_000],
    [true, true, false],
  ],
  [
    [0, 1, 2, 3],
    [true, true, true, true],
  ],
  [
    [0, 240_000, 240_001],
    [true, true, false],
  ],
] as const) {
  test(`asked at ${moments.join(', ')} ms`, () => {
    expect(doubted(moments)).toEqual(expected);
  });
}
