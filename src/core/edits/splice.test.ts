import { expect, test } from 'vitest';
import { applySplices } from './splice.ts';

const TEXT = 'abcdef';

for (const [what, splices, expected] of [
  ['nothing', [], 'abcdef'],
  [
    'two in any order',
    [
      { start: 4, end: 5, text: 'X' },
      { start: 1, end: 2, text: '' },
    ],
    'acdXf',
  ],
  [
    'insertions keep their order',
    [
      { start: 3, end: 3, text: '1' },
      { start: 3, end: 3, text: '2' },
    ],
    'abc12def',
  ],
  [
    'insertion before a cut',
    [
      { start: 3, end: 5, text: '' },
      { start: 3, end: 3, text: '1' },
    ],
    'abc1f',
  ],
  [
    'overlap',
    [
      { start: 1, end: 4, text: '' },
      { start: 3, end: 5, text: '' },
    ],
    undefined,
  ],
  [
    'insertion inside a cut',
    [
      { start: 1, end: 4, text: '' },
      { start: 2, end: 2, text: '1' },
    ],
    undefined,
  ],
] as const) {
  test(`applySplices: ${what}`, () => {
    expect(applySplices(TEXT, splices)).toBe(expected);
  });
}
