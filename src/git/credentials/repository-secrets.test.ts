import { describe, expect, test } from 'vitest';
import type { KeyValueObject } from '../../core/objects/key-value-object.ts';
import { findRepositorySecret, isArgocdCredential } from './repository-secrets.ts';

const URL_ = 'https://git.example.com/team/shop';
const made = (type: string, data: Record<string, string>, name = type): KeyValueObject => ({
  namespace: 'argocd',
  name,
  labels: { 'argocd.argoproj.io/secret-type': type },
  data: { url: type.includes('creds') ? 'https://git.example.com/team' : URL_, ...data },
});
const find = (...secrets: readonly KeyValueObject[]) =>
  findRepositorySecret({ repoURL: `${URL_}.git`, project: 'shop' }, { secrets, argocdNamespace: 'argocd' });

describe('findRepositorySecret', () => {
  test('nothing for nobody', () => expect(find()).toBeUndefined());

  for (const [what, secrets, source] of [
    [
      'one for writing before one for reading',
      [made('repository', { password: 'r' }), made('repository-write', { password: 'w' })],
      'repository-write',
    ],
    [
      'a template for writing before one for reading',
      [made('repository', { password: 'r' }), made('repo-write-creds', { password: 'w' })],
      'repo-write-creds',
    ],
    [
      'one for reading where that for writing is bare',
      [made('repository', { password: 'r' }), made('repository-write', {})],
      'repository',
    ],
    [
      'the template of its own family',
      [made('repository-write', {}), made('repo-creds', { password: 'r' })],
      'repo-creds',
    ],
    ['a bare one, when there is nothing else', [made('repository', { insecure: 'true' })], 'repository'],
    [
      'an identity is a credential',
      [made('repository', { useAzureWorkloadIdentity: 'true' }), made('repo-creds', { password: 'r' })],
      'repository',
    ],
    [
      'no identity is none',
      [made('repository', { useAzureWorkloadIdentity: 'false' }), made('repo-creds', { password: 'r' })],
      'repo-creds',
    ],
    [
      'a user name alone is one',
      [made('repository', { username: 'u' }), made('repo-creds', { password: 'r' })],
      'repository',
    ],
    [
      'a client certificate is one',
      [made('repository', { tlsClientCertData: 'c' }), made('repo-creds', { password: 'r' })],
      'repository',
    ],
  ] as const) {
    test(what, () => expect(find(...secrets)?.source).toBe(`the Secret argocd/${source}`));
  }

  test('a bare repository keeps what it says, and takes the rest from the template', () => {
    const own = { proxy: 'http://own:1', insecure: 'true', forceHttpBasicAuth: 'true', noProxy: '', project: 'shop' };
    const template = {
      username: 'u',
      password: 'p',
      proxy: 'http://t:1',
      noProxy: 'x',
      forceHttpBasicAuth: 'false',
      insecure: 'false',
    };
    expect(find(made('repository', own), made('repo-creds', template))?.data).toMatchObject({
      username: 'u',
      password: 'p',
      proxy: 'http://own:1',
      noProxy: 'x',
      insecure: 'true',
      forceHttpBasicAuth: 'false',
      url: URL_,
    });
  });

  test('a template switches no check off', () => {
    const data = find(made('repo-creds', { password: 'p', insecure: 'true', insecureIgnoreHostKey: 'true' }))?.data;
    expect(data).toEqual({ password: 'p' });
  });

  test('a repository with a credential takes nothing from a template, not even the proxy', () => {
    expect(find(made('repository', { password: 'p' }), made('repo-creds', { proxy: 'http://t:1' }))?.data).toEqual({
      url: URL_,
      password: 'p',
    });
  });

  for (const [type, key] of [
    ['repository', 'insecure'],
    ['repository', 'enableLfs'],
    ['repo-creds', 'forceHttpBasicAuth'],
    ['repository-write', 'useAzureWorkloadIdentity'],
  ] as const) {
    test(`${key} in a ${type} Secret that is no boolean is an error that names both`, () => {
      const secrets = [made(type, { [key]: 'yes', ...(type === 'repo-creds' ? { password: 'x' } : {}) })];
      expect(() => find(...secrets)).toThrow(`the Secret argocd/${type}: ${key} is neither "true" nor "false"`);
    });
  }
});

test('an audit knows Secrets of all four types', () => {
  for (const type of ['repository', 'repo-creds', 'repository-write', 'repo-write-creds']) {
    expect(isArgocdCredential(made(type, { password: 'p' }), 'argocd')).toBe(true);
    expect(isArgocdCredential(made(type, {}), 'argocd')).toBe(false);
  }
  expect(isArgocdCredential(made('cluster', { password: 'p' }), 'argocd')).toBe(false);
});
