import { describe, expect, test } from 'vitest';
import { normalizeRepoURL } from './repo-url.ts';

describe('normalizeRepoURL', () => {
  for (const [text, expected] of [
    ['https://Git.Example.com/Team/Shop.git', 'https://git.example.com/team/shop'],
    ['git@git.example.com:Team/Shop.git', 'git@git.example.com/team/shop'],
    ['ssh://git@git.example.com/Team/Shop', 'git@git.example.com/team/shop'],
    ['ssh://git@git.example.com:2222/a.git', 'git@git.example.com:2222/a'],
  ] as const) {
    test(`${text} is ${expected}`, () => expect(normalizeRepoURL(text)).toBe(expected));
  }

  test('takes no time that grows faster than the text', () => {
    expect(normalizeRepoURL('@'.repeat(1_000_000))).toHaveLength(1_000_000);
  });
});
