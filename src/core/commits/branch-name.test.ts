import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBranch } from './branch-name.ts';

describe('parseBranch', () => {
  for (const [text, expected] of [
    ['main', 'main'],
    ['refs/heads/main', 'main'],
    ['release/1.x', 'release/1.x'],
    ['grün', 'grün'],
  ] as const) {
    test(`${text} is the branch ${expected}`, () => {
      expect(parseBranch(text)).toEqual({ ok: true, value: expected });
    });
  }

  for (const text of [
    '',
    '--upload-pack=x',
    '-',
    'a..b',
    'a b',
    'a:b',
    'a~1',
    'a^',
    'a.lock',
    'a/.b',
    '/a',
    'a/',
    'a//b',
    '@',
    'a@{1}',
    'a.',
    'a\nb',
    'a*',
    'a?',
    'a[',
    'a\\b',
    'x'.repeat(300),
  ]) {
    test(`refuses ${JSON.stringify(text.slice(0, 30))}`, () => {
      expect(parseBranch(text).ok).toBe(false);
    });
  }

  test('accepts nothing that git itself would refuse', () => {
    const part = fc.constantFrom(
      'a',
      'b',
      '/',
      '.',
      '..',
      '-',
      '@',
      '{',
      '.lock',
      '~',
      '^',
      ':',
      ' ',
      '*',
      'refs/heads/',
    );
    const names = fc.sample(fc.array(part, { minLength: 1, maxLength: 5 }), 150).map((parts) => parts.join(''));
    for (const text of new Set(names)) {
      const result = parseBranch(text);
      if (!result.ok) continue;
      const judged = spawnSync('git', ['check-ref-format', `refs/heads/${result.value}`]);
      expect(judged.status, text).toBe(0);
    }
  });
});
