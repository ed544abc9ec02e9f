import { describe, expect, test } from 'vitest';
import { parseGoGlob } from '../deciding/go-glob.ts';
import { parseLabelSelector } from './label-selector.ts';
import { inScope, isWatched, type Scope } from './scope.ts';

const ALL: Scope = { watchedNamespaces: '*', applicationNamespace: undefined, names: undefined, labels: [] };
const SHOP = { namespace: 'team-a', name: 'shop-web', labels: { tier: 'prod' } };

function named(...patterns: readonly string[]) {
  return {
    names: patterns.flatMap((pattern) => {
      const glob = parseGoGlob(pattern);
      return glob.ok ? [glob.value] : [];
    }),
  };
}

function labelled(text: string) {
  const labels = parseLabelSelector(text);
  return { labels: labels.ok ? labels.value : [] };
}

describe('an Application is in scope', () => {
  for (const [what, scope, expected] of [
    ['without any narrowing', {}, true],
    ['of its namespace', { watchedNamespaces: ['argocd', 'team-a'] }, true],
    ['of other namespaces', { watchedNamespaces: ['argocd', 'team'] }, false],
    ['of its one namespace', { applicationNamespace: 'team-a' }, true],
    ['of another namespace', { applicationNamespace: 'argocd' }, false],
    ['of its namespace that is not watched', { watchedNamespaces: ['b'], applicationNamespace: 'team-a' }, false],
    ['of one glob that fits', named('api-*', 'shop-*'), true],
    ['of globs that do not fit', named('shop', '*-api'), false],
    ['of a glob in another letter case', named('Shop-*'), false],
    ['of its labels', labelled('tier=prod'), true],
    ['of other labels', labelled('tier=prod,team'), false],
    ['of its name and other labels', { ...named('shop-*'), ...labelled('tier!=prod') }, false],
  ] satisfies readonly (readonly [string, Partial<Scope>, boolean])[]) {
    test(`${what}: ${expected}`, () => expect(inScope(SHOP, { ...ALL, ...scope })).toBe(expected));
  }
});

test('only watched namespaces count for what is no Application', () => {
  const scope = { ...ALL, ...named('none'), applicationNamespace: 'b', watchedNamespaces: ['a'] };
  expect(['a', 'b'].map((namespace) => isWatched({ namespace }, scope))).toEqual([true, false]);
});
