import { describe, expect, test } from 'vitest';
import { secretsIn, secretsOfImageUpdater } from './referred-secrets.ts';

describe('Secrets that a text names', () => {
  for (const [text, expected] of [
    ['pullsecret:shop/pull', 'shop/pull'],
    ['secret:shop/pull#password', 'shop/pull'],
    ['ghcr.io=secret:shop/pull.example#password', 'shop/pull.example'],
    ['git:secret:shop/git', 'shop/git'],
    ['git:secret:git', 'argocd/git'],
    ['secret:git', ''],
    ['env:SECRET', ''],
    ['git:repocreds', ''],
    ['credentials: pullsecret:a/b\ncredentials: secret:c/d#e', 'a/b c/d'],
    ['secret:../../x', ''],
  ] as const) {
    test(`${JSON.stringify(text)}: ${expected || 'none'}`, () => {
      expect(
        secretsIn(text, 'argocd')
          .map(({ namespace, name }) => `${namespace}/${name}`)
          .join(' '),
      ).toBe(expected);
    });
  }
});

test('in an ImageUpdater, wherever they stand', () => {
  const spec = { a: [{ pullSecret: 'pullsecret:shop/pull' }], writeBackConfig: { method: 'git:secret:git' }, n: 1 };
  expect(secretsOfImageUpdater({ namespace: 'argocd', name: 'all', annotations: {}, spec })).toEqual([
    { namespace: 'shop', name: 'pull' },
    { namespace: 'argocd', name: 'git' },
  ]);
});
