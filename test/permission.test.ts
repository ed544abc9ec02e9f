import { expect, test } from 'vitest';
import { application, startWorld } from './support/world.ts';

const project = (sourceRepo: string) =>
  JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: 'default', namespace: 'argocd' },
    spec: { sourceRepos: [sourceRepo] },
  });

test('nothing is asked of a repository that the AppProject does not allow', async () => {
  await using world = await startWorld();
  const files = new Map([['values.yaml', 'image:\n  tag: 1.0.0\n']]);
  const source = await world.repository('shop', files);
  const other = await world.repository('other', files);
  world.putTags('acme/shop', '1.0.0', '1.1.0');
  const settings = {
    'image-list': `main=${world.registry.host}/acme/shop:1.x`,
    'main.helm.image-tag': 'image.tag',
    'main.helm.image-name': 'image.name',
    'write-back-target': 'helmvalues:/values.yaml',
    'git-repository': other.url,
    'git-branch': 'main',
  };
  await world.manifests('shop.yaml', application('shop', { repoURL: source.url, path: '.' }, settings));
  await world.manifests('project.json', project(source.url));
  const refused = await world.tiphys(['run', '--once']);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('REPOSITORY_NOT_PERMITTED')]);
  expect(refused.stderr).toContain(`the AppProject default does not allow ${other.url}`);
  expect(world.git.requests).toEqual([]);

  await world.manifests('project.json', project('*'));
  expect((await world.tiphys(['run', '--once'])).code).toBe(0);
  expect(await world.gitIn(other.path, 'show', 'main:values.yaml')).toContain('1.1.0');
  expect(await world.gitIn(source.path, 'show', 'main:values.yaml')).not.toContain('1.1.0');
});
