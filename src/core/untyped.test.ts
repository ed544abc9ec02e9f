import { describe, expect, test } from 'vitest';
import { asText, flagAt, isUntyped, listAt, mappingAt, textAt, textMapAt, textsAt } from './untyped.ts';

describe('reading what came from outside', () => {
  test('a mapping is neither null nor a list nor a scalar', () => {
    expect([{}, { a: 1 }].every(isUntyped)).toBe(true);
    expect([null, undefined, [], 'x', 1, true].some(isUntyped)).toBe(false);
  });

  test('a missing or different value reads as empty', () => {
    for (const owner of [{}, { at: null }, { at: 'x' }, { at: 1 }]) {
      expect(mappingAt(owner, 'at')).toEqual({});
      expect(listAt(owner, 'at')).toEqual([]);
      expect(textsAt(owner, 'at')).toEqual([]);
      expect(textMapAt(owner, 'at')).toEqual({});
      expect(flagAt(owner, 'at')).toBe(false);
    }
  });

  test('scalars read as text, all else does not', () => {
    expect(['x', '', 1.5, true].map(asText)).toEqual(['x', '', '1.5', 'true']);
    expect([null, undefined, [], {}].map(asText)).toEqual([undefined, undefined, undefined, undefined]);
    expect(textAt({ port: 80 }, 'port')).toBe('80');
    expect(textsAt({ list: ['a', 1, null, {}] }, 'list')).toEqual(['a', '1']);
  });

  test('a map of texts keeps its own keys only', () => {
    expect(textMapAt({ labels: { a: 'x', n: 1, none: null, deep: {} } }, 'labels')).toEqual({
      a: 'x',
      n: '1',
      none: '',
    });
    expect(textMapAt({ labels: JSON.parse('{"__proto__": "x"}') }, 'labels')).not.toHaveProperty('x');
  });

  test('a flag is true as a boolean and as text', () => {
    expect([true, 'true', false, 'false', 'yes', 1].map((at) => flagAt({ at }, 'at'))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
