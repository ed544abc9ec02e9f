import { describe, expect, test } from 'vitest';
import { Failure } from '../../core/failure.ts';
import type { KeyValueObject } from '../../core/objects/key-value-object.ts';
import { parseRemote } from '../remote-url.ts';
import { chooseCredential } from './choose.ts';

function secret(
  name: string,
  type: string | undefined,
  data: Record<string, string>,
  namespace = 'argocd',
): KeyValueObject {
  return { namespace, name, labels: type === undefined ? {} : { 'argocd.argoproj.io/secret-type': type }, data };
}
const url = 'https://git.example.com/team/shop.git';
const repository = (data: Record<string, string>, name = 'repo') => secret(name, 'repository', { url, ...data });
const template = (prefix: string, data: Record<string, string>, name = 'creds') =>
  secret(name, 'repo-creds', { url: prefix, ...data });

interface Given {
  readonly repoURL?: string;
  readonly secret?: string;
  readonly project?: string;
  readonly secrets?: readonly KeyValueObject[];
  readonly env?: Record<string, string>;
}
function choose({ repoURL = url, secret, project = 'shop', secrets = [], env = {} }: Given) {
  const remote = parseRemote(repoURL);
  if (!remote.ok) throw new Error(remote.problem);
  const ref = { repoURL, project, ...(secret === undefined ? {} : { secret }) };
  return chooseCredential(remote.value, ref, { secrets, argocdNamespace: 'argocd', env });
}
const HOST_ENV = { TIPHYS_GIT_HOST: 'git.example.com', TIPHYS_GIT_USERNAME: 'env', TIPHYS_GIT_PASSWORD: 'e' };

describe('chooseCredential', () => {
  for (const [what, given, expected] of [
    ['nothing given: the user’s own', {}, 'own'],
    [
      'the named Secret comes before all else',
      {
        secret: 'shop/git',
        secrets: [secret('git', undefined, { username: 'n', password: 'p' }, 'shop'), repository({ password: 'x' })],
        env: HOST_ENV,
      },
      'n:p',
    ],
    ['user and password of the URL', { repoURL: 'https://u:p%40@git.example.com/team/shop', env: HOST_ENV }, 'u:p@'],
    [
      'a repository Secret, its URL spelled otherwise',
      {
        secrets: [repository({ url: 'https://Git.Example.com/team/shop', username: 'r', password: 'p' })],
        env: HOST_ENV,
      },
      'r:p',
    ],
    ['a token without user name', { secrets: [repository({ password: 'token' })] }, 'x-access-token:token'],
    [
      'the project’s own Secret wins',
      { secrets: [repository({ password: 'any' }), repository({ password: 'mine', project: 'shop' })] },
      'x-access-token:mine',
    ],
    [
      'another project’s Secret is not for us',
      { secrets: [repository({ password: 'theirs', project: 'other' })] },
      'own',
    ],
    [
      'a Secret in another namespace is not Argo CD’s',
      { secrets: [secret('r', 'repository', { url, password: 'p' }, 'shop')] },
      'own',
    ],
    ['a Helm repository is none', { secrets: [repository({ password: 'p', type: 'helm' })] }, 'own'],
    [
      'a bare repository Secret takes from a template',
      { secrets: [repository({}), template('https://git.example.com/team', { username: 't', password: 'p' })] },
      't:p',
    ],
    [
      'the longest template wins',
      {
        secrets: [
          template('https://git.example.com', { password: 'short' }),
          template('https://git.example.com/team/', { password: 'long' }),
        ],
      },
      'x-access-token:long',
    ],
    ['a template ends at a slash', { secrets: [template('https://git.example.com/te', { password: 'p' })] }, 'own'],
    ['a template without URL is for nobody', { secrets: [template('', { password: 'p' })] }, 'own'],
    ['the environment, for its host', { env: HOST_ENV }, 'env:e'],
    [
      'the environment, with the port written out',
      { env: { ...HOST_ENV, TIPHYS_GIT_HOST: 'git.example.com:443' } },
      'env:e',
    ],
    ['the environment, for another host', { env: { ...HOST_ENV, TIPHYS_GIT_HOST: 'other.example.com' } }, 'own'],
    ['the environment, for another port', { repoURL: 'https://git.example.com:8443/x', env: HOST_ENV }, 'own'],
    ['ssh never gets a password', { repoURL: 'git@git.example.com:team/shop.git', env: HOST_ENV }, 'own'],
  ] as const satisfies readonly (readonly [string, Given, string])[]) {
    test(what, () => {
      const { credential } = choose(given);
      const shown = credential.kind === 'password' ? `${credential.username}:${credential.password}` : credential.kind;
      expect(shown).toBe(expected);
    });
  }

  test('a Secret that holds nothing for the address is named', () => {
    const { credential } = choose({ secrets: [repository({ sshPrivateKey: 'PEM' })] });
    expect(credential).toEqual({ kind: 'own', passedOver: 'the Secret argocd/repo' });
  });

  for (const [what, given] of [
    ['a named Secret that is not there', { secret: 'shop/git' }],
    [
      'a named Secret without password',
      { secret: 'shop/git', secrets: [secret('git', undefined, { username: 'x' }, 'shop')] },
    ],
    [
      'a named Secret for ssh',
      { repoURL: 'git@h:x', secret: 'shop/git', secrets: [secret('git', undefined, { password: 'hidden' }, 'shop')] },
    ],
    [
      'a proxy for the user’s own ssh',
      { repoURL: 'git@h:x', secrets: [repository({ url: 'git@h:x', proxy: 'http://u:hidden@p' })] },
    ],
    ['a proxy that is none', { secrets: [repository({ proxy: 'p:hidden' })] }],
    ['a proxy on the own link', { secrets: [repository({ proxy: 'http://u:hidden@0xa9fea9fe/' })] }],
    ['half of a client certificate', { secrets: [repository({ tlsClientCertKey: 'hidden' })] }],
    [
      'a client certificate that is none',
      { secrets: [repository({ tlsClientCertData: 'c', tlsClientCertKey: 'hidden' })] },
    ],
    ['a boolean that is none', { secrets: [repository({ password: 'p', insecure: 'hidden' })] }],
    [
      'the identity of this process in a named Secret',
      { secret: 'shop/git', secrets: [secret('git', undefined, { useAzureWorkloadIdentity: 'true' }, 'shop')] },
    ],
    ['a line break in a password', { secrets: [repository({ password: 'hidden\n' })] }],
    ['a host without password', { env: { TIPHYS_GIT_HOST: 'git.example.com' } }],
  ] as const satisfies readonly (readonly [string, Given])[]) {
    test(`${what} is a failure that shows no secret`, () => {
      try {
        choose(given);
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        expect(error).toMatchObject({ code: 'CREDENTIALS_INVALID' });
        expect(`${error}${error instanceof Failure ? error.fix : ''}`).not.toContain('hidden');
      }
    });
  }
});

describe('the connection', () => {
  const insecure = { insecure: 'true', insecureIgnoreHostKey: 'false' };
  for (const [what, given, expected] of [
    ['checks everything by default', {}, { isInsecure: false }],
    [
      'is that of the Secret that matches, whoever’s credential is used',
      { repoURL: url, secrets: [repository({ ...insecure, proxy: 'http://p:1/', noProxy: 'x' })], env: HOST_ENV },
      { isInsecure: true, proxy: 'http://p:1', noProxy: 'x' },
    ],
    [
      'checks certificates where only host keys are not asked for',
      { secrets: [repository({ insecureIgnoreHostKey: 'true' })] },
      { isInsecure: false },
    ],
    [
      'does not check host keys then',
      { repoURL: 'git@h:x', secrets: [repository({ url: 'git@h:x', insecureIgnoreHostKey: 'true' })] },
      { isInsecure: true },
    ],
    [
      'lets ssh past a proxy that is not for its host',
      { repoURL: 'git@h.lan:x', secrets: [repository({ url: 'git@h.lan:x', proxy: 'http://p:1', noProxy: '.lan' })] },
      { isInsecure: false, proxy: 'http://p:1', noProxy: '.lan' },
    ],
  ] as const satisfies readonly (readonly [string, Given, object])[]) {
    test(what, () => expect(choose(given).connection).toEqual(expected));
  }
});
