import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { diff } from './diff.ts';

const SIGNAL = new AbortController().signal;
let root = '';
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'tiphys-diff-')));
  const files = {
    'base/kustomization.yaml': 'resources: [pod.yaml]\n',
    'base/pod.yaml': 'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: web:1}]}\n',
    'envs/prod/kustomization.yaml': 'resources: [../../base]\nimages: [{name: web, newTag: v2}]\n',
    'tree/.git/HEAD': '',
    'tree/env/kustomization.yaml': 'resources: [../../base]\n',
    'tree/pod.yaml': 'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: web:3}]}\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await symlink('../base/pod.yaml', join(root, 'tree/out.yaml'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const compare = (left: string, right: string) =>
  diff({ environments: [join(root, left), join(root, right)], given: [], defaultStateDir: root }, SIGNAL);

test('a kustomization and its base, which lies beside it', async () => {
  expect(await compare('base', 'envs/prod')).toMatchObject({
    left: join(root, 'base'),
    differences: [{ name: 'web', left: ['web:1'], right: ['web:v2'] }],
    unread: [],
  });
});

test('what lies outside of the work tree is not read', async () => {
  await expect(compare('tree/pod.yaml', 'tree/env')).rejects.toMatchObject({
    code: 'IMAGE_NOT_FOUND',
    message: expect.stringContaining('outside of the repository'),
  });
  await expect(compare('tree/pod.yaml', 'tree/out.yaml')).rejects.toMatchObject({ code: 'TARGET_OUTSIDE_REPOSITORY' });
});

test('what is not there, and can be no Application', async () => {
  await expect(compare('base', 'none')).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND', object: join(root, 'none') });
});
