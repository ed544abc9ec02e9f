import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { startCloud } from '../../test/support/clouds.ts';
import { LAB_ENV, openLab } from '../../test/support/git-lab.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import type { BranchRef } from '../ports/git.ts';

const signal = AbortSignal.timeout(600_000);
const FILES = new Map([['values.yaml', 'tag: 1\n']]);
const TOKEN = 'b3arer.t0ken-x';
const compose = async () => [{ message: 'm\n', files: new Map([['values.yaml', Buffer.from('tag: 2\n')]]) }];
const repoSecret = (data: Record<string, string>): KeyValueObject => ({
  namespace: 'argocd',
  name: 'repo',
  labels: { 'argocd.argoproj.io/secret-type': 'repository' },
  data,
});
const refTo = (repoURL: string): BranchRef => ({ repoURL, branch: 'main', project: 'default' });

/** A lab that lets in whoever shows a header, and asks for none as Bitbucket Data Center does. */
async function openHeaderLab(wanted: string) {
  const seen: IncomingHttpHeaders[] = [];
  const lab = await openLab({
    intercept: (_, response, incoming) => {
      seen.push(incoming.headers);
      if (incoming.headers.authorization === wanted) return false;
      response.writeHead(404).end();
      return true;
    },
  });
  const repository = await lab.createRepository('r.git', { files: FILES });
  return { lab, repository, seen, [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose]() };
}

/** Another server of this machine, under another name. */
async function startThief() {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((incoming, response) => {
    seen.push(incoming.headers);
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="thief"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://localhost:${port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('what is sent without being asked for', () => {
  for (const [what, data, header, authorization] of [
    ['a bearer token', { bearerToken: TOKEN }, `Bearer ${TOKEN}`, { kind: 'bearer', token: TOKEN }],
    [
      'a password that is forced',
      { username: 'u', password: 'p', forceHttpBasicAuth: 'true' },
      `Basic ${Buffer.from('u:p').toString('base64')}`,
      { kind: 'basic', username: 'u', password: 'p' },
    ],
  ] as const) {
    test(`${what} opens for fetch and push, and for other clients`, async () => {
      await using open = await openHeaderLab(header);
      const { lab, repository } = open;
      const git = lab.openGit({ secrets: () => [repoSecret({ url: repository.url, ...data })] });
      expect((await git.push(refTo(repository.url), compose, signal)).kind).toBe('pushed');
      expect(await lab.show(repository, 'values.yaml')).toBe('tag: 2');
      expect(await git.access(refTo(repository.url), signal)).toEqual({
        source: 'the Secret argocd/repo',
        authorization,
        isInsecure: false,
      });
    });

    test(`${what} goes along with no redirect, not even on the same host`, async () => {
      await using thief = await startThief();
      for (const location of [thief.url, '']) {
        const seen: string[] = [];
        await using lab = await openLab({
          intercept: ({ path }, response) => {
            seen.push(path);
            response.writeHead(302, { Location: `${location}${path.replace('r.git', 'moved.git')}` }).end();
            return true;
          },
        });
        const url = `${lab.server.url}/r.git`;
        const opening = lab.openGit({ secrets: () => [repoSecret({ url, ...data })] }).open(refTo(url), signal);
        await expect(opening).rejects.toMatchObject({
          code: 'GIT_REPOSITORY_NOT_FOUND',
          fix: expect.stringContaining('repoURL'),
        });
        expect(seen.filter((path) => path.startsWith('/moved'))).toEqual([]);
      }
      expect(thief.seen).toEqual([]);
    });
  }
});

describe('access for other clients', () => {
  test('with a GitHub App carries its token and its API', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    await using github = await startCloud(() => ({ token: 'ghs_x', expires_at: expires }));
    await using lab = await openLab({ auth: { username: 'x-access-token', password: 'ghs_x' } });
    const repository = await lab.createRepository('r.git', { files: FILES });
    const data = {
      url: repository.url,
      githubAppID: '7',
      githubAppInstallationID: '42',
      githubAppPrivateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      githubAppEnterpriseBaseUrl: github.url,
    };
    const git = lab.openGit({ secrets: () => [repoSecret(data)] });
    expect((await git.push(refTo(repository.url), compose, signal)).kind).toBe('pushed');
    expect(await git.access(refTo(repository.url), signal)).toMatchObject({
      authorization: { kind: 'github-app', token: 'ghs_x' },
      apiBase: `${github.url}/api/v3`,
    });
    expect(github.seen.length).toBe(1);
  });

  test('a token that is refused is not shown again', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    let count = 0;
    await using github = await startCloud(() => {
      count += 1;
      return { token: `ghs_${count}`, expires_at: expires };
    });
    await using lab = await openLab({ auth: { username: 'x-access-token', password: 'ghs_2' } });
    const { url } = await lab.createRepository('r.git', { files: FILES });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const app = { githubAppID: '7', githubAppInstallationID: '42', githubAppPrivateKey: key };
    const git = lab.openGit({ secrets: () => [repoSecret({ url, ...app, githubAppEnterpriseBaseUrl: github.url })] });
    await expect(git.open(refTo(url), signal)).rejects.toMatchObject({ code: 'GIT_UNAUTHORIZED' });
    expect((await git.open(refTo(url), signal)).paths).toEqual(['values.yaml']);
    await git.open(refTo(url), signal);
    expect(count).toBe(2);
  });

  test('of the user’s own are what the credential helpers say of this path', async () => {
    await using lab = await openLab();
    const helper = '"!f() { cat >&2; test $1 = get && echo password=own=s3cret; }; f"';
    const ofPath = `[credential "http://127.0.0.1/team/r.git"]\nusername = ada\nhelper = ${helper}\n`;
    const settings = `[credential]\nuseHttpPath = true\n${ofPath}`;
    await writeFile(`${lab.folder}/.gitconfig`, settings);
    const { GIT_CONFIG_GLOBAL: _, ...env } = LAB_ENV;
    const git = lab.openGit({ env: { ...env, HOME: lab.folder } });
    const ref = refTo('http://127.0.0.1/team/r.git');
    expect(git.credentialName(ref)).toBe('your own git');
    expect(await git.access(ref, signal)).toEqual({
      source: 'your own git',
      authorization: { kind: 'basic', username: 'ada', password: 'own=s3cret' },
      isInsecure: false,
    });
    const other = refTo('http://127.0.0.1/team/other.git');
    expect(await git.access(other, signal)).toMatchObject({ authorization: { kind: 'none' } });
  });

  test('of an ssh repository are those of the Secret for the same path over HTTPS', async () => {
    await using lab = await openLab();
    const ssh = { ...repoSecret({ url: 'git@git.example.com:team/shop.git', sshPrivateKey: '' }), name: 'ssh' };
    const https = repoSecret({ url: 'https://git.example.com/team/shop', password: 'forge' });
    const named = { ...repoSecret({ password: 'both' }), namespace: 'shop', name: 'mine', labels: {} };
    const git = lab.openGit({ secrets: () => [ssh, https, named] });
    const ref = refTo('ssh://git@git.example.com:2222/team/shop.git');
    expect(await git.access(ref, signal)).toMatchObject({
      source: 'the Secret argocd/repo',
      authorization: { kind: 'basic', username: 'x-access-token', password: 'forge' },
    });
    expect(await git.access({ ...ref, secret: 'shop/mine' }, signal)).toMatchObject({ source: 'the Secret shop/mine' });
    expect(await git.access({ ...ref, secret: 'argocd/ssh' }, signal)).toMatchObject({
      source: 'the Secret argocd/repo',
    });
  });

  test('go through the environment’s proxy, but not to this machine', async () => {
    await using lab = await openLab();
    const env = { ...LAB_ENV, HTTPS_PROXY: 'http://proxy:3128', HTTP_PROXY: 'http://proxy:3128' };
    const git = lab.openGit({ env });
    expect(await git.access(refTo('https://git.example.com/x'), signal)).toMatchObject({ proxy: 'http://proxy:3128' });
    expect(await git.access(refTo('http://localhost:1/x'), signal)).not.toHaveProperty('proxy');
  });
});

describe('what git may speak', () => {
  for (const [repoURL, protocols, isAllowed] of [
    ['http://git.invalid/x', ['https', 'ssh'], false],
    ['http://git.invalid/x', ['https', 'ssh', 'http'], true],
    ['file:///nonexistent', ['https', 'ssh'], false],
    ['/nonexistent', ['https', 'ssh', 'http'], false],
    ['/nonexistent', ['file'], true],
    ['git@git.invalid:x', ['https'], false],
    ['http://127.0.0.1:9/x', ['https'], true],
    ['http://localhost:9/x', [], true],
    ['http://localhost.example.com/x', ['https'], false],
  ] as const) {
    test(`${repoURL} ${isAllowed ? 'with' : 'not with'} ${protocols.join(',') || 'nothing'}`, async () => {
      await using lab = await openLab();
      const opening = lab.openGit({ protocols }).open(refTo(repoURL), signal);
      const failure = await opening.catch((error: unknown) => error);
      if (isAllowed) expect(failure).not.toMatchObject({ code: 'GIT_REF_INVALID' });
      else expect(failure).toMatchObject({ code: 'GIT_REF_INVALID', fix: expect.stringContaining('--git-protocols') });
      expect(failure).toBeInstanceOf(Error);
      expect(lab.commands.some((command) => command !== 'version')).toBe(isAllowed);
    });
  }
});
