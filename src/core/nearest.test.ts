import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

const KEYS = ['name', 'prefix', 'api_url', 'credentials', 'credsexpire', 'default', 'defaultns', 'insecure'];

for (const [word, expected, why] of [
  ['prefix', 'prefix', 'the word itself'],
  ['perfix', 'prefix', 'two letters swapped are one slip'],
  ['api-url', 'api_url', 'a letter replaced'],
  ['API_URL', 'api_url', 'letter case is free'],
  ['credential', 'credentials', 'a letter left out'],
  ['defaultnss', 'defaultns', 'the nearer of two similar ones'],
  ['ratelimit', undefined, 'nothing is near'],
  ['', undefined, 'nothing was written'],
  ['x'.repeat(5000), undefined, 'no slip of the finger is that long'],
] as const) {
  test(`nearest to "${word.slice(0, 20)}" is ${expected}: ${why}`, () => {
    expect(nearest(word, KEYS)).toBe(expected);
  });
}

test('a word among the candidates is its own nearest', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 12 })), fc.nat(), (words, at) => {
      const word = words[at % Math.max(1, words.length)];
      if (word === undefined) return;
      expect(nearest(word, words)?.toLowerCase()).toBe(word.toLowerCase());
    }),
  );
});

test('what is suggested is one of the candidates', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (word, words) => {
      const suggestion = nearest(word, words);
      expect(suggestion === undefined || words.includes(suggestion)).toBe(true);
    }),
  );
});
