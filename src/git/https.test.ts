import { describe, expect, test } from 'vitest';
import { makeCertificates } from '../../test/support/certificates.ts';
import { startProxy } from '../../test/support/connect-proxy.ts';
import { LAB_ENV, openLab } from '../../test/support/git-lab.ts';
import { startSocksProxy } from '../../test/support/socks-proxy.ts';
import { startTlsFront, type TlsFrontOptions } from '../../test/support/tls-front.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';

const signal = AbortSignal.timeout(600_000);
const AUTH = { username: 'bot', password: 's3cret-of-bot' };
const FILES = new Map([['values.yaml', 'tag: 1\n']]);
const compose = async () => [{ message: 'm\n', files: new Map([['values.yaml', Buffer.from('tag: 2\n')]]) }];
const certificates = await makeCertificates();
const lacks = certificates === undefined ? ' (SKIPPED: no openssl)' : '';
const plain = { namespace: 'argocd', labels: {} };
const trust = (ca: string): KeyValueObject => ({ ...plain, name: 'argocd-tls-certs-cm', data: { localhost: ca } });

/** A lab behind HTTPS with an authority of its own. */
async function openTls(
  options: Omit<TlsFrontOptions, 'certificates'> & { readonly auth?: typeof AUTH; readonly movedTo?: string } = {},
) {
  if (certificates === undefined) throw new Error('there is no openssl');
  const { auth, movedTo } = options;
  const lab = await openLab({
    ...(auth === undefined ? {} : { auth }),
    intercept: ({ path }, response) => {
      if (movedTo === undefined) return false;
      response.writeHead(302, { Location: `${movedTo}${path}` }).end();
      return true;
    },
  });
  const repository = await lab.createRepository('r.git', { files: FILES });
  const front = await startTlsFront(lab.server.url, { certificates, ...options });
  const url = `${front.url}/r.git`;
  const open = (data: Record<string, string>, configMaps: readonly KeyValueObject[] = [], env = {}) => {
    const labels = { 'argocd.argoproj.io/secret-type': 'repository' };
    const secrets = [{ ...plain, name: 'repo', labels, data: { url, ...data } }];
    return lab.openGit({ secrets: () => secrets, configMaps: () => configMaps, env: { ...LAB_ENV, ...env } });
  };
  return {
    lab,
    repository,
    front,
    certificates,
    ref: { repoURL: url, branch: 'main', project: 'default' },
    open,
    [Symbol.asyncDispose]: async () => {
      await front[Symbol.asyncDispose]();
      await lab[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(certificates === undefined)(`HTTPS with an authority of one's own${lacks}`, () => {
  test('is trusted by Argo CD’s ConfigMap, which is stronger than any configuration', async () => {
    await using tls = await openTls({ auth: AUTH });
    const git = tls.open(AUTH, [trust(tls.certificates.ca)], { GIT_SSL_CAINFO: '/nonexistent' });
    expect((await git.push(tls.ref, compose, signal)).kind).toBe('pushed');
    expect(await tls.lab.show(tls.repository, 'values.yaml')).toBe('tag: 2');
  });

  for (const [what, configMaps] of [
    ['without', []],
    ['for another host', [{ ...plain, name: 'argocd-tls-certs-cm', data: { 'git.example.com': 'x' } }]],
    ['from another namespace', [{ ...trust(certificates?.ca ?? ''), namespace: 'team' }]],
  ] as const) {
    test(`is not trusted ${what}`, async () => {
      await using tls = await openTls();
      const opening = tls.open({}, configMaps).open(tls.ref, signal);
      await expect(opening).rejects.toMatchObject({
        code: 'GIT_UNREACHABLE',
        fix: expect.stringContaining('argocd-tls-certs-cm'),
      });
    });
  }

  test('a ConfigMap that holds no certificate is named', async () => {
    await using tls = await openTls();
    await expect(tls.open({}, [trust('oops')]).open(tls.ref, signal)).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringContaining('argocd/argocd-tls-certs-cm holds no certificate under localhost'),
    });
  });

  test('is not checked where the Secret says insecure, and only there', async () => {
    await using tls = await openTls({ auth: AUTH });
    expect((await tls.open({ ...AUTH, insecure: 'true' }).open(tls.ref, signal)).paths).toEqual(['values.yaml']);
    const strict = tls.open({ ...AUTH, insecure: 'false', insecureIgnoreHostKey: 'true' });
    await expect(strict.open(tls.ref, signal)).rejects.toMatchObject({ code: 'GIT_UNREACHABLE' });
  });
});

test.skipIf(certificates === undefined)(`no redirect leads from HTTPS to plain HTTP${lacks}`, async () => {
  await using elsewhere = await openLab();
  await elsewhere.createRepository('r.git', { files: FILES });
  await using tls = await openTls({ movedTo: elsewhere.server.url });
  const opening = tls.open({}, [trust(tls.certificates.ca)]).open(tls.ref, signal);
  await expect(opening).rejects.toMatchObject({
    code: 'GIT_REPOSITORY_NOT_FOUND',
    fix: expect.stringContaining('where the repository is now'),
  });
  expect(elsewhere.server.requests).toEqual([]);
});

describe.skipIf(certificates === undefined)(`client certificates${lacks}`, () => {
  test('open a server that asks for one, alone or with a password', async () => {
    await using tls = await openTls({ asksForCertificate: true, auth: AUTH });
    const { cert, key } = tls.certificates.client;
    const data = { ...AUTH, tlsClientCertData: cert, tlsClientCertKey: key };
    const git = tls.open(data, [trust(tls.certificates.ca)]);
    expect((await git.push(tls.ref, compose, signal)).kind).toBe('pushed');
    expect(tls.front.seen.length).toBeGreaterThan(2);
    expect(tls.front.seen.every(({ isKnown }) => isKnown)).toBe(true);
    expect(git.credentialName(tls.ref)).toBe('the Secret argocd/repo');
    expect(await git.access(tls.ref, signal)).toMatchObject({
      clientCertificate: { certificate: expect.stringContaining('CERTIFICATE'), key: expect.stringContaining('KEY') },
      ca: tls.certificates.ca,
    });
  });

  test('without one the server lets nobody in', async () => {
    await using tls = await openTls({ asksForCertificate: true });
    await expect(tls.open({}, [trust(tls.certificates.ca)]).open(tls.ref, signal)).rejects.toMatchObject({
      code: 'GIT_UNREACHABLE',
    });
  });

  test('go along with no redirect', async () => {
    await using tls = await openTls({ asksForCertificate: true, movedTo: '/moved' });
    const { cert, key } = tls.certificates.client;
    const git = tls.open({ tlsClientCertData: cert, tlsClientCertKey: key }, [trust(tls.certificates.ca)]);
    await expect(git.open(tls.ref, signal)).rejects.toMatchObject({ code: 'GIT_REPOSITORY_NOT_FOUND' });
    expect(tls.front.seen.length).toBe(1);
  });

  test('a key of another certificate is named before anything is sent', async () => {
    await using tls = await openTls({ asksForCertificate: true });
    const { client, server } = tls.certificates;
    const git = tls.open({ tlsClientCertData: client.cert, tlsClientCertKey: server.key });
    await expect(git.open(tls.ref, signal)).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringMatching(/argocd\/repo: tlsClientCertData and tlsClientCertKey/),
    });
    expect(tls.front.seen).toEqual([]);
  });
});

describe.skipIf(certificates === undefined)(`a repository's own proxy${lacks}`, () => {
  const LOGIN = 'peter:pr0xy-pass';
  const withLogin = (url: string) => url.replace('//', `//${LOGIN}@`);

  test('is used with its password, whatever the environment says', async () => {
    await using tls = await openTls({ auth: AUTH });
    await using proxy = await startProxy({ login: LOGIN });
    const env = { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '*' };
    const git = tls.open({ ...AUTH, proxy: withLogin(proxy.url) }, [trust(tls.certificates.ca)], env);
    expect((await git.push(tls.ref, compose, signal)).kind).toBe('pushed');
    expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT ${new URL(tls.ref.repoURL).host}`]));
    expect(proxy.authorizations.at(-1)).toBe(`Basic ${Buffer.from(LOGIN).toString('base64')}`);
    expect(await git.access(tls.ref, signal)).toMatchObject({ proxy: withLogin(proxy.url) });
  });

  for (const scheme of ['socks5', 'socks5h']) {
    test(`may be one of ${scheme}`, async () => {
      await using tls = await openTls({ auth: AUTH });
      await using proxy = await startSocksProxy({ login: 'peter:pr0xy@pass' });
      const url = proxy.url.replace('socks5://', `${scheme}://peter:pr0xy%40pass@`);
      const git = tls.open({ ...AUTH, proxy: url }, [trust(tls.certificates.ca)]);
      expect((await git.push(tls.ref, compose, signal)).kind).toBe('pushed');
      expect(proxy.seen.length).toBeGreaterThan(1);
    });
  }

  test('is passed by where noProxy says so', async () => {
    await using tls = await openTls({ auth: AUTH });
    await using proxy = await startProxy({ login: LOGIN });
    const data = { ...AUTH, proxy: withLogin(proxy.url), noProxy: 'example.com,localhost' };
    const git = tls.open(data, [trust(tls.certificates.ca)], { HTTPS_PROXY: 'http://127.0.0.1:9' });
    expect((await git.open(tls.ref, signal)).paths).toEqual(['values.yaml']);
    expect(proxy.seen).toEqual([]);
    expect(await git.access(tls.ref, signal)).not.toHaveProperty('proxy');
  });

  test('that refuses its password is told, without the password', async () => {
    await using tls = await openTls();
    await using proxy = await startProxy({ login: LOGIN });
    const git = tls.open({ proxy: proxy.url.replace('//', '//peter:wr0ng-pass@') }, [trust(tls.certificates.ca)]);
    const failure = await git.open(tls.ref, signal).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'GIT_UNAUTHORIZED', message: expect.stringContaining('proxy') });
    expect(`${failure}${JSON.stringify(failure)}`).not.toContain('wr0ng-pass');
  });
});
