import { describe, expect, onTestFinished, test } from 'vitest';
import type { Tree } from '../src/ports/git.ts';
import { APP, composing, draft, openApiCommitLab, TRAILER } from './support/api-commit-lab.ts';
import { FakeRepository } from './support/forges/fake-repository.ts';
import { APP_TOKEN, startGithub } from './support/forges/github-double.ts';
import { ServedBranches } from './support/forges/served-branches.ts';
import { application, startWorld } from './support/world.ts';

const SIGNAL = AbortSignal.timeout(600_000);

describe('pushes', () => {
  test('are commits of the App, and git pushes nothing', async () => {
    const { git, ref, lab, repository, newest, idOf } = await openApiCommitLab();
    await git.open(ref, SIGNAL);
    const pushed = await git.push(ref, composing('2'), SIGNAL);
    const commit = await idOf('main');
    const message = `Update shop\n\n${TRAILER}\n`;
    expect(pushed).toEqual({ kind: 'pushed', branch: 'main', commits: [{ commit, message }], attempts: 1 });
    expect(await newest('main')).toBe('tiphys[bot]|Update shop|argocd/shop shop acme/shop 1 2 shop.yaml');
    expect(await lab.show(repository, 'shop.yaml')).toBe('tag: 2');
    expect(await lab.show(repository, 'other.yaml')).toBe('tag: 1');
    expect(lab.commands).not.toContain('push');
    expect((await git.open(ref, SIGNAL)).commit).toBe(commit);
  });

  test('are composed again where somebody was faster, however late', async () => {
    const { git, ref, lab, repository, on } = await openApiCommitLab();
    await git.open(ref, SIGNAL);
    let left = 3;
    on.before = async () => {
      if (left-- > 0) await lab.commit(repository, { 'other.yaml': `tag: other ${left}\n` });
    };
    expect(await git.push(ref, composing('2'), SIGNAL)).toMatchObject({ kind: 'pushed', attempts: 4 });
    expect(await lab.show(repository, 'shop.yaml')).toBe('tag: 2');
    expect(await lab.show(repository, 'other.yaml')).toBe('tag: other 0');
    expect(await lab.git(repository, 'rev-list', '--count', 'main')).toBe('5');
  });

  test('of several commits are stacked, and arrive together or not at all', async () => {
    const { git, ref, lab, repository, idOf, branches, on } = await openApiCommitLab();
    const start = await idOf('main');
    let left = 2;
    on.before = async () => {
      if (left > 0) expect(await idOf('main')).toBe(start);
      left -= 1;
      if (left === 0) await lab.commit(repository, { 'another.yaml': 'mine\n' });
    };
    const drafts = [draft({ 'shop.yaml': 'tag: 2\n' }, 'One'), draft({ 'other.yaml': 'tag: 2\n' }, 'Two')];
    const pushed = await git.push(ref, async () => drafts, SIGNAL);
    const before = await lab.git(repository, 'rev-parse', 'main~1');
    expect(pushed).toMatchObject({ attempts: 2, commits: [{ commit: before }, { commit: await idOf('main') }] });
    expect(await lab.git(repository, 'log', '--format=%s', '-3', 'main')).toBe('Two\nOne\nSomebody else was here');
    expect(await branches()).toEqual(['main']);
  });

  test('of several processes all arrive, each once', async () => {
    const { ref, lab, repository, openGit, branches } = await openApiCommitLab();
    const write = async (name: string, amount: number) => {
      const git = openGit(`${lab.folder}/state-${name}`);
      for (let change = 1; change <= 2; change += 1) {
        const adding = async (tree: Tree) => {
          const before = Buffer.from((await tree.read('other.yaml')) ?? []).toString();
          const lines = Array.from({ length: amount }, (_, part) => `${name} ${change} ${part}\n`);
          return lines.map((_, part) => draft({ 'other.yaml': before + lines.slice(0, part + 1).join('') }));
        };
        await git.push(ref, adding, SIGNAL);
      }
    };
    await Promise.all([write('one', 1), write('two', 2), write('three', 2)]);
    const lines = (await lab.show(repository, 'other.yaml')).split('\n');
    expect(lines).toHaveLength(1 + 2 + 4 + 4);
    expect(new Set(lines).size).toBe(lines.length);
    expect(await branches()).toEqual(['main']);
  });

  test('to a write branch that is not there begin at the base, and go on from there', async () => {
    const { git, ref, lab, repository, branches, idOf } = await openApiCommitLab();
    const base = await idOf('main');
    const write = { ...ref, writeBranch: 'release' };
    for (const tag of ['2', '3']) await git.push(write, composing(tag), SIGNAL);
    expect(await branches()).toEqual(['main', 'release']);
    expect(await idOf('main')).toBe(base);
    expect(await lab.git(repository, 'rev-parse', 'release~2')).toBe(base);
    expect(await lab.show(repository, 'shop.yaml', 'release')).toBe('tag: 3');
  });

  test('to a write branch that somebody deletes meanwhile begin at the base again', async () => {
    const { git, ref, lab, repository, idOf, on } = await openApiCommitLab();
    const base = await idOf('main');
    const write = { ...ref, writeBranch: 'release' };
    await git.push(write, composing('2'), SIGNAL);
    on.before = async () => {
      on.before = async () => {};
      await lab.git(repository, 'update-ref', '-d', 'refs/heads/release');
    };
    expect(await git.push(write, composing('3'), SIGNAL)).toMatchObject({ kind: 'pushed', attempts: 2 });
    expect(await lab.git(repository, 'rev-parse', 'release~1')).toBe(base);
    expect(await lab.show(repository, 'shop.yaml', 'release')).toBe('tag: 3');
  });

  test('to a branch that somebody deletes meanwhile fail as if it had never been there', async () => {
    const { git, ref, lab, repository, on } = await openApiCommitLab();
    await git.open(ref, SIGNAL);
    on.before = () => lab.git(repository, 'update-ref', '-d', 'refs/heads/main').then(() => {});
    await expect(git.push(ref, composing('2'), SIGNAL)).rejects.toMatchObject({ code: 'GIT_BRANCH_NOT_FOUND' });
  });

  test('to a protected branch are refused', async () => {
    const { git, ref, fake, idOf } = await openApiCommitLab();
    const base = await idOf('main');
    fake.protections.set('main', { needsSignature: false });
    await expect(git.push(ref, composing('2'), SIGNAL)).rejects.toMatchObject({ code: 'FORGE_REFUSED' });
    expect(await idOf('main')).toBe(base);
  });

  test('of an executable file are refused: the API would take the bit away', async () => {
    const { git, ref, idOf } = await openApiCommitLab({ executable: true });
    const base = await idOf('main');
    const fix = expect.stringContaining('--git-commit-method git');
    await expect(git.push(ref, composing('2'), SIGNAL)).rejects.toMatchObject({ code: 'FORGE_REFUSED', fix });
    expect(await idOf('main')).toBe(base);
  });

  test('with any other credential are made by git, with one warning', async () => {
    const { git, ref, secrets, unfit, newest, server, repository } = await openApiCommitLab();
    const [{ data, ...secret } = expect.unreachable()] = secrets.splice(0);
    secrets.push({ ...secret, data: { url: repository.url, password: APP_TOKEN } });
    for (const tag of ['2', '3']) await git.push(ref, composing(tag), SIGNAL);
    expect(await newest('main')).toMatch(/^Tiphys\|/);
    expect(unfit).toEqual([
      expect.objectContaining({ code: 'SETTING_UNUSED', message: expect.stringContaining('the Secret argocd/deploy') }),
    ]);
    expect(server.seen).toEqual([]);
  });
});

describe('the whole program', () => {
  async function world(annotations: Readonly<Record<string, string>>) {
    const world = await startWorld();
    const image = `${world.registry.host}/acme/shop`;
    world.putTags('acme/shop', '1.0.0', '1.1.0');
    const kustomization = `images:\n  - name: ${image}\n    newTag: 1.0.0\n`;
    const { path, url } = await world.repository('acme/deploy.git', new Map([['kustomization.yaml', kustomization]]));
    const fake = new FakeRepository();
    const server = await startGithub(fake, { served: new ServedBranches(path), installation: '42' });
    onTestFinished(async () => {
      await server[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
      expect(server.complaints).toEqual([]);
    });
    const settings = { 'image-list': `web=${image}:1.x`, 'write-back-target': 'kustomization', ...annotations };
    await world.manifests('shop.yaml', application('shop', { repoURL: url }, settings));
    const secret = (stringData: Readonly<Record<string, string>>) =>
      world.manifests(
        'secret.yaml',
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'deploy', namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': 'repository' } },
          stringData: { url, ...stringData },
        }),
      );
    await secret({ ...APP, githubAppEnterpriseBaseUrl: `${server.url}/api/v3` });
    const log = (branch: string) => world.gitIn(path, 'log', '-1', '--format=%an|%s', branch);
    return { world, path, fake, server, secret, log };
  }
  const ASKED = ['run', '--once', '--git-commit-method', 'api'] as const;

  test('lets GitHub commit to the branch', async () => {
    const { world: one, log, path } = await world({});
    expect(await one.tiphys(ASKED)).toMatchObject({ code: 0, stderr: '' });
    expect(await log('main')).toBe('tiphys[bot]|build: automatic update of shop\n');
    expect(await one.gitIn(path, 'show', 'main:kustomization.yaml')).toContain('newTag: 1.1.0');
  });

  test('lets GitHub commit to the branch of a request, and to a newer version of it', async () => {
    const { world: one, fake, log, path } = await world({ 'tiphys.dev/pull-request': 'github' });
    expect(await one.tiphys(ASKED)).toMatchObject({ code: 0, stderr: '' });
    const [request = expect.unreachable()] = fake.requests;
    expect(await log(request.head)).toBe('tiphys[bot]|build: automatic update of shop\n');
    one.putTags('acme/shop', '1.2.0');
    expect(await one.tiphys(ASKED)).toMatchObject({ code: 0, stderr: '' });
    expect(fake.requests).toHaveLength(1);
    expect(request).toMatchObject({ state: 'open', body: expect.stringContaining('1.2.0') });
    expect(await one.gitIn(path, 'show', `${request.head}:kustomization.yaml`)).toContain('newTag: 1.2.0');
    expect(await one.gitIn(path, 'rev-list', '--count', request.head)).toBe('2\n');
  });

  test('says that a password is no App, and goes on', async () => {
    const { world: one, secret, log, server } = await world({});
    await secret({ username: 'bot', password: 'x' });
    const { code, stdout, stderr } = await one.tiphys(ASKED);
    expect(code).toBe(0);
    expect(`${stdout}${stderr}`).toContain('the Secret argocd/deploy is no GitHub App');
    expect(await log('main')).toBe('argocd-image-updater|build: automatic update of shop\n');
    expect(server.seen).toEqual([]);
  });
});
