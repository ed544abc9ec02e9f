import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blotOut } from './blot-out.ts';

const SECRET = `p@ss"w%ord/+= <&'\\ é`;

describe('a secret is blotted out', () => {
  const inUrl = encodeURIComponent(SECRET);
  for (const [how, text] of [
    ['as it is', SECRET],
    ['in a URL', inUrl],
    ['in a URL, in small letters', inUrl.replace(/%../g, (byte) => byte.toLowerCase())],
    ['in a form', new URLSearchParams({ '': SECRET }).toString().slice(1)],
    ['in a URL, only where it must be', encodeURI(SECRET)],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in HTML', SECRET.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;').replace(/'/g, '&#39;')],
  ] as const) {
    test(how, () => expect(blotOut(`a ${text} b ${text}`, ['', SECRET])).toBe('a *** b ***'));
  }
});

test('nothing else is', () => {
  expect(blotOut('pass %70ass &amp; \\p', ['pa.s', '|', ''])).toBe('pass %70ass &amp; \\p');
});

test('a secret that begins like another one is blotted out whole', () => {
  expect(blotOut('user-token user-', ['user-', 'user-token'])).toBe('*** ***');
});

test('a secret of stars does not let the text grow with each of its spellings', () => {
  expect(blotOut('a * b', ['*', '*'])).toBe('a *** b');
});

test('whatever it is made of, and however long', () => {
  const secret = fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constantFrom('\ud800', 'x'.repeat(10_000)));
  fc.assert(
    fc.property(secret, (one) => {
      expect(blotOut(`: ${one} :`, [one])).toContain('***');
    }),
  );
});
