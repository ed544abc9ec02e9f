import { describe, expect, test } from 'vitest';
import { parseDirectoryGlob } from './directory-glob.ts';

describe('parseDirectoryGlob', () => {
  for (const [glob, path, expected] of [
    ['*.yaml', 'a.yaml', true],
    ['*.yaml', 'sub/b.yaml', true],
    ['sub/*', 'sub/b.yaml', true],
    ['sub/*', 'a.yaml', false],
    ['{a.yaml,sub/*.json}', 'sub/x.json', true],
    ['{a.yaml,sub/*.json}', 'sub/x.yaml', false],
    ['{a,{b,c}}.yaml', 'c.yaml', true],
    ['?.yaml', 'a.yaml', true],
    ['?.yaml', 'ab.yaml', false],
    ['[a-c].yaml', 'b.yaml', true],
    ['[!a-c].yaml', 'b.yaml', false],
    ['[!a-c].yaml', 'd.yaml', true],
    ['a.yaml', 'aXyaml', false],
    ['a,b.yaml', 'a,b.yaml', true],
    ['a}.yaml', 'a}.yaml', true],
    ['\\*.yaml', '*.yaml', true],
    ['\\*.yaml', 'a.yaml', false],
    ['a+(b).yaml', 'a+(b).yaml', true],
  ] as const) {
    test(`${glob} ${expected ? 'matches' : 'does not match'} ${path}`, () => {
      const matches = parseDirectoryGlob(glob);
      expect(matches.ok && matches.value(path)).toBe(expected);
    });
  }

  test('an open brace is no glob', () => {
    expect(parseDirectoryGlob('{a,b').ok).toBe(false);
  });

  test('a hostile glob takes no more than linear time', () => {
    const matches = parseDirectoryGlob(`${'*a'.repeat(50)}b`);
    const started = performance.now();
    expect(matches.ok && matches.value('a'.repeat(4_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
