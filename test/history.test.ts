import { describe, expect, test } from 'vitest';
import { startGitServer } from '../src/demo/git-server.ts';
import { CANARY } from './support/canary.ts';
import { application, startWorld, type World } from './support/world.ts';

const VALUES = new Map([
  ['shop/values.yaml', 'image:\n  tag: 1.0.0\n'],
  ['web/values.yaml', 'image:\n  tag: 1.0.0\n'],
]);

/** Two Applications in one repository, and what `tiphys run` writes there when their images move. */
async function startHistory(): Promise<World & { readonly url: string }> {
  const world = await startWorld();
  const { url } = await world.repository('deploy', VALUES);
  const shop = (name: string) =>
    application(
      name,
      { repoURL: url, path: name },
      {
        'image-list': `main=${world.registry.host}/acme/${name}:1.x`,
        'main.helm.image-tag': 'image.tag',
        'main.helm.image-name': 'image.name',
        'write-back-target': 'helmvalues:values.yaml',
      },
    );
  await world.manifests('all.yaml', `${shop('shop')}\n---\n${shop('web')}`);
  world.putTags('acme/shop', '1.0.0', '1.1.0');
  world.putTags('acme/web', '1.0.0', '1.2.0');
  const { code, stderr } = await world.tiphys(['run', '--once']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return { ...world, url };
}

describe('tiphys history', () => {
  test('tells what run has written, of Applications or of a repository', async () => {
    await using world = await startHistory();
    const { code, stdout, stderr } = await world.tiphys(['history', '-o', 'json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { kind, items } = JSON.parse(stdout);
    const [log] = items;
    expect([kind, items.map((one: { application: string; to: string }) => [one.application, one.to])]).toEqual([
      'History',
      [
        ['argocd/shop', '1.1.0'],
        ['argocd/web', '1.2.0'],
      ],
    ]);
    expect(log).toMatchObject({
      alias: 'main',
      image: `${world.registry.host}/acme/shop`,
      from: '1.0.0',
      path: 'shop/values.yaml',
      repoURL: world.url,
      commit: (await world.gitIn(`${world.folder}/git/deploy`, 'rev-parse', 'main')).trim(),
    });
    const named = await world.tiphys(['history', 'web', '--repo', world.url, '--since', '1h']);
    expect(named.stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(named.stdout).toMatch(/^WHEN .*\n\S+Z +argocd\/web +\S+\/acme\/web +1\.0\.0 +1\.2\.0 +[0-9a-f]{10} +\S/);
    const one = await world.tiphys(['history', 'shop', '--image', 'acme/shop', '--limit', '1']);
    expect(one.stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  test("opens a repository by the Secret of a project, for nobody else's", async () => {
    await using world = await startHistory();
    const login = { username: 'writer', password: CANARY };
    await using git = await startGitServer({ root: `${world.folder}/git`, auth: login });
    const url = `${git.url}/deploy`;
    const metadata = { name: 'team', labels: { 'argocd.argoproj.io/secret-type': 'repository' } };
    const stringData = { url, project: 'team', ...login };
    await world.manifests('secret.yaml', JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData }));
    const ask = (...more: readonly string[]) => world.tiphys(['history', '--repo', url, ...more]);
    expect(await ask('--project', 'team')).toMatchObject({ code: 0, stdout: expect.stringContaining('argocd/web') });
    expect(await ask()).toMatchObject({ code: 2, stderr: expect.stringContaining('GIT_UNAUTHORIZED') });
  });

  test('an Application or branch that is not there is named, and nothing else is lost', async () => {
    await using world = await startHistory();
    const unknown = await world.tiphys(['history', 'shp']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('did you mean shop?')]);
    const branch = await world.tiphys(['history', '--repo', world.url, '--branch', 'gone']);
    expect([branch.code, branch.stderr]).toEqual([2, expect.stringContaining('GIT_BRANCH_NOT_FOUND')]);
    expect(branch.stdout).toBe('');
  });
});
