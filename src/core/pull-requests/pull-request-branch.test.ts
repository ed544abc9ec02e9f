import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBranch } from '../commits/branch-name.ts';
import { proposalBranch } from './pull-request-branch.ts';

const KEY = { repoURL: 'https://git.example.com/deploy.git', base: 'main', group: 'argocd/shop', scope: '' };

test('names the group', () => {
  expect(proposalBranch(KEY)).toMatch(/^tiphys\/argocd-shop-[0-9a-f]{10}$/);
  expect(proposalBranch({ ...KEY, group: '\u00fc..' })).toMatch(/^tiphys\/[0-9a-f]{10}$/);
});

test('every part of the key counts, credentials in the URL do not', () => {
  const others = [{ base: 'next' }, { group: 'argocd-shop' }, { scope: 'x' }, { repoURL: 'https://other.example' }];
  const names = [KEY, ...others.map((other) => ({ ...KEY, ...other }))].map(proposalBranch);
  expect(new Set(names).size).toBe(names.length);
  expect(proposalBranch({ ...KEY, repoURL: 'https://u:p@git.example.com/deploy.git' })).toBe(proposalBranch(KEY));
});

test('is always a name that Git takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (group, base) => {
      const name = proposalBranch({ ...KEY, group, base });
      expect(parseBranch(name)).toEqual({ ok: true, value: name });
      expect(name.length).toBeLessThan(90);
    }),
  );
});
