import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { build } from './support/gitlab-build.ts';
import { type Ended, runTiphys, startWorld, type World } from './support/world.ts';

const KUSTOMIZATION = 'images:\n- name: acme/web\n  newTag: "1.0" # keep\n';

interface Stage extends World {
  readonly url: string;
  readonly path: string;
  /** `tiphys set-image ARGS`, in a folder of its own. */
  setImage(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  shown(ref?: string): Promise<string>;
}

async function startStage(): Promise<Stage> {
  const world = await startWorld();
  const { url, path } = await world.repository('deploy', new Map([['k8s/kustomization.yaml', KUSTOMIZATION]]));
  const home = join(world.folder, 'home');
  return {
    ...world,
    url,
    path,
    setImage: (args, env = {}) => runTiphys(['set-image', ...args], home, { HOME: home, ...env }),
    shown: (ref = 'main') => world.gitIn(path, 'show', `${ref}:k8s/kustomization.yaml`),
  };
}

describe('tiphys set-image --repo', () => {
  test('needs no clone, names who the pipeline runs for, and lets late builds lose', async () => {
    await using stage = await startStage();
    const args = ['k8s', '--repo', stage.url];
    const first = await stage.setImage(['acme/web:8', ...args], build(8));
    const head = (await stage.gitIn(stage.path, 'rev-parse', 'main')).trim();
    expect([first.code, first.stderr]).toEqual([0, `committed ${head} to main\n`]);
    expect(first.stdout).toContain('-  newTag: "1.0" # keep\n+  newTag: "8" # keep\n');
    expect(await stage.gitIn(stage.path, 'log', '-1', '--format=%an <%ae>|%cn|%s', 'main')).toBe(
      'Jane Doe <jane@example.com>|Jane Doe|build: set image acme/web:8\n',
    );
    const late = await stage.setImage(['acme/web:7', ...args, '-o', 'dotenv'], build(7));
    expect(late).toEqual({
      code: 0,
      stdout: `TIPHYS_OUTCOME=superseded\nTIPHYS_COMMIT=${head}\nTIPHYS_BRANCH=main\nTIPHYS_PULL_REQUEST_URL=\n`,
      stderr: 'k8s/kustomization.yaml: images[acme/web] was left alone: build 8, which is newer, has set it\n',
    });
    const failing = await stage.setImage(['acme/web:7', ...args, '--fail-if-superseded'], build(7));
    expect(failing.code).toBe(1);
    const forced = await stage.setImage(['acme/web:7', ...args, '--force'], build(7));
    expect([forced.code, await stage.shown()]).toEqual([0, KUSTOMIZATION.replace('1.0', '7')]);
    const history = await stage.tiphys(['history', '--repo', stage.url, '-o', 'json']);
    expect(JSON.parse(history.stdout).items).toMatchObject([
      { image: 'docker.io/acme/web', from: '8', to: '7', path: 'k8s/kustomization.yaml' },
      { image: 'docker.io/acme/web', from: '1.0', to: '8', path: 'k8s/kustomization.yaml' },
    ]);
  });

  test('says so where there is nothing to do', async () => {
    await using stage = await startStage();
    const { code, stdout, stderr } = await stage.setImage(['acme/web:1.0', 'k8s', '--repo', stage.url]);
    expect([code, stdout, stderr]).toEqual([0, '', 'k8s/kustomization.yaml says it already\n']);
    const empty = await stage.setImage(['acme/api:1', '-f', '.', '--allow-missing', '--repo', stage.url]);
    expect(empty).toEqual({ code: 0, stdout: '', stderr: 'there is nothing to set\n' });
  });

  test('tells later steps of GitHub in the file that it reads', async () => {
    await using stage = await startStage();
    const file = join(stage.folder, 'output');
    await writeFile(file, 'before=1\n');
    const args = ['acme/web:8', 'k8s', '--repo', stage.url, '-o', 'github-output'];
    const { code, stdout } = await stage.setImage(args, { GITHUB_OUTPUT: file });
    expect([code, stdout]).toEqual([0, '']);
    expect(await readFile(file, 'utf8')).toMatch(
      /^before=1\nTIPHYS_OUTCOME<<(tiphys-\S+)\ncommitted\n\1\nTIPHYS_COMMIT<<\1\n[0-9a-f]{40}\n\1\nTIPHYS_BRANCH<<\1\nmain\n/,
    );
    const unwritable = await stage.setImage(args, { GITHUB_OUTPUT: stage.folder });
    expect(unwritable).toMatchObject({ code: 2, stderr: expect.stringContaining('(SETTING_INVALID)') });
  });

  test('only shows the diff with --dry-run, and asks with --check', async () => {
    await using stage = await startStage();
    const args = ['acme/web:8', 'k8s', '--repo', stage.url];
    const dry = await stage.setImage([...args, '--dry-run', '-o', 'json']);
    const { kind, result, files } = JSON.parse(dry.stdout);
    expect([dry.code, kind, result.outcome, files.length]).toEqual([0, 'SetImage', 'planned', 1]);
    const check = await stage.setImage([...args, '--check']);
    expect([check.code, check.stdout.includes('+  newTag: "8"')]).toEqual([1, true]);
    expect(await stage.shown()).toBe(KUSTOMIZATION);
  });

  test('takes what a build has written down', async () => {
    await using stage = await startStage();
    const file = join(stage.folder, 'build.env');
    await writeFile(file, 'IMAGE_NAME=registry.example.com/web\nIMAGE_TAG=abc123\n');
    const args = ['acme/web', 'k8s', '--repo', stage.url, '--env-file', file, '--author', 'Bot <bot@example.com>'];
    const { code, stderr } = await stage.setImage([...args, '-m', 'Deploy', '--skip-ci']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('committed')]);
    expect(await stage.shown()).toContain('newTag: "abc123" # keep\n  newName: "registry.example.com/web"');
    expect(await stage.gitIn(stage.path, 'log', '-1', '--format=%an|%s', 'main')).toBe('Bot|Deploy [skip ci]\n');
  });

  for (const [why, args, says] of [
    ['a branch without a repository', ['acme/web:8', '--branch', 'main'], '--branch needs --repo <url> or --commit'],
    ['a push without a commit', ['acme/web:8', '--push'], '--push needs --commit'],
    ['a clone beside a checkout', ['acme/web:8', '--commit', '--repo', 'u'], "'--commit' cannot be used"],
    ['a label without a request', ['acme/web:8', '--repo', 'u', '--label', 'x'], '--label needs --pull-request'],
    ['no number', ['acme/web:8', '--repo', 'u', '--order', 'x'], 'It must be a whole number'],
    ['nobody', ['acme/web:8', '--repo', 'u', '--author', 'Jane'], "It must be 'Name <address>'"],
    ['no image at all', ['--repo', 'u'], 'name an image'],
  ] as const) {
    test(`is told of ${why}`, async () => {
      await using stage = await startStage();
      const { code, stderr } = await stage.setImage(args);
      expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
    });
  }
});
