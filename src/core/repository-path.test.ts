import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveInRepository } from './repository-path.ts';

describe('resolveInRepository', () => {
  for (const [base, path, expected] of [
    ['apps/shop', 'kustomization.yaml', 'apps/shop/kustomization.yaml'],
    ['apps/shop', '/values.yaml', 'values.yaml'],
    ['apps/shop', '../base', 'apps/base'],
    ['apps/shop', '../../x', 'x'],
    ['apps/shop', '.', 'apps/shop'],
    ['apps/shop/', './a//b/', 'apps/shop/a/b'],
    ['', '/', ''],
    ['', '.', ''],
    ['', 'a/..', ''],
    ['', '.github/x', '.github/x'],
    ['', '.gitignore', '.gitignore'],
    ['', 'grün/ä b.yaml', 'grün/ä b.yaml'],
  ] as const) {
    test(`${path} from ${JSON.stringify(base)} is ${JSON.stringify(expected)}`, () => {
      expect(resolveInRepository(base, path)).toEqual({ ok: true, value: expected });
    });
  }

  for (const [base, path, why] of [
    ['', '', 'empty'],
    ['', '..', 'leads out'],
    ['a', '../../b', 'leads out'],
    ['a', '/../b', 'leads out'],
    ['', '.git/config', "Git's own folder"],
    ['', 'sub/.GIT/hooks/x', "Git's own folder"],
    ['', '.git /x', "Git's own folder"],
    ['', '.git./x', "Git's own folder"],
    ['', '.git::$INDEX_ALLOCATION/x', "Git's own folder"],
    ['', 'GIT~1/x', "Git's own folder"],
    ['', '.g\u200cit/x', "Git's own folder"],
    ['.git', 'x', "Git's own folder"],
    ['', 'a\0b', 'control character'],
    ['', 'a\nb', 'control character'],
    ['', 'a\\b', 'backslash'],
    ['', 'a\ud800', 'broken Unicode'],
    ['', 'x'.repeat(5000), 'longer than'],
  ] as const) {
    test(`${JSON.stringify(path.slice(0, 40))} from ${JSON.stringify(base)} is refused: ${why}`, () => {
      const result = resolveInRepository(base, path);
      expect(result.ok ? 'accepted' : result.problem).toContain(why);
    });
  }

  const part = fc.oneof(fc.constantFrom('..', '.', '', '.git', 'a', 'b'), fc.string());
  const path = fc.array(part, { maxLength: 8 }).map((parts) => parts.join('/'));

  test('whatever is accepted has only plain components and never leads out', () => {
    fc.assert(
      fc.property(path, path, (base, text) => {
        const result = resolveInRepository(base, text);
        if (!result.ok || result.value === '') return;
        for (const component of result.value.split('/')) {
          expect(component).not.toMatch(/^(|\.|\.\.|\.git)$/i);
        }
      }),
    );
  });

  test('an accepted path means itself: resolving it again from the root changes nothing', () => {
    fc.assert(
      fc.property(path, path, (base, text) => {
        const result = resolveInRepository(base, text);
        if (!result.ok || result.value === '') return;
        expect(resolveInRepository('', result.value)).toEqual(result);
        expect(resolveInRepository('elsewhere', `/${result.value}`)).toEqual(result);
      }),
    );
  });
});
