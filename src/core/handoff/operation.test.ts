import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newestPending, type PendingTarget, stateOfAll } from './operation.ts';

const of = (scope: string, number: number) => ({ order: { scope, number } });
const UNORDERED = { order: undefined };

describe('of what was handed off counts', () => {
  for (const [why, pending, written, expected] of [
    ['the newest build', [of('a', 2), of('a', 3), of('a', 1)], [], 1],
    ['the last retry', [of('a', 3), of('a', 3)], [], 1],
    ['nothing that is older than what was written', [of('a', 2)], [['a', 3]], undefined],
    ['a retry of what was written', [of('a', 3)], [['a', 3]], 0],
    ['the last of several pipelines', [of('a', 9), of('b', 1)], [], 1],
    ['the last of several that is not late', [of('a', 9), of('b', 1), of('a', 3)], [['b', 1]], 1],
    ['the last without an order', [of('a', 9), UNORDERED], [], 1],
    ['nothing where there is nothing', [], [], undefined],
  ] as const) {
    test(why, () => {
      const given: readonly Pick<PendingTarget, 'order'>[] = pending;
      const found = newestPending(given, new Map(written));
      expect(found && given.indexOf(found)).toEqual(expected);
    });
  }

  test('the greatest number of one scope, in whichever order they come', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { minLength: 1 }), (numbers) => {
        const found = newestPending(
          numbers.map((number) => of('a', number)),
          new Map(),
        );
        expect(found?.order.number).toBe(Math.max(...numbers));
      }),
    );
  });
});

describe('a hand-off is as far as its slowest target', () => {
  for (const [states, expected] of [
    [['healthy', 'synced'], 'synced'],
    [['healthy', 'accepted'], 'accepted'],
    [['committed', 'held'], 'held'],
    [['accepted', 'refused'], 'refused'],
    [['refused', 'failed'], 'failed'],
    [['superseded', 'healthy'], 'superseded'],
    [['pull-request', 'committed'], 'pull-request'],
    [['healthy'], 'healthy'],
  ] as const) {
    test(`${states.join(' and ')}: ${expected}`, () => {
      expect(stateOfAll(states.map((state) => ({ state })))).toBe(expected);
    });
  }
});
