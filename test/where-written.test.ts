import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lintFiles } from './support/lint-files.ts';
import { application, startWorld, type World } from './support/world.ts';

const project = (sourceRepo: string) =>
  JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: 'default', namespace: 'argocd' },
    spec: { sourceRepos: [sourceRepo] },
  });

const FILES = new Map([['values.yaml', 'image:\n  tag: 1.0.0\n']]);
const settingsFor = (world: World) => ({
  'image-list': `main=${world.registry.host}/acme/shop:1.x`,
  'main.helm.image-tag': 'image.tag',
  'main.helm.image-name': 'image.name',
  'write-back-target': 'helmvalues:/values.yaml',
});

test('a plan names the branch that is pushed, and the credential', async () => {
  await using world = await startWorld();
  const { url } = await world.repository('shop', FILES);
  world.putTags('acme/shop', '1.0.0', '1.1.0');
  const settings = { ...settingsFor(world), 'git-branch': 'main:update-{{range .Images}}{{.NewTag}}{{end}}' };
  await world.manifests('shop.yaml', application('shop', { repoURL: url, path: '.' }, settings));
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'deploy', namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': 'repository' } },
    stringData: { url, username: 'bot', password: 'not-to-be-seen' },
  };
  await world.manifests('secret.json', JSON.stringify(secret));
  const { stdout } = await world.tiphys(['plan', '-o', 'json']);
  expect(JSON.parse(stdout).items[0].target).toEqual({
    kind: 'helmvalues',
    repoURL: url,
    branch: 'update-1.1.0',
    path: 'values.yaml',
    credential: 'the Secret argocd/deploy',
    writeBranch: 'update-1.1.0',
  });
  const shown = await world.tiphys(['plan']);
  expect(shown.stdout).toContain('(helmvalues), with the Secret argocd/deploy');
  expect(stdout + shown.stdout + shown.stderr).not.toContain('not-to-be-seen');
});

test('with a source hydrator the dry source is written', async () => {
  await using world = await startWorld();
  const { url, path } = await world.repository('shop', new Map([['apps/values.yaml', 'image:\n  tag: 1.0.0\n']]));
  await world.gitIn(path, 'branch', 'dry', 'main');
  world.putTags('acme/shop', '1.0.0', '1.1.0');
  const settings = { ...settingsFor(world), 'write-back-target': 'helmvalues:values.yaml' };
  const annotations = Object.entries(settings).map(([key, text]) => [`argocd-image-updater.argoproj.io/${key}`, text]);
  const manifest = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'shop', annotations: Object.fromEntries(annotations) },
    spec: {
      project: 'default',
      source: { repoURL: 'https://elsewhere.example/hydrated', path: 'out' },
      sourceHydrator: {
        drySource: { repoURL: url, path: 'apps', targetRevision: 'dry' },
        syncSource: { targetBranch: 'env/prod', path: 'out' },
      },
    },
  };
  await world.manifests('shop.json', JSON.stringify(manifest));
  const { code, stderr } = await world.tiphys(['run', '--once', '--write-back', 'git']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(await world.gitIn(path, 'show', 'dry:apps/values.yaml')).toContain('1.1.0');
  expect(await world.gitIn(path, 'show', 'main:apps/values.yaml')).not.toContain('1.1.0');
});

test('nothing is asked of a repository that the AppProject does not allow', async () => {
  await using world = await startWorld();
  const source = await world.repository('shop', FILES);
  const other = await world.repository('other', FILES);
  world.putTags('acme/shop', '1.0.0', '1.1.0');
  const settings = {
    ...settingsFor(world),
    'git-repository': other.url,
    'git-branch': 'main',
  };
  await world.manifests('shop.yaml', application('shop', { repoURL: source.url, path: '.' }, settings));
  await world.manifests('project.json', project(source.url));
  const refused = await world.tiphys(['run', '--once']);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('REPOSITORY_NOT_PERMITTED')]);
  expect(refused.stderr).toContain(`the AppProject default does not allow ${other.url}`);
  expect(world.git.requests).toEqual([]);
  const { findings } = await lintFiles([join(world.folder, 'applications')], world.folder);
  expect(findings).toMatchObject([{ severity: 'error', code: 'REPOSITORY_NOT_PERMITTED' }]);

  await world.manifests('project.json', project('*'));
  expect((await world.tiphys(['run', '--once'])).code).toBe(0);
  expect(await world.gitIn(other.path, 'show', 'main:values.yaml')).toContain('1.1.0');
  expect(await world.gitIn(source.path, 'show', 'main:values.yaml')).not.toContain('1.1.0');
});
