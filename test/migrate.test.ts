import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { application, type Ended, runTiphys, startWorld, type World } from './support/world.ts';

/** `tiphys ARGS`, in the world's folder. */
function tiphys(world: World, ...args: readonly string[]): Promise<Ended> {
  return runTiphys(args, world.folder, { HOME: world.folder });
}

/** What a plan decided and would write; how things are called and configured left out. */
async function picks(world: World): Promise<unknown> {
  const { code, stdout, stderr } = await world.tiphys(['plan', '-o', 'json']);
  expect(code, stderr).toBe(0);
  const { items, files } = JSON.parse(stdout);
  return { files, items: items.map(({ alias: _alias, ...item }: { alias: string }) => item) };
}

test('a plan by annotations and a plan by their ImageUpdaters pick the same', async () => {
  await using world = await startWorld();
  world.putTags('acme/web', '1.0.0', '1.1.0', '1.2.0-rc.1', '2.0.0');
  world.putTags('acme/api', 'v1', 'v2', 'build-7', 'build-8');
  const image = (name: string) => `${world.registry.host}/acme/${name}`;
  const { url } = await world.repository(
    'deploy',
    new Map([
      ['web/kustomization.yaml', `images:\n  - name: ${image('web')}\n    newTag: "1.0.0"\n`],
      ['api/values.yaml', `app:\n  repo: ${image('api')}\n  version: build-7\n`],
      ['api/Chart.yaml', 'apiVersion: v2\nname: api\nversion: 1.0.0\n'],
    ]),
  );
  const web = [
    { repoURL: url, path: 'web' },
    { 'image-list': `${image('web')}:1.x`, 'write-back-target': 'kustomization' },
  ] as const;
  const api = [
    { repoURL: url, path: 'api', more: { helm: { valueFiles: ['values.yaml'] } } },
    {
      'image-list': `my/api=${image('api')}`,
      'update-strategy': 'latest',
      'my_api.tag-match': 'regexp:^build-',
      'my_api.helm.image-name': 'app.repo',
      'my_api.helm.image-tag': 'app.version',
      'write-back-target': 'helmvalues:values.yaml',
    },
  ] as const;
  await world.manifests('apps.yaml', application('web', ...web) + application('api', ...api));
  const before = await picks(world);
  expect(before).toMatchObject({ items: [{ to: '1.1.0' }, { to: 'build-8' }] });

  const { code, stdout, stderr } = await tiphys(world, 'migrate', 'annotations', '-f', 'applications');
  expect(code).toBe(0);
  expect(stderr.trim().split('\n')).toEqual([
    `note: argocd/web ${image('web')}: has no alias, and is called "web"`,
    'note: argocd/api my/api: the alias is "my_api" now: an ImageUpdater allows letters, digits, ".", "_" and "-" only',
    'note: argocd/api my/api: the strategy "latest" is written "newest-build"',
    'note: argocd/api my/api: tag-match is written allowTags',
  ]);
  await rm(join(world.folder, 'applications/apps.yaml'));
  await world.manifests('apps.yaml', bare('web', web[0]) + bare('api', api[0]));
  await writeFile(join(world.folder, 'applications/image-updaters.yaml'), stdout);
  expect(await picks(world)).toEqual(before);
});

/** An Application without annotations. */
function bare(name: string, source: Parameters<typeof application>[1]): string {
  return application(name, source, {}).replace(/"annotations":\{[^}]*\}/, '"annotations":{}');
}

test('an object that is wrong is reported, and the others are translated', async () => {
  await using world = await startWorld();
  const source = { repoURL: 'https://git.example.com/acme/deploy.git' };
  await world.manifests('good.yaml', application('good', source, { 'image-list': 'web=nginx' }));
  await world.manifests('bad.yaml', 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: bad}\n');
  const { code, stdout, stderr } = await tiphys(world, 'migrate', 'annotations', '-f', 'applications');
  expect(code).toBe(2);
  expect(stdout).toContain('namePattern: good');
  expect(stderr).toContain('error: bad: spec.source is missing');
});

test('the example of Flux becomes ImageUpdaters that a plan can go on with', async () => {
  await using world = await startWorld();
  const example = join(import.meta.dirname, '../examples/flux');
  const { code, stdout, stderr } = await tiphys(world, 'migrate', 'flux', '-f', example);
  expect({ code, stderr: stderr.trim().split('\n').length }).toEqual({ code: 0, stderr: 2 });
  expect(stdout).toContain('branch: main:image-updates');
  expect(stdout).toContain('writeBackTarget: helmvalues:/apps/worker/values-prod.yaml');
  await cp(join(example, 'clusters/applications.yaml'), join(world.folder, 'applications/apps.yaml'));
  await writeFile(join(world.folder, 'applications/image-updaters.yaml'), stdout);
  expect(await tiphys(world, 'lint', '-f', 'applications')).toMatchObject({ code: 0 });
});
