import { describe, expect, test } from 'vitest';
import { parseArgocdGlob } from './argocd-glob.ts';

describe('parseArgocdGlob', () => {
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
      const matches = parseArgocdGlob(glob, '');
      expect(matches.ok && matches.value(path)).toBe(expected);
    });
  }

  for (const [glob, url, expected] of [
    ['https://git.example/team/*', 'https://git.example/team/shop', true],
    ['https://git.example/team/*', 'https://git.example/team/a/b', false],
    ['https://git.example/**', 'https://git.example/team/a/b', true],
    ['https://git.example/team/sho?', 'https://git.example/team/shop', true],
    ['https://git.example/team?shop', 'https://git.example/team/shop', false],
    ['https://git.example/{a,b}/*', 'https://git.example/b/c', true],
  ] as const) {
    test(`${glob} ${expected ? 'matches' : 'does not match'} ${url} where "/" separates`, () => {
      const matches = parseArgocdGlob(glob, '/');
      expect(matches.ok && matches.value(url)).toBe(expected);
    });
  }

  test('an open brace is no glob', () => {
    expect(parseArgocdGlob('{a,b', '').ok).toBe(false);
  });

  test('a hostile glob takes no more than linear time', () => {
    const matches = parseArgocdGlob(`${'*a'.repeat(50)}b`, '');
    const started = performance.now();
    expect(matches.ok && matches.value('a'.repeat(4_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
