import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { application, runTiphys, startWorld, type World } from './support/world.ts';

/** Two Applications of one repository, each with one image that can move. */
async function twoApplications(world: World, settings: Readonly<Record<string, string>> = {}) {
  const image = `${world.registry.host}/acme/app`;
  world.putTags('acme/app', '1.0.0', '1.1.0');
  const file = `images:\n- name: ${image}\n  newTag: 1.0.0\nresources: []\n`;
  const names = ['dev', 'prod'];
  const { path, url } = await world.repository(
    'deploy',
    new Map(names.map((name) => [`${name}/kustomization.yaml`, file])),
  );
  const all = { 'image-list': `app=${image}`, 'write-back-target': 'kustomization', ...settings };
  const manifests = names.map((name) => application(name, { repoURL: url, path: name }, all));
  await world.manifests('apps.yaml', manifests.join(''));
  return { path, image };
}

describe.concurrent('templates of commit messages', () => {
  test('one for several Applications: a common first line is the subject, our trailers come last', async () => {
    await using world = await startWorld();
    const { path, image } = await twoApplications(world);
    const template = join(world.folder, 'commit.template');
    await writeFile(template, 'deploy: new images [skip ci]\n\n{{range .AppChanges}}- {{.Image}} {{.NewTag}}\n{{end}}');
    expect(await world.tiphys(['run', '--once', '--git-commit-message-path', template])).toMatchObject({ code: 0 });
    const message = await world.gitIn(path, 'log', '-1', '--format=%B', 'main');
    expect(message.split('\n')[0]).toBe('deploy: new images [skip ci]');
    expect(message).toContain('- acme/app 1.1.0');
    expect(message.trimEnd().split('\n').slice(-2)).toEqual([
      `Tiphys-Change: argocd/dev app ${image} 1.0.0 1.1.0 dev/kustomization.yaml`,
      `Tiphys-Change: argocd/prod app ${image} 1.0.0 1.1.0 prod/kustomization.yaml`,
    ]);
  });

  test('one that fails when it is filled in costs its text, not the commit', async () => {
    await using world = await startWorld();
    const { path } = await twoApplications(world);
    const template = join(world.folder, 'commit.template');
    await writeFile(template, '{{.Nope}}');
    const { code, stderr } = await world.tiphys(['run', '--once', '--git-commit-message-path', template]);
    expect(code).toBe(0);
    expect(stderr).toContain('Nope');
    expect(await world.gitIn(path, 'show', 'main:dev/kustomization.yaml')).toContain('1.1.0');
  });

  test('one that cannot be read stops everything before anything is done', async () => {
    await using world = await startWorld();
    const { path } = await twoApplications(world);
    const template = join(world.folder, 'commit.template');
    await writeFile(template, 'build: {{ .AppName');
    const { code, stderr } = await world.tiphys(['run', '--once', '--git-commit-message-path', template]);
    expect(code).toBe(2);
    expect(stderr).toContain('SETTING_INVALID');
    expect(await world.gitIn(path, 'rev-list', '--count', 'main')).toBe('1\n');
  });
});

describe.concurrent('templates of branch names', () => {
  test('each Application is pushed to the branch that its changes name', async () => {
    await using world = await startWorld();
    const branch = 'main:img-{{range .Images}}{{.Alias}}-{{.NewTag}}{{end}}-{{.SHA256 | printf "%.6s"}}';
    const { path } = await twoApplications(world, { 'git-branch': branch });
    const planned = JSON.parse((await world.tiphys(['plan', '-o', 'json'])).stdout);
    expect(await world.tiphys(['run', '--once'])).toMatchObject({ code: 0, stderr: '' });
    const branches = (await world.gitIn(path, 'branch', '--format=%(refname:short)')).trim().split('\n');
    expect(branches).toEqual([expect.stringMatching(/^img-app-1\.1\.0-[0-9a-f]{6}$/), 'main']);
    expect(planned.items.map((item: { target: { branch: string } }) => item.target.branch)).toEqual([
      branches[0],
      branches[0],
    ]);
    expect(await world.gitIn(path, 'show', `${branches[0]}:prod/kustomization.yaml`)).toContain('1.1.0');
    expect(await world.gitIn(path, 'show', 'main:prod/kustomization.yaml')).toContain('1.0.0');
    expect(await world.tiphys(['run', '--once'])).toMatchObject({ code: 0, stderr: '' });
    expect(await world.gitIn(path, 'rev-list', '--count', branches[0] ?? '')).toBe('2\n');
  });

  test('one that gives no text is a failure', async () => {
    await using world = await startWorld();
    await twoApplications(world, { 'git-branch': 'main:{{.AppName}}' });
    const { code, stderr } = await world.tiphys(['run', '--once']);
    expect(code).toBe(2);
    expect(stderr).toContain('names no branch');
  });
});

test('tiphys template prints exactly the text, and the place of an error', async () => {
  await using world = await startWorld();
  const file = join(world.folder, 't');
  const template = (...args: readonly string[]) => runTiphys(['template', ...args], world.folder);
  await writeFile(file, 'of {{.AppName}}');
  expect(await template(file)).toEqual({ code: 0, stdout: 'of example-app', stderr: '' });
  await writeFile(file, 'a\n{{.Nope}}');
  expect(await template(file)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`${file}:2:3: `) });
  expect(await template('--kind', 'branch')).toMatchObject({ code: 2 });
  await writeFile(join(world.folder, 'd'), '{"AppName":"x","AppChanges":[]}');
  await writeFile(file, '{{.AppName}}');
  expect(await template('--data', join(world.folder, 'd'), file)).toMatchObject({ code: 0, stdout: 'x' });
});
