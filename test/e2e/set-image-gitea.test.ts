import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isUntyped, textAt } from '../../src/core/untyped.ts';
import { eventually } from '../support/eventually.ts';
import { LAB_ENV } from '../support/git-lab.ts';
import { type Ended, run } from '../support/world.ts';
import { type Gitea, startGitea } from './gitea.ts';
import { findTool, missing } from './tools.ts';

const TIPHYS = join(import.meta.dirname, '../../dist/tiphys.js');

const program = findTool('gitea');
if (program === undefined) {
  test.skip(`setting images on a real Gitea (${missing('gitea')})`, () => {});
} else {
  describe('setting images on a real Gitea', () => {
    let gitea: Gitea | undefined;
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tiphys-set-image-'));
      gitea = await startGitea(program);
    });
    afterAll(async () => {
      await gitea?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    test('pushes, proposes, brings the request to a newer build, and lets a late one lose', async () => {
      if (!gitea) throw new Error('nothing has started');
      const stage = await setUp(gitea, folder);
      expect(await stage.build(1, [])).toMatchObject({ TIPHYS_OUTCOME: 'committed', TIPHYS_BRANCH: 'main' });
      expect(await stage.read('main')).toContain('newTag: "1"');

      const first = await stage.build(3, ['--pull-request', '--label', 'deploy']);
      expect(first).toMatchObject({ TIPHYS_OUTCOME: 'pull-request' });
      expect(await stage.requests()).toEqual([
        { title: 'build: set image acme/web:3', url: first['TIPHYS_PULL_REQUEST_URL'] },
      ]);

      expect(await stage.build(4, ['--pull-request'])).toMatchObject(pick(first));
      expect((await stage.requests()).map(({ title }) => title)).toEqual(['build: set image acme/web:4']);
      expect(await stage.build(2, ['--pull-request'])).toMatchObject({ TIPHYS_OUTCOME: 'superseded' });
      expect(await stage.read(first['TIPHYS_BRANCH'] ?? '')).toContain('newTag: "4"');

      await stage.mergeBySquash();
      expect(await stage.read('main')).toContain('newTag: "4"');
      // The merge's message says nothing of builds; the request does.
      expect(await stage.build(2, ['--pull-request'])).toMatchObject({ TIPHYS_OUTCOME: 'superseded' });
      expect(await stage.build(5, [])).toMatchObject({ TIPHYS_OUTCOME: 'committed' });
    });
  });
}

type Outputs = Readonly<Record<string, string>>;

interface Stage {
  /** What a pipeline of this number is told. */
  build(iid: number, flags: readonly string[]): Promise<Outputs>;
  read(branch: string): Promise<string>;
  requests(): Promise<readonly { title: string; url: string }[]>;
  mergeBySquash(): Promise<void>;
}

/** @param folder  for what each build keeps. A repository with a kustomization, and a robot's token with the rights that docs/git.md lists. */
async function setUp(gitea: Gitea, folder: string): Promise<Stage> {
  const url = await gitea.createRepository('deploy');
  const repo = `/repos/${gitea.user}/deploy`;
  const token = await gitea.createUser('robot', ['write:repository', 'write:issue']);
  await gitea.api('PUT', `${repo}/collaborators/robot`, { permission: 'write' });
  const content = btoa('images:\n- name: acme/web\n  newTag: "0"\n');
  await gitea.api('POST', `${repo}/contents/k8s/kustomization.yaml`, { message: 'Deploy', content, branch: 'main' });
  const credentials = {
    TIPHYS_GIT_HOST: new URL(url).host,
    TIPHYS_GIT_USERNAME: 'robot',
    TIPHYS_GIT_PASSWORD: token,
  };
  const open = async () => listOf(await gitea.api('GET', `${repo}/pulls?state=open`));
  return {
    build: async (iid, flags) => {
      const args = [`acme/web:${iid}`, 'k8s', '--repo', url, '--branch', 'main', '-o', 'dotenv', ...flags];
      const ci = { GITLAB_CI: 'true', CI_SERVER_HOST: 'gitlab.example.com', CI_PROJECT_ID: '42' };
      const env = {
        ...LAB_ENV,
        ...ci,
        CI_PIPELINE_IID: String(iid),
        ...credentials,
        XDG_STATE_HOME: join(folder, String(iid)),
      };
      return outputsOf(await run(process.execPath, [TIPHYS, 'set-image', ...args], '/', env));
    },
    read: async (branch) => {
      const file = await gitea.api('GET', `${repo}/contents/k8s/kustomization.yaml?ref=${encodeURIComponent(branch)}`);
      return atob((isUntyped(file) && textAt(file, 'content')) || '');
    },
    requests: async () =>
      (await open()).map((one) => ({ title: textAt(one, 'title') ?? '', url: textAt(one, 'html_url') ?? '' })),
    mergeBySquash: async () => {
      const [request] = await open();
      const number = request?.['number'];
      const how = { Do: 'squash', delete_branch_after_merge: true };
      // Gitea compares the branches some time after they were pushed, and merges nothing before.
      await eventually(async () => void (await gitea.api('POST', `${repo}/pulls/${number}/merge`, how)), 500);
    },
  };
}

function outputsOf({ code, stdout, stderr }: Ended): Outputs {
  expect([code, stdout === '' ? stderr : '']).toEqual([0, '']);
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=', 2)),
  );
}

function pick({ TIPHYS_OUTCOME, TIPHYS_BRANCH, TIPHYS_PULL_REQUEST_URL }: Outputs): Outputs {
  return {
    TIPHYS_OUTCOME: TIPHYS_OUTCOME ?? '',
    TIPHYS_BRANCH: TIPHYS_BRANCH ?? '',
    TIPHYS_PULL_REQUEST_URL: TIPHYS_PULL_REQUEST_URL ?? '',
  };
}

function listOf(answer: unknown) {
  return Array.isArray(answer) ? answer.filter(isUntyped) : [];
}
