import { expect, test } from 'vitest';
import { nextLink } from './link.ts';

for (const [header, expected, why] of [
  [undefined, undefined, 'no header'],
  ['</v2/a/tags/list?last=b&n=2>; rel="next"', '/v2/a/tags/list?last=b&n=2', 'as registries write it'],
  ['<https://r.io/v2/a/tags/list?n=2>;rel=next', 'https://r.io/v2/a/tags/list?n=2', 'absolute, without quotes'],
  ['<x>; title="a, b; c"; REL="Next"', 'x', 'other parameters, capitals'],
  ['<a>; rel="prev", <b>; rel="next"', 'b', 'several links in one header'],
  [['<a>; rel="prev"', '<b>; rel="next"'], 'b', 'several headers'],
  ['<a>; rel="last next"', 'a', 'several relations of one link'],
  ['<a>; rel="prev"', undefined, 'another relation'],
  ['<a?x=1,2>; rel="next"', 'a?x=1,2', 'a comma in the target'],
  ['<a> ; rel = "next" , <b>', 'a', 'blanks everywhere'],
  ['<a> ; x= ; y ; rel= next', 'a', 'a parameter without value'],
  ['<a>', 'a', 'a link without relation is not lost'],
  ['', undefined, 'an empty header'],
] as const) {
  test(`next of ${JSON.stringify(header)} is ${expected}: ${why}`, () => {
    expect(nextLink(header)).toEqual({ ok: true, value: expected });
  });
}

for (const header of [
  '/v2/a/tags/list; rel="next"',
  '<a; rel="next"',
  '<a>; rel="next',
  '<a>; rel="prev" <b>; rel="next"',
]) {
  test(`${header} cannot be read, which is no reason to lose pages`, () => {
    expect(nextLink(header).ok).toBe(false);
  });
}

test('a header that could be read in very many ways is refused at once', () => {
  expect(nextLink(`<a>${'; x=    '.repeat(1000)}"`).ok).toBe(false);
});
