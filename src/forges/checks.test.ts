import { expect, test } from 'vitest';
import { type CheckState, type Checks, checkState, together } from './checks.ts';

const TABLE: readonly (readonly [states: readonly CheckState[], expected: Checks])[] = [
  [[], 'none'],
  [['passed', 'passed'], 'passed'],
  [['passed', 'pending'], 'pending'],
  [['pending', 'failed', 'passed'], 'failed'],
];

for (const [states, expected] of TABLE) {
  test(`checks that are [${states}] are ${expected} together`, () => {
    expect(together(states)).toBe(expected);
  });
}

test.each([
  ['SUCCESSFUL', 'passed'],
  ['FAILED', 'failed'],
  ['INPROGRESS', 'pending'],
  [undefined, 'pending'],
])('the word %s means that a check is %s', (word, expected) => {
  expect(checkState(word, { passed: ['SUCCESSFUL'], failed: ['FAILED'] })).toBe(expected);
});
