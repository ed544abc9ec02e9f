import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isUntyped, mappingAt, textAt, type Untyped } from '../../src/core/untyped.ts';
import { eventually } from '../support/eventually.ts';
import { application, startWorld, type World } from '../support/world.ts';
import { type Gitea, startGitea } from './gitea.ts';
import { findTool, missing } from './tools.ts';

const program = findTool('gitea');
if (program === undefined) {
  test.skip(`pull requests on a real Gitea (${missing('gitea')})`, () => {});
} else {
  describe('from a registry to a pull request on a real Gitea', () => {
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

    test('it is opened, kept up to date, declined by a person, opened for a newer version, and merged', async () => {
      if (!gitea || !world) throw new Error('nothing has started');
      const stage = await setUp(gitea, world);
      world.putTags('acme/shop', '1.0.0', '1.1.0');

      expect(await stage.run()).toContain('1 update in 1 commit');
      const [first] = await stage.requests();
      if (!first) throw new Error('no request was opened');
      expect(first.title).toBe('build: automatic update of shop');
      expect(first.body).toContain('| `1.0.0` | `1.1.0` |');
      expect(await stage.read('main')).toContain('1.0.0');

      expect(await stage.run()).toContain('1 update in 1 pull request');
      expect(await stage.requests()).toEqual([first]);

      world.putTags('acme/shop', '1.2.0');
      await stage.run();
      const [updated, ...more] = await stage.requests();
      expect(more).toEqual([]);
      expect(updated).toMatchObject({ number: first.number, branch: first.branch });
      expect(updated?.body).toContain('`1.2.0`');
      expect(updated?.commit).not.toBe(first.commit);
      expect(await stage.read(first.branch)).toContain('1.2.0');

      await stage.close(first.number);
      expect(await stage.run()).toContain('1 held');
      expect(await stage.branches()).toEqual(['main']);
      await stage.hasSeenRemoval();

      world.putTags('acme/shop', '1.3.0');
      await stage.autoMerge();
      await stage.run();
      const [newer] = await stage.requests();
      await stage.pass(newer?.commit ?? '');
      // A look may find that Gitea is not done with comparing the branches.
      for (let cycle = 0; cycle < 10 && !(await stage.read('main')).includes('1.3.0'); cycle++) await stage.run();
      expect(await stage.read('main')).toContain('1.3.0');
      expect(await stage.run()).toContain('1 current');
      expect(await stage.branches()).toEqual(['main']);
    });
  });
}

type Request = Readonly<Record<'number' | 'title' | 'body' | 'updatedAt' | 'branch' | 'commit', string>>;

interface Stage {
  run(): Promise<string>;
  requests(): Promise<readonly Request[]>;
  read(branch: string): Promise<string>;
  branches(): Promise<readonly string[]>;
  close(number: string): Promise<void>;
  autoMerge(): Promise<void>;
  /** Gitea closes what is open for a branch when it comes to its removal, which is some time after the push. */
  hasSeenRemoval(): Promise<void>;
  /** A check of a commit has passed. */
  pass(commit: string): Promise<void>;
}

/** A repository with one Application, its Secret, and a robot's token with the rights that docs/git.md lists. */
async function setUp(gitea: Gitea, world: World): Promise<Stage> {
  const url = await gitea.createRepository('deploy');
  const repo = `/repos/${gitea.user}/deploy`;
  const token = await gitea.createUser('robot', ['write:repository', 'write:issue']);
  await gitea.api('PUT', `${repo}/collaborators/robot`, { permission: 'write' });
  const image = `${world.registry.host}/acme/shop`;
  const content = btoa(`images:\n  - name: ${image}\n    newTag: 1.0.0\n`);
  await gitea.api('POST', `${repo}/contents/kustomization.yaml`, { message: 'Deploy', content, branch: 'main' });
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'deploy', namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': 'repository' } },
    stringData: { url, username: 'robot', password: token },
  };
  await world.manifests('secret.yaml', JSON.stringify(secret));
  const apply = async (more: Readonly<Record<string, string>>) => {
    const settings = { 'image-list': `web=${image}:1.x`, 'write-back-target': 'kustomization' };
    const annotations = { ...settings, 'tiphys.dev/pull-request': 'auto', ...more };
    await world.manifests('shop.yaml', application('shop', { repoURL: url }, annotations));
  };
  await apply({});
  return {
    async run() {
      const { stdout, stderr } = await world.tiphys(['run', '--once']);
      expect(stderr).toBe('');
      return stdout;
    },
    requests: async () => objects(await gitea.api('GET', `${repo}/pulls?state=open`)).map(seen),
    async read(branch) {
      const path = `${repo}/contents/kustomization.yaml?ref=${encodeURIComponent(branch)}`;
      const file: unknown = await gitea.api('GET', path);
      return atob(isUntyped(file) ? (textAt(file, 'content') ?? '') : '');
    },
    branches: async () => objects(await gitea.api('GET', `${repo}/branches`)).map((one) => textAt(one, 'name') ?? ''),
    async close(number) {
      await gitea.api('PATCH', `${repo}/pulls/${number}`, { state: 'closed' });
    },
    async hasSeenRemoval() {
      await eventually(async () => {
        const feed = objects(await gitea.api('GET', `${repo}/activities/feeds`));
        expect(feed.map((event) => textAt(event, 'op_type'))).toContain('delete_branch');
      });
    },
    async pass(commit) {
      await gitea.api('POST', `${repo}/statuses/${commit}`, { state: 'success', context: 'build' });
    },
    autoMerge: () => apply({ 'tiphys.dev/pull-request.auto-merge': 'when-green' }),
  };
}

/** As much of a request as changes only with the request itself. */
function seen(request: Untyped): Request {
  const head = mappingAt(request, 'head');
  const text = (key: string) => textAt(request, key) ?? '';
  return {
    number: text('number'),
    title: text('title'),
    body: text('body'),
    updatedAt: text('updated_at'),
    branch: textAt(head, 'ref') ?? '',
    commit: textAt(head, 'sha') ?? '',
  };
}

function objects(answer: unknown): readonly Untyped[] {
  return Array.isArray(answer) ? answer.filter(isUntyped) : [];
}
