import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { application, runTiphys, startWorld, type World } from './support/world.ts';

// The command as people run it: a process, its exit code and what it prints.

const source = { repoURL: 'https://git.example.com/acme/deploy.git', path: 'shop' };
const right = { 'image-list': 'web=ghcr.io/acme/web:1.x', 'write-back-target': 'kustomization' };

async function lint(manifests: Readonly<Record<string, string>>, ...args: readonly string[]) {
  await using world = await startWorld();
  for (const [name, text] of Object.entries(manifests)) await world.manifests(name, text);
  return await runLint(world, args);
}

function runLint({ folder }: World, args: readonly string[]) {
  return runTiphys(['lint', '-f', join(folder, 'applications'), ...args], folder, { HOME: join(folder, 'home') });
}

describe.concurrent('exit codes', () => {
  for (const [what, settings, args, code] of [
    ['nothing is wrong', right, [], 0],
    ['an error', { ...right, 'web.update-strategie': 'semver' }, [], 1],
    ['a warning', { ...right, 'update-strategy': 'latest' }, [], 0],
    ['a warning, strictly', { ...right, 'update-strategy': 'latest' }, ['--strict'], 1],
    ['what this release cannot do', { ...right, 'write-back-method': 'argocd' }, ['--strict'], 0],
  ] as const) {
    test(`${what}: ${code}`, async () => {
      const ended = await lint({ 'shop.yaml': application('shop', source, settings) }, ...args);
      expect(ended.code, ended.stdout + ended.stderr).toBe(code);
    });
  }

  test('what cannot be read: 2, and the rest is looked through all the same', async () => {
    const broken = 'kind: Application\n  metadata: [\n';
    const wrong = application('shop', source, { ...right, 'web.alow-tags': 'any' });
    const { code, stdout } = await lint({ 'broken.yaml': broken, 'shop.yaml': wrong });
    expect(code).toBe(2);
    expect(stdout).toMatch(/broken\.yaml:\d+:\d+: error: .*INPUT_UNREADABLE/);
    expect(stdout).toContain('web.allow-tags');
  });

  test('a registries.conf that is not there: 2', async () => {
    const args = ['--registries-conf-path', '/nowhere/registries.conf'];
    const { code, stdout } = await lint({ 'shop.yaml': application('shop', source, right) }, ...args);
    expect([code, stdout.split('\n')[0]]).toEqual([
      2,
      'error: /nowhere/registries.conf: there is no such file (INPUT_UNREADABLE)',
    ]);
  });

  test('a flag that means nothing: 2', async () => {
    const { code, stderr } = await lint({}, '--platforms', 'amd64');
    expect([code, stderr]).toEqual([2, expect.stringContaining('--platforms')]);
  });
});

test('a registries.conf is looked through, each field with its line', async () => {
  await using world = await startWorld();
  await world.manifests('shop.yaml', application('shop', source, right));
  await world.manifests('secret.yaml', 'kind: Secret\napiVersion: v1\nmetadata: {name: a, namespace: argocd}\n');
  await mkdir(join(world.folder, 'conf'));
  const path = join(world.folder, 'conf/registries.conf');
  await writeFile(
    path,
    'registries:\n- name: x\n  api_url: http://x.example.com\n  prefix: x.example.com\n  credentials: pullsecret:argocd/b\n',
  );
  const { code, stdout } = await runLint(world, ['--registries-conf-path', path]);
  expect(code).toBe(1);
  expect(stdout).toContain(`${path}:3:3: error: registries[0].api_url: `);
  expect(stdout).toContain(
    `${path}:5:3: error: registries.conf: registries[0].credentials: there is no Secret argocd/b`,
  );
});

describe.concurrent('--online', () => {
  async function online(constraint: string, image = 'acme/web') {
    await using world = await startWorld();
    world.putTags('acme/web', '1.0.0', '1.1.0', 'edge');
    const list = `web=${world.registry.host}/${image}:${constraint}`;
    await world.manifests('shop.yaml', application('shop', source, { ...right, 'image-list': list }));
    return await runLint(world, ['--online', '-o', 'json']);
  }

  test('a tag that can be chosen is enough', async () => {
    expect(await online('1.x')).toMatchObject({ code: 0, stdout: '[]\n' });
  });

  test('no tag that satisfies the constraint is an error', async () => {
    const { code, stdout } = await online('2.x');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject(
      [{ severity: 'error', code: 'NO_TAG_MATCHES', line: 1, object: 'argocd/shop web', message: /2\.x/ }].map(
        (finding) => ({ ...finding, message: expect.stringMatching(finding.message) }),
      ),
    );
  });

  test('a repository that is not there is one too', async () => {
    const { code, stdout } = await online('1.x', 'acme/wbe');
    expect([code, JSON.parse(stdout)]).toMatchObject([1, [{ code: 'REGISTRY_NOT_FOUND', object: 'argocd/shop web' }]]);
  });

  test('a constraint that no version can satisfy is told once, and nobody is asked', async () => {
    const { stdout } = await online('>2 <1');
    expect(JSON.parse(stdout)).toMatchObject([{ code: 'CONSTRAINT_INVALID' }]);
  });
});

test('a password in a repoURL is not shown', async () => {
  const secret = { repoURL: 'https://bot:hunter2@git.example.com/acme/deploy.git', path: '..' };
  const { stdout, stderr } = await lint({ 'shop.yaml': application('shop', secret, { ...right, 'web.x': 'y' }) });
  expect(stdout + stderr).not.toContain('hunter2');
});
