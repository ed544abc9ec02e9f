import { expect, test } from 'vitest';
import { alternatives } from './alternatives.ts';

const ICU = new Intl.ListFormat('en-GB', { type: 'disjunction' });

for (const values of [[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b, c', 'd', 'e']]) {
  test(`of ${values.length} as people write them`, () => expect(alternatives(values)).toBe(ICU.format(values)));
}
