import { describe, expect, test } from 'vitest';
import { permitsRepository, withScopedRepositories } from './app-project.ts';

const GIT = 'https://git.example.com';

describe('permitsRepository', () => {
  for (const [entries, url, expected, why] of [
    [['*'], `${GIT}/a/b/c`, true, 'a star alone is everything'],
    [[], `${GIT}/a`, false, 'nothing is allowed'],
    [[`${GIT}/team/*`], `${GIT}/team/shop.git`, true, 'a glob'],
    [[`${GIT}/team/*`], `${GIT}/team/a/b`, false, 'a star stops at a slash'],
    [[`${GIT}/**`], `${GIT}/team/a/b`, true, 'two stars do not'],
    [[`${GIT}/Team/Shop.git`], `${GIT}/team/shop`, true, 'compared as Argo CD does'],
    [[`${GIT}/team`], `${GIT}/team/shop`, false, 'as a whole'],
    [[`${GIT}/team/*`], 'https://evil.example/https://git.example.com/team/x', false, 'from the beginning'],
    [['git@git.example.com:team/*'], 'ssh://git@git.example.com/team/shop', true, 'both ways to write SSH'],
    [['*', `!${GIT}/team/secret`], `${GIT}/team/secret.git`, false, 'a deny wins'],
    [['*', `!${GIT}/team/secret`], `${GIT}/team/shop`, true, 'a deny is of what it matches'],
    [[`!${GIT}/team/secret`], `${GIT}/other`, false, 'a deny alone allows nothing'],
    [['*', '!*'], `${GIT}/a`, false, 'everything is denied'],
    [['{a'], '{a', false, 'what is no glob allows nothing'],
    [['*', '!{a'], `${GIT}/a`, false, 'and denies everything'],
  ] as const) {
    test(`[${entries}] ${expected ? 'permits' : 'refuses'} ${url}: ${why}`, () => {
      expect(permitsRepository({ name: 'team', sourceRepos: entries }, url)).toBe(expected);
    });
  }
});

describe('withScopedRepositories', () => {
  const secret = (namespace: string, type: string, project: string) => ({
    namespace,
    name: 's',
    labels: { 'argocd.argoproj.io/secret-type': type },
    data: { url: `${GIT}/${type}`, project },
  });
  test("what Secrets scope to a project is its own, and nobody else's", () => {
    const secrets = [
      secret('argocd', 'repository', 'team'),
      secret('argocd', 'repository-write', 'team'),
      secret('argocd', 'repo-creds', 'team'),
      secret('team', 'repository', 'team'),
      secret('argocd', 'repository', 'other'),
    ];
    expect(withScopedRepositories([{ name: 'team', sourceRepos: ['a'] }], secrets, 'argocd')).toEqual([
      { name: 'team', sourceRepos: ['a', `${GIT}/repository`, `${GIT}/repository-write`] },
    ]);
  });
});
