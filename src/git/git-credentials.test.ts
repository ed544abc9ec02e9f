import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LAB_ENV, openLab, textBelow } from '../../test/support/git-lab.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import type { BranchRef } from '../ports/git.ts';

const signal = AbortSignal.timeout(600_000);
const AUTH = { username: 'bot', password: 's3cret \'w$x"%41' };
const FILES = new Map([['values.yaml', 'tag: 1\n']]);
const ref = (repoURL: string, more: Partial<BranchRef> = {}): BranchRef => ({
  repoURL,
  branch: 'main',
  project: 'default',
  ...more,
});
const compose = async () => [{ message: 'm\n', files: new Map([['values.yaml', Buffer.from('tag: 2\n')]]) }];
const secret = (name: string, data: Record<string, string>, labels: Record<string, string> = {}): KeyValueObject => ({
  namespace: 'argocd',
  name,
  labels,
  data,
});

interface Given {
  readonly branch: BranchRef;
  readonly secrets?: readonly KeyValueObject[];
  readonly env?: Record<string, string>;
}

describe('credentials reach the server', () => {
  const label = { 'argocd.argoproj.io/secret-type': 'repository' };
  const userinfo = `${AUTH.username}:${encodeURIComponent(AUTH.password)}@`;
  const cases: readonly (readonly [string, (url: string) => Given])[] = [
    ['a named Secret', (url) => ({ branch: ref(url, { secret: 'argocd/git' }), secrets: [secret('git', AUTH)] })],
    ['Argo CD’s repository Secret', (url) => ({ branch: ref(url), secrets: [secret('r', { ...AUTH, url }, label)] })],
    [
      'the environment',
      (url) => ({
        branch: ref(url),
        env: {
          TIPHYS_GIT_HOST: new URL(url).host,
          TIPHYS_GIT_USERNAME: AUTH.username,
          TIPHYS_GIT_PASSWORD: AUTH.password,
        },
      }),
    ],
    ['the repoURL', (url) => ({ branch: ref(url.replace('//', `//${userinfo}`)) })],
  ];
  for (const [what, given] of cases) {
    test(`from ${what}, for fetch and push`, async () => {
      await using lab = await openLab({ auth: AUTH });
      const repository = await lab.createRepository('r.git', { files: FILES });
      const { branch, secrets = [], env = {} } = given(repository.url);
      const git = lab.openGit({ secrets: () => secrets, env: { ...LAB_ENV, ...env } });
      await git.open(branch, signal);
      expect((await git.push(branch, compose, signal)).kind).toBe('pushed');
      expect(await lab.show(repository, 'values.yaml')).toBe('tag: 2');
      const kept = await textBelow(lab.stateDir);
      expect(kept).not.toContain(AUTH.password);
      expect(kept).not.toContain(encodeURIComponent(AUTH.password));
    });
  }

  test('and are blotted out in what a hook there says, also as the header in which they came', async () => {
    await using lab = await openLab({ auth: AUTH });
    const repository = await lab.createRepository('r.git', { files: FILES });
    const header = Buffer.from(`${AUTH.username}:${AUTH.password}`).toString('base64');
    const hook = join(repository.path, 'hooks', 'pre-receive');
    await writeFile(hook, `#!/bin/sh\necho 'denied: Basic ${header}' >&2\nexit 1\n`, { mode: 0o755 });
    const git = lab.openGit({ secrets: () => [secret('git', AUTH)] });
    const push = git.push(ref(repository.url, { secret: 'argocd/git' }), compose, signal);
    await expect(push).rejects.toMatchObject({ message: expect.stringContaining('denied: Basic ***') });
  });

  test('from the user’s own helpers, without the user’s hooks and aliases', async () => {
    await using lab = await openLab({ auth: AUTH });
    const repository = await lab.createRepository('r.git', { files: FILES });
    const home = join(lab.folder, 'home');
    await mkdir(join(home, 'hooks'), { recursive: true });
    await writeFile(join(home, 'hooks', 'pre-push'), '#!/bin/sh\nexit 1\n');
    await chmod(join(home, 'hooks', 'pre-push'), 0o755);
    const quoted = AUTH.password.replaceAll("'", "'\\''");
    await writeFile(
      join(home, 'helper'),
      `#!/bin/sh\nprintf '%s\\n' 'username=${AUTH.username}' 'password=${quoted}'\n`,
    );
    await chmod(join(home, 'helper'), 0o755);
    const settings = [
      `[credential]\nhelper = ${home}/helper`,
      `[core]\nhooksPath = ${home}/hooks`,
      '[commit]\ngpgSign',
    ];
    await writeFile(join(home, '.gitconfig'), settings.join('\n'));
    const { GIT_CONFIG_GLOBAL: _none, ...env } = LAB_ENV;
    const git = lab.openGit({ env: { ...env, HOME: home } });
    expect((await git.push(ref(repository.url), compose, signal)).kind).toBe('pushed');
  });
});

describe('credentials stay where they belong', () => {
  for (const [what, env] of [
    ['none', {}],
    ['wrong ones', { TIPHYS_GIT_USERNAME: 'bot', TIPHYS_GIT_PASSWORD: 'n0t-this-one' }],
  ] as const) {
    test(`${what}: GIT_UNAUTHORIZED, and nothing of them in the message`, async () => {
      await using lab = await openLab({ auth: AUTH });
      const repository = await lab.createRepository('r.git', { files: FILES });
      const host = 'TIPHYS_GIT_PASSWORD' in env ? { TIPHYS_GIT_HOST: new URL(repository.url).host } : {};
      const opening = lab.openGit({ env: { ...LAB_ENV, ...env, ...host } }).open(ref(repository.url), signal);
      const failure = await opening.catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'GIT_UNAUTHORIZED' });
      expect(JSON.stringify([failure, String(failure)])).not.toContain('n0t-this-one');
    });
  }

  test('a redirect to another host gets none', async () => {
    const seen: (string | undefined)[] = [];
    const thief = createServer((incoming, response) => {
      seen.push(incoming.headers.authorization);
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="thief"' }).end();
    });
    await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve));
    const address = thief.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await using lab = await openLab({
      auth: AUTH,
      intercept: ({ path }, response, incoming) => {
        if (incoming.headers.authorization === undefined) return false; // first ask for the password, as servers do
        response.writeHead(302, { Location: `http://localhost:${port}${path}` }).end();
        return true;
      },
    });
    const git = lab.openGit({ secrets: () => [secret('git', AUTH)] });
    await expect(git.open(ref(`${lab.server.url}/r.git`, { secret: 'argocd/git' }), signal)).rejects.toMatchObject({
      code: 'GIT_UNAUTHORIZED',
    });
    thief.close();
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter((header) => header !== undefined)).toEqual([]);
  });

  test('netrc is out of reach when a password was chosen', async () => {
    await using lab = await openLab({ auth: AUTH });
    const repository = await lab.createRepository('r.git', { files: FILES });
    await writeFile(join(lab.folder, '.netrc'), `machine 127.0.0.1 login bot password ${AUTH.password}\n`);
    const git = lab.openGit({
      env: { ...LAB_ENV, HOME: lab.folder },
      secrets: () => [secret('git', { password: 'wrong' })],
    });
    const opening = git.open(ref(repository.url, { secret: 'argocd/git' }), signal);
    await expect(opening).rejects.toMatchObject({ code: 'GIT_UNAUTHORIZED' });
  });

  const isLinux = process.platform === 'linux';
  test.skipIf(!isLinux)(`no process list shows a password${isLinux ? '' : ' (needs /proc)'}`, async () => {
    const commandLines = new Set<string>();
    await using lab = await openLab({
      auth: AUTH,
      intercept: async () => {
        for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
          commandLines.add(await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''));
        }
        return false;
      },
    });
    const repository = await lab.createRepository('r.git', { files: FILES });
    const userinfo = `${AUTH.username}:${encodeURIComponent(AUTH.password)}@`;
    const git = lab.openGit();
    expect((await git.push(ref(repository.url.replace('//', `//${userinfo}`)), compose, signal)).kind).toBe('pushed');
    const all = [...commandLines].join('\n');
    expect(all).toContain('send-pack');
    expect(all).toContain('push\0--porcelain');
    for (const form of [
      AUTH.password,
      encodeURIComponent(AUTH.password),
      Buffer.from(`bot:${AUTH.password}`).toString('base64'),
    ]) {
      expect(all).not.toContain(form);
    }
  });
});

test('what others have fetched is not there for a Secret of an Application’s own', async () => {
  await using lab = await openLab({ auth: AUTH });
  const repository = await lab.createRepository('r.git', { files: FILES });
  const label = { 'argocd.argoproj.io/secret-type': 'repository' };
  const secrets = [secret('r', { ...AUTH, url: repository.url }, label), secret('git', AUTH)];
  const git = lab.openGit({ secrets: () => secrets });
  for (const more of [{}, { secret: 'argocd/git' }, { project: 'other' }])
    await git.open(ref(repository.url, more), signal);
  expect((await readdir(join(lab.stateDir, 'mirrors'))).length).toBe(2);
});

describe('the user’s environment', () => {
  test('cannot lead git elsewhere', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const trap = join(lab.folder, 'trap');
    const env = {
      ...LAB_ENV,
      GIT_DIR: trap,
      GIT_WORK_TREE: trap,
      GIT_OBJECT_DIRECTORY: trap,
      GIT_CONFIG_PARAMETERS: "'core.hooksPath'='/nonexistent'",
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'url.http://127.0.0.1:1/.insteadOf',
      GIT_CONFIG_VALUE_0: lab.server.url,
      GIT_PROXY_COMMAND: trap,
      GIT_EXEC_PATH: trap,
      LC_ALL: 'de_DE.UTF-8',
    };
    const git = lab.openGit({ env });
    expect((await git.push(ref(repository.url), compose, signal)).kind).toBe('pushed');
    expect(existsSync(trap)).toBe(false);
  });
});
