import { describe, expect, test } from 'vitest';
import { boundedCache, partOf } from './bounded-cache.ts';

describe('boundedCache', () => {
  test('drops what was not used for longest, until the rest is light enough', () => {
    const cache = boundedCache<string>(10, (text) => text.length);
    cache.set('a', 'aaaa');
    cache.set('b', 'bbbb');
    cache.get('a');
    cache.set('c', 'cccc');
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['aaaa', undefined, 'cccc']);
  });

  test('a value set again weighs once, and one too heavy is not kept', () => {
    const cache = boundedCache<string>(10, (text) => text.length);
    for (let turn = 0; turn < 5; turn += 1) cache.set('a', 'aaaaaaaa');
    expect(cache.get('a')).toBe('aaaaaaaa');
    cache.set('b', 'b'.repeat(11));
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, undefined]);
  });

  test('what is deleted is gone', () => {
    const cache = boundedCache<number>(2, () => 1);
    cache.set('a', 1);
    cache.delete('a');
    cache.delete('never there');
    cache.set('b', 2);
    cache.set('c', 3);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, 2, 3]);
  });
});

test('nobody sees what others have put into their part', () => {
  const cache = boundedCache<string>(100, () => 1);
  const [one, other] = [partOf(cache, 'one'), partOf(cache, 'other')];
  one.set('a', 'x');
  expect([one.get('a'), other.get('a'), cache.get('a')]).toEqual(['x', undefined, undefined]);
  other.delete('a');
  expect(one.get('a')).toBe('x');
  one.delete('a');
  expect(one.get('a')).toBeUndefined();
});
