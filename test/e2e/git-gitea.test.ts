import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isUntyped, mappingAt, textAt, type Untyped } from '../../src/core/untyped.ts';
import { makeSigningKeys } from '../support/signing-keys.ts';
import { application, startWorld, type World } from '../support/world.ts';
import { type Gitea, startGitea } from './gitea.ts';
import { findTool, missing } from './tools.ts';

const program = findTool('gitea');
if (program === undefined) {
  test.skip(`writing to a real Gitea (${missing('gitea')})`, () => {});
} else {
  describe('a real Gitea', () => {
    let gitea: Gitea | undefined;
    let world: World | undefined;
    beforeAll(async () => {
      gitea = await startGitea(program);
      world = await startWorld();
    });
    afterAll(async () => {
      await world?.[Symbol.asyncDispose]();
      await gitea?.[Symbol.asyncDispose]();
    });
    const begin = async (name: string) => {
      if (!gitea || !world) throw new Error('nothing has started');
      return await setUp(gitea, world, name);
    };

    test('is asked by `git check` what a push would meet', async () => {
      const { url, protect, use, check } = await begin('checked');
      await use('writer');
      expect(await check(url)).toEqual({
        code: 0,
        credential: 'the Secret argocd/checked',
        forge: 'gitea',
        said: 'can read yes, can push yes, is protected no, needs signature no',
      });
      await protect('main');
      expect(await check(url)).toMatchObject({
        code: 1,
        said: 'can read yes, can push yes, is protected yes!, needs signature unknown',
      });
      await use('reader');
      expect(await check(url)).toMatchObject({
        code: 1,
        said: 'can read yes, can push no!, is protected yes!, needs signature unknown',
      });
      await use('nobody');
      expect(await check(url)).toMatchObject({
        code: 1,
        said: 'can read no!, can push no!, is protected unknown, needs signature unknown',
      });
    });

    test('takes pushes to an open branch, and its refusals come with their remedy', async () => {
      const { tag, apply, use, protect, read, run, commits } = await begin('pushed');
      await use('writer');
      await apply({});
      await tag('1.0.0', '1.1.0');
      expect(await run()).toMatchObject({ code: 0, stderr: '' });
      expect(await read('main')).toContain('1.1.0');
      const [pushed] = await commits();
      expect(pushed).toMatch(/Tiphys-Change: argocd\/pushed web \S+\/acme\/pushed 1\.0\.0 1\.1\.0 kustomization\.yaml/);

      await tag('1.2.0');
      await use('reader');
      const forbidden = await run();
      expect(forbidden.code).toBe(2);
      expect(forbidden.stdout + forbidden.stderr).toContain('GIT_PUSH_REFUSED');

      await use('writer');
      await protect('main');
      const refused = await run();
      expect(refused.code).toBe(2);
      expect(refused.stdout + refused.stderr).toMatch(
        /GIT_PUSH_REFUSED[\s\S]*fix: let the Secret argocd\/pushed push to this branch, or name another one/,
      );
      expect(await commits()).toHaveLength(3);
    });

    const signs = findTool('gpg') === undefined ? ` (${missing('gpg')})` : '';
    test.skipIf(signs !== '')(`takes signed commits only where it is told to${signs}`, async () => {
      const { url, tag, apply, use, protect, read, run, check, trust, author } = await begin('signed');
      await using keys = await makeSigningKeys(author);
      const { key } = keys.openpgp ?? expect.unreachable();
      await trust(await exportedKey(key, keys.env));
      await use('owner');
      await apply({});
      await tag('1.0.0', '1.1.0');
      await protect('main', { enable_push: true, require_signed_commits: true });
      expect(await check(url)).toMatchObject({ code: 1, said: expect.stringContaining('needs signature yes!') });
      const refused = await run();
      expect(refused.code).toBe(2);
      expect(refused.stdout + refused.stderr).toMatch(
        /GIT_PUSH_REFUSED[\s\S]*fix: .*`tiphys git check` tells of signatures/,
      );

      const signing = {
        GNUPGHOME: keys.env['GNUPGHOME'] ?? '',
        GIT_COMMIT_SIGNING_KEY: key,
        GIT_COMMIT_USER: author.name,
        GIT_COMMIT_EMAIL: author.email,
      };
      expect(await check(url, signing)).toMatchObject({
        code: 0,
        said: expect.stringContaining('needs signature yes'),
      });
      expect(await run(signing)).toMatchObject({ code: 0, stderr: '' });
      expect(await read('main')).toContain('1.1.0');
    });

    test('keeps what a person commits to the branch of a request, until they merge it', async () => {
      const { tag, apply, use, read, run, write, request, merge, branches } = await begin('proposed');
      await use('writer');
      await apply({ 'tiphys.dev/pull-request': 'auto' });
      await tag('1.0.0', '1.1.0');
      await run();
      const { number, head } = await request();
      await write(head, 'theirs.txt');
      const { commit } = await request();
      await tag('1.2.0');
      const { code, stdout, stderr } = await run();
      expect({ code, told: stdout + stderr }).toEqual({
        code: 0,
        told: expect.stringContaining('PULL_REQUEST_BLOCKED'),
      });
      expect(await request()).toMatchObject({ number, head, commit });
      await merge(number);
      expect(await read('main')).toContain('1.1.0');
      await run();
      const next = await request();
      expect(next.number).not.toBe(number);
      expect(await read(next.head)).toContain('1.2.0');
      await merge(next.number);
      await run();
      expect(await branches()).toEqual(['main']);
    });
  });
}

type Who = 'owner' | 'writer' | 'reader' | 'nobody';
type Env = Readonly<Record<string, string>>;

async function exportedKey(key: string, env: Env): Promise<string> {
  const { stdout } = await promisify(execFile)('gpg', ['--armor', '--export', key], { env });
  return stdout;
}

/** A repository with a kustomization, people with the rights that docs/git.md lists, and the program. */
async function setUp(gitea: Gitea, world: World, name: string) {
  const url = await gitea.createRepository(name);
  const repo = `/repos/${gitea.user}/${name}`;
  const tokens = {
    writer: await gitea.createUser(`${name}-writer`, ['write:repository', 'write:issue']),
    reader: await gitea.createUser(`${name}-reader`, ['read:repository']),
    nobody: 'no-such-token',
    owner: gitea.token,
  };
  await gitea.api('PATCH', repo, { private: true });
  await gitea.api('PUT', `${repo}/collaborators/${name}-writer`, { permission: 'write' });
  await gitea.api('PUT', `${repo}/collaborators/${name}-reader`, { permission: 'read' });
  const image = `${world.registry.host}/acme/${name}`;
  const write = async (branch: string, path: string, text = 'mine\n') => {
    await gitea.api('POST', `${repo}/contents/${path}`, { message: `Write ${path}`, content: btoa(text), branch });
  };
  await write('main', 'kustomization.yaml', `images:\n  - name: ${image}\n    newTag: 1.0.0\n`);
  return {
    url,
    write,
    tag: async (...tags: readonly string[]) => world.putTags(`acme/${name}`, ...tags),
    apply: (settings: Readonly<Record<string, string>>) => {
      const annotations = { 'image-list': `web=${image}:1.x`, 'write-back-target': 'kustomization', ...settings };
      return world.manifests(`${name}.yaml`, application(name, { repoURL: url }, annotations));
    },
    /** Whose token the Secret holds from now on. */
    use: (who: Who) => {
      const secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': 'repository' } },
        stringData: { url, username: who === 'owner' ? gitea.user : `${name}-${who}`, password: tokens[who] },
      };
      return world.manifests(`${name}-secret.yaml`, JSON.stringify(secret));
    },
    protect: (branch: string, rule: object = { enable_push: false }) =>
      gitea.api('POST', `${repo}/branch_protections`, { rule_name: branch, ...rule }),
    /** Of whom Gitea knows the keys that are trusted. */
    author: { name: 'Owner', email: 'admin@e2e.example' },
    trust: (publicKey: string) => gitea.api('POST', '/user/gpg_keys', { armored_public_key: publicKey }),
    run: (env: Env = {}) => world.tiphys(['run', '--once', '--match-application-name', name], env),
    async check(repoURL: string, env: Env = {}) {
      const { code, stdout } = await world.tiphys(['git', 'check', '-o', 'json', repoURL], env);
      const [found] = objects(JSON.parse(stdout));
      const answers = objects(found?.['answers']);
      const said = answers.map((one) => `${one['question']} ${one['answer']}${one['isObstacle'] === true ? '!' : ''}`);
      return { code, credential: found?.['credential'], forge: found?.['forge'], said: said.join(', ') };
    },
    async read(branch: string) {
      const file: unknown = await gitea.api(
        'GET',
        `${repo}/contents/kustomization.yaml?ref=${encodeURIComponent(branch)}`,
      );
      return atob(isUntyped(file) ? (textAt(file, 'content') ?? '') : '');
    },
    commits: async () =>
      objects(await gitea.api('GET', `${repo}/commits?sha=main`)).map((one) =>
        textAt(mappingAt(one, 'commit'), 'message'),
      ),
    /** The only open one. */
    async request() {
      const [one, ...more] = objects(await gitea.api('GET', `${repo}/pulls?state=open`));
      if (!one || more.length > 0) throw new Error(`${more.length + (one ? 1 : 0)} requests are open`);
      const head = mappingAt(one, 'head');
      const text = (of: Untyped, key: string) => textAt(of, key) ?? '';
      return { number: text(one, 'number'), head: text(head, 'ref'), commit: text(head, 'sha') };
    },
    /** Gitea looks for conflicts some time after a push, and refuses until then. */
    async merge(number: string) {
      const deadlineMs = Date.now() + 120_000;
      const tryOnce = () => gitea.api('POST', `${repo}/pulls/${number}/merge`, { Do: 'merge' });
      const again = async (error: Error) => {
        if (!error.message.includes('try again later') || Date.now() > deadlineMs) throw error;
        await sleep(200);
        await merge();
      };
      const merge = (): Promise<unknown> => tryOnce().catch(again);
      await merge();
    },
    branches: async () => objects(await gitea.api('GET', `${repo}/branches`)).map((one) => textAt(one, 'name') ?? ''),
  };
}

function objects(answer: unknown): readonly Untyped[] {
  return Array.isArray(answer) ? answer.filter(isUntyped) : [];
}
