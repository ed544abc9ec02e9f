import { describe, expect, test } from 'vitest';
import { parseAllowTags, parseIgnoreTags } from './tag-filter.ts';

describe('parseAllowTags', () => {
  for (const text of ['', 'any', 'ANY', 'Any']) {
    test(`"${text}" allows everything`, () => {
      expect(parseAllowTags(text)).toEqual({ ok: true, value: undefined });
    });
  }

  for (const [text, tag, allowed] of [
    ['regexp:^v[0-9]+$', 'v12', true],
    ['regexp:^v[0-9]+$', 'v1.2', false],
    ['regexp:1.2', 'x1-2y', true],
    ['RegExp:[a-z]', 'abc', true],
    ['regexp:[a-z]', 'ABC', false],
    ['regexp:(?i)RC', '1.0-rc1', true],
    ['regexp:^a:b', 'a', false],
    ['regexp:', 'x', true],
    ['regexp:^\\Q1.2\\E', '1.2.3', true],
    ['regexp:^(?P<year>\\d{4})\\z', '2024', true],
    ['regexp:^[[:digit:]]+$', '12', true],
  ] as const) {
    test(`${text} ${allowed ? 'allows' : 'refuses'} ${tag}`, () => {
      const filter = parseAllowTags(text);
      expect(filter.ok && filter.value?.matches(tag)).toBe(allowed);
      expect(filter.ok && filter.value?.text).toBe(text);
    });
  }

  for (const [text, problem] of [
    ['^1\\.19', '"^1\\.19" names no match function: write "regexp:^1\\.19", or "any" for every tag'],
    [' any', '" any" names no match function'],
    ['glob:v*', 'there is no match function "glob": write "regexp:v*", or "any" for every tag'],
    ['regexp:[a', '"[a" is not an RE2 expression'],
    ['regexp:foo(?!bar)', '"foo(?!bar)" is not an RE2 expression'],
    ['regexp:(a)\\1', 'look-around and back-references do not exist'],
    ['regexp:a{1001}', '"a{1001}" is not an RE2 expression'],
  ] as const) {
    test(`${text} is a problem`, () => {
      const filter = parseAllowTags(text);
      expect(filter.ok ? '' : filter.problem).toContain(problem);
    });
  }

  test('an expression that takes each tag milliseconds is a problem', () => {
    const filter = parseAllowTags(`regexp:${'(a|b)?'.repeat(2_000)}`);
    expect(filter.ok ? '' : filter.problem).toMatch(/^"(?:\(a\|b\)\?){16}.*\.\.\." is too large: /);
  });

  test('an expression that defeats backtracking runs in linear time', () => {
    const filter = parseAllowTags('regexp:(a+)+$');
    const started = performance.now();
    expect(filter.ok && filter.value?.matches(`${'a'.repeat(5000)}!`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('parseIgnoreTags', () => {
  test('a tag is ignored when any pattern matches it', () => {
    const { filter, malformed } = parseIgnoreTags(['*-rc*', 'dev', '']);
    expect(['1.0-rc1', 'dev', '1.0', 'develop'].filter((tag) => filter?.matches(tag))).toEqual(['1.0-rc1', 'dev']);
    expect(filter?.text).toBe('*-rc*, dev, ');
    expect(malformed).toEqual([]);
  });

  test('a malformed pattern does nothing, and is named', () => {
    const { filter, malformed } = parseIgnoreTags(['[0-9', 'dev']);
    expect(['1', '[0-9', 'dev'].filter((tag) => filter?.matches(tag))).toEqual(['dev']);
    expect(malformed).toEqual(['[0-9']);
  });

  test('no pattern that could match is no filter', () => {
    expect(parseIgnoreTags([])).toEqual({ filter: undefined, malformed: [] });
    expect(parseIgnoreTags(['[']).filter).toBeUndefined();
  });
});
