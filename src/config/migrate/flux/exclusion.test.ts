import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseGoGlob } from '../../../core/deciding/go-glob.ts';
import { globOf } from './exclusion.ts';

for (const [expression, glob] of [
  ['^.*\\.sig$', '*.sig'],
  ['\\.sig$', '*.sig'],
  ['^nightly-', 'nightly-*'],
  ['rc', '*rc*'],
  ['^v[0-9]\\.0$', 'v[0-9].0'],
  ['^a.c$', 'a?c'],
  ['^', '*'],
  ['^a+$', undefined],
  ['^(a|b)$', undefined],
  ['^\\d$', undefined],
  ['a$b', undefined],
  ['^[^a]$', undefined],
  ['^[0-9]{8}$', undefined],
  ['^a.*?$', undefined],
  ['^a\\', undefined],
] as const) {
  test(`${expression} is ${glob ?? 'said by no glob'}`, () => {
    expect(globOf(expression)).toBe(glob);
  });
}

describe('a glob that is found', () => {
  const token = fc.constantFrom('a', 'b', '1', '.', '.*', '\\.', '\\-', '[0-9]', '[ab]', '-');
  const expression = fc
    .tuple(fc.constantFrom('', '^'), fc.array(token, { maxLength: 5 }), fc.constantFrom('', '$'))
    .map(([start, tokens, end]) => `${start}${tokens.join('')}${end}`);
  const tag = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.', '-'), maxLength: 6 });

  test('matches what the expression matches', () => {
    fc.assert(
      fc.property(expression, tag, (text, name) => {
        const glob = parseGoGlob(globOf(text) ?? 'none');
        if (!glob.ok) throw new Error(glob.problem);
        expect(glob.value.matches(name), `${text} on ${name}`).toBe(new RegExp(text).test(name));
      }),
      { numRuns: 1_000 },
    );
  });
});
