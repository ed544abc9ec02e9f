import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeCertificates } from '../../test/support/certificates.ts';
import { startProxy } from '../../test/support/connect-proxy.ts';
import { HEAD, openTestForges } from '../../test/support/forge-suite.ts';
import { FakeRepository } from '../../test/support/forges/fake-repository.ts';
import { type Route, startForgeServer } from '../../test/support/forges/forge-server.ts';
import { startGithub } from '../../test/support/forges/github-double.ts';
import { startGitlab } from '../../test/support/forges/gitlab-double.ts';
import { forgeDoubles } from '../../test/support/forges/index.ts';
import { startSocksProxy } from '../../test/support/socks-proxy.ts';
import { startTlsFront } from '../../test/support/tls-front.ts';
import type { ForgeKind } from '../core/pull-requests/pull-request.ts';
import type { HttpAccess } from '../ports/git.ts';
import { DEFAULT_LIMITS, OpenForges } from './open-forges.ts';

const signal = AbortSignal.timeout(600_000);

/** Ends with the test. */
function using<T extends AsyncDisposable>(thing: T): T {
  onTestFinished(() => thing[Symbol.asyncDispose]());
  return thing;
}

function newForges(): OpenForges {
  return using(openTestForges('none').forges);
}

function accessWith(changes: Partial<HttpAccess> = {}): HttpAccess {
  const authorization = { kind: 'bearer', token: 'ghp_writer' } as const;
  return { source: 'the Secret argocd/deploy', isInsecure: false, authorization, ...changes };
}

async function serve(routes: readonly Route[]) {
  return using(await startForgeServer({ routes: () => routes, guard: () => undefined }));
}

describe('which forge', () => {
  for (const double of forgeDoubles) {
    test(`${double.kind} is told by asking the host, once and without credentials`, async () => {
      const stage = using(await double.start());
      const forges = newForges();
      const forge = await forges.open(stage.repoURL, 'auto', stage.access, signal);
      expect(forge.kind).toBe(double.kind);
      expect(stage.server?.credentials.filter((credential) => credential !== undefined)).toEqual([]);
      const asked = stage.server?.seen.length;
      expect((await forges.open(stage.repoURL, 'auto', stage.access, signal)).kind).toBe(double.kind);
      expect(stage.server?.seen).toHaveLength(asked ?? 0);
    });
  }

  for (const [repoURL, kind] of [
    ['https://github.com/acme/deploy.git', 'github'],
    ['git@github.com:acme/deploy.git', 'github'],
    ['ssh://git@ssh.github.com:443/acme/deploy.git', 'github'],
    ['https://gitlab.com/acme/team/sub/deploy.git', 'gitlab'],
    ['https://codeberg.org/acme/deploy', 'gitea'],
    ['git@bitbucket.org:acme/deploy.git', 'bitbucket'],
    ['https://dev.azure.com/acme/shop/_git/deploy', 'azure-devops'],
    ['git@ssh.dev.azure.com:v3/acme/shop/deploy', 'azure-devops'],
  ] as const) {
    test(`${repoURL} is on ${kind}, which needs no asking`, async () => {
      expect((await newForges().open(repoURL, 'auto', accessWith(), signal)).kind).toBe(kind);
    });
  }

  test('an App is always one of GitHub, and says where its API is', async () => {
    const server = using(await startGithub(new FakeRepository()));
    const access = accessWith({
      authorization: { kind: 'github-app', token: 'ghp_writer' },
      apiBase: `${server.url}/api/v3/`,
    });
    const forge = await newForges().open('https://git.example/acme/deploy', 'auto', access, signal);
    expect(await forge.pullRequests.find(HEAD, 'main', signal)).toEqual([]);
    expect(server.seen[0]).toBe('GET /api/v3/repos/acme/deploy');
  });

  test('GitLab is found below a folder', async () => {
    const server = using(await startGitlab(new FakeRepository(), { base: '/tools' }));
    const access = accessWith({ authorization: { kind: 'bearer', token: 'glpat-writer' } });
    for (const kind of ['gitlab', 'auto'] as const) {
      const forge = await newForges().open(`${server.url}/tools/acme/team/deploy.git`, kind, access, signal);
      expect(await forge.pullRequests.find(HEAD, 'main', signal)).toEqual([]);
    }
  });

  test('a host that is none is told so, and asked again later', async () => {
    const server = await serve([]);
    const forges = newForges();
    for (const _ of [1, 2]) {
      const open = forges.open(`${server.url}/acme/deploy.git`, 'auto', accessWith(), signal);
      await expect(open).rejects.toMatchObject({
        code: 'FORGE_UNKNOWN',
        fix: expect.stringContaining('name the forge'),
      });
    }
    expect(server.seen.filter((one) => one === 'GET /api/v4/version')).toHaveLength(2);
  });

  test('a forge that is unwell is not taken for another kind of server', async () => {
    const server = await serve([
      { method: 'GET', path: '/api/v4/version', handle: () => ({ status: 503, text: 'down' }) },
    ]);
    const open = newForges().open(`${server.url}/acme/deploy.git`, 'auto', accessWith(), signal);
    await expect(open).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE' });
  });

  for (const [repoURL, kind, code] of [
    ['/srv/git/deploy.git', 'auto', 'FORGE_UNKNOWN'],
    ['https://bot:s3cret@github.com/acme', 'auto', 'FORGE_UNKNOWN'],
    ['https://bot:s3cret@github.com/acme/team/deploy', 'github', 'FORGE_UNKNOWN'],
  ] as const satisfies readonly (readonly [string, ForgeKind | 'auto', string])[]) {
    test(`${repoURL} as ${kind} is ${code}, and no password is repeated`, async () => {
      const open = newForges().open(repoURL, kind, accessWith(), signal);
      await expect(open).rejects.toMatchObject({ code, message: expect.not.stringContaining('s3cret') });
    });
  }

  for (const [repoURL, place] of [
    ['git@github.com:acme/deploy.git', 'https://github.com'],
    ['https://git.example.com:8443/acme/deploy', 'https://git.example.com:8443'],
  ] as const) {
    test(`no password or token for ${repoURL} opens no API`, async () => {
      const access = accessWith({ authorization: { kind: 'none' } });
      await expect(newForges().open(repoURL, 'auto', access, signal)).rejects.toMatchObject({
        code: 'FORGE_UNAUTHORIZED',
        fix: expect.stringContaining(`add a token for ${place}: `),
      });
    });
  }
});

describe('the way to a forge', () => {
  const find = async (access: HttpAccess, url: string, forges = newForges()) => {
    const forge = await forges.open(`${url}/acme/deploy.git`, 'github', access, signal);
    return forge.pullRequests.find(HEAD, 'main', signal);
  };

  for (const [scheme, start] of [
    ['http:', startProxy],
    ['socks5:', startSocksProxy],
    ['socks5h:', startSocksProxy],
  ] as const) {
    test(`goes through the ${scheme}// proxy of the credential, with its login`, async () => {
      const server = using(await startGithub(new FakeRepository()));
      const proxy = using(await start({ login: 'user:p@ss' }));
      const access = accessWith({ proxy: proxy.url.replace(/^\w+:\/\//, `${scheme}//user:p%40ss@`) });
      expect(await find(access, server.url.replace('127.0.0.1', 'git.example'))).toEqual([]);
      expect(proxy.seen.join()).toContain('git.example:');
    });
  }

  test('does not carry the credential to another host', async () => {
    const other = await serve([]);
    const location = `${other.url}/api/v3/repos/acme/deploy`;
    const moved = {
      method: 'GET',
      path: '/api/v3/repos/acme/deploy',
      handle: () => ({ status: 301, headers: { location } }),
    };
    const server = await serve([moved]);
    await expect(find(accessWith(), server.url)).rejects.toMatchObject({ code: 'FORGE_INVALID_ANSWER' });
    expect(other.seen).toEqual([]);
  });

  test('follows a repository that was renamed', async () => {
    const location = '/api/v3/repositories/1';
    const json = { owner: { login: 'acme' } };
    const server = await serve([
      { method: 'GET', path: '/api/v3/repos/acme/deploy', handle: () => ({ status: 301, headers: { location } }) },
      { method: 'GET', path: location, handle: () => ({ status: 200, json }) },
      {
        method: 'GET',
        path: '/api/v3/repos/acme/deploy/pulls',
        query: ['state', 'head', 'base', 'sort', 'direction', 'per_page'],
        handle: () => ({ status: 200, json: [] }),
      },
    ]);
    expect(await find(accessWith(), server.url)).toEqual([]);
    expect(server.credentials).toEqual(['Bearer ghp_writer', 'Bearer ghp_writer', 'Bearer ghp_writer']);
  });

  test('does not go round in circles', async () => {
    const location = '/api/v3/repos/acme/deploy';
    const server = await serve([
      { method: 'GET', path: location, handle: () => ({ status: 302, headers: { location } }) },
    ]);
    await expect(find(accessWith(), server.url)).rejects.toMatchObject({ code: 'FORGE_INVALID_ANSWER' });
    expect(server.seen).toHaveLength(4);
  });

  test('ends an answer that is too long, and one that does not come', async () => {
    const slow = {
      connectTimeoutMs: 200,
      idleTimeoutMs: 200,
      requestTimeoutMs: 400,
      connections: 1,
      mostBodyBytes: 100,
    };
    const around = { now: Date.now, sleep: () => setImmediate(), random: () => 0 };
    const forges = using(new OpenForges({ around, limits: { ...DEFAULT_LIMITS, ...slow } }));
    const long = {
      method: 'GET',
      path: '/api/v3/repos/acme/deploy',
      handle: () => ({ status: 200, text: '-'.repeat(101) }),
    };
    const server = await serve([long]);
    await expect(find(accessWith(), server.url, forges)).rejects.toMatchObject({ code: 'FORGE_INVALID_ANSWER' });
    const silent = using(await startForgeServer({ routes: () => [], guard: () => undefined }));
    silent.fail({ answer: 'never', times: 99 });
    const message = expect.stringContaining('in time');
    await expect(find(accessWith(), silent.url, forges)).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE', message });
  });

  test('a port where nobody listens is FORGE_UNREACHABLE', async () => {
    const server = await startForgeServer({ routes: () => [], guard: () => undefined });
    await server[Symbol.asyncDispose]();
    await expect(find(accessWith(), server.url)).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE' });
  });

  test('certificates that cannot be read are told with the credential', async () => {
    const clientCertificate = { certificate: 'no PEM', key: 'neither' };
    const message = expect.stringContaining('the Secret argocd/deploy');
    const open = newForges().open('https://github.com/acme/deploy', 'auto', accessWith({ clientCertificate }), signal);
    await expect(open).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID', message });
  });
});

const certificates = await makeCertificates();
describe.skipIf(certificates === undefined)('over HTTPS (skipped when openssl is not installed)', () => {
  const begin = async (asksForCertificate: boolean) => {
    if (certificates === undefined) throw new Error('no openssl');
    const server = using(await startGithub(new FakeRepository()));
    const front = using(await startTlsFront(server.url, { certificates, asksForCertificate }));
    const find = async (changes: Partial<HttpAccess>) => {
      const forge = await newForges().open(`${front.url}/acme/deploy`, 'github', accessWith(changes), signal);
      return forge.pullRequests.find(HEAD, 'main', signal);
    };
    return { front, find, certificates };
  };

  test('a private authority is trusted where it is given, and nowhere else', async () => {
    const { find, certificates } = await begin(false);
    expect(await find({ ca: certificates.ca })).toEqual([]);
    const failure = { code: 'FORGE_UNREACHABLE', message: expect.stringContaining('not trusted') };
    await expect(find({})).rejects.toMatchObject(failure);
    expect(await find({ isInsecure: true })).toEqual([]);
  });

  test('the certificate of the client is shown', async () => {
    const { front, find, certificates } = await begin(true);
    const { cert: certificate, key } = certificates.client;
    expect(await find({ ca: certificates.ca, clientCertificate: { certificate, key } })).toEqual([]);
    expect(front.seen.every(({ isKnown }) => isKnown)).toBe(true);
    await expect(find({ ca: certificates.ca })).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE' });
  });
});
