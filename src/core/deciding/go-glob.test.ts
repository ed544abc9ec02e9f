import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseGoGlob } from './go-glob.ts';

describe('parseGoGlob', () => {
  for (const [pattern, yes, no] of [
    ['', [''], ['a']],
    ['foo', ['foo'], ['foobar', 'Foo', 'xfoo']],
    ['tag?', ['tag1', 'tagé'], ['tag', 'tag10', 'tag/']],
    ['*', ['', '1.0'], ['a/b']],
    ['*-rc*', ['1.0-rc1', '-rc'], ['1.0-RC1']],
    ['a*b*c', ['abc', 'axbxc', 'abbcc'], ['acb', 'ab']],
    ['**a', ['a', 'bca'], ['ab']],
    ['[ab]*', ['a1', 'b'], ['c', '']],
    ['[^v]*', ['1.0'], ['v1.0', '']],
    ['[!v]*', ['v1', '!'], ['1.0']],
    ['[0-9].[0-9]', ['1.2'], ['12', '1.a']],
    ['[x-a]*', [], ['b', 'x', 'a']],
    ['[a\\-z]', ['-', 'a', 'z'], ['b']],
    ['[\\]]', [']'], ['\\']],
    ['[*?]', ['*', '?'], ['a']],
    ['[[]', ['['], [']']],
    ['a]', ['a]'], ['a']],
    ['\\*', ['*'], ['a', '\\*']],
    ['{a,b}', ['{a,b}'], ['a', 'b']],
    ['*/x', ['a/x'], ['a/b/x', 'x']],
  ] as const) {
    test(`${pattern} matches ${JSON.stringify(yes)}, not ${JSON.stringify(no)}`, () => {
      const glob = parseGoGlob(pattern);
      expect(yes.filter((name) => !(glob.ok && glob.value.matches(name)))).toEqual([]);
      expect(no.filter((name) => glob.ok && glob.value.matches(name))).toEqual([]);
    });
  }

  for (const pattern of [
    '[',
    '[0-9',
    '[]a]',
    '[]',
    '[^]',
    '[a-',
    '[a-]',
    '[-z]',
    '[a-b-c]',
    'a\\',
    '[\\',
    'x*[',
    '[^',
  ]) {
    test(`${pattern} is malformed`, () => {
      expect(parseGoGlob(pattern)).toEqual({ ok: false, problem: `"${pattern}" is a malformed pattern` });
    });
  }

  test('many stars take no time', () => {
    const glob = parseGoGlob(`${'*a'.repeat(50)}b`);
    const started = performance.now();
    expect(glob.ok && glob.value.matches('a'.repeat(2000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('a name matches itself, with every special character escaped', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const glob = parseGoGlob(name.replace(/[\\*?[]/g, '\\$&'));
        expect(glob.ok && glob.value.matches(name)).toBe(true);
      }),
    );
  });

  test('a star stands for any run without a slash', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[ab.]*$/), { minLength: 1 }),
        fc.stringMatching(/^[ab.]*$/),
        (parts, run) => {
          const glob = parseGoGlob(parts.join('*'));
          expect(glob.ok && glob.value.matches(parts.join(run))).toBe(true);
        },
      ),
    );
  });
});
