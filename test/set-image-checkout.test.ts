import { mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LAB_ENV, type Lab, type LabRepository, openLab } from './support/git-lab.ts';
import { build } from './support/gitlab-build.ts';
import { type Ended, run, runTiphys } from './support/world.ts';

const KUSTOMIZATION = 'images:\n- name: acme/web\n  newTag: "1.0" # keep\n';
const FILES = new Map([
  ['k8s/kustomization.yaml', KUSTOMIZATION],
  ['README.md', 'read me\n'],
]);

interface Place {
  readonly folder: string;
  setImage(args: readonly string[], env?: Readonly<Record<string, string>>, below?: string): Promise<Ended>;
  git(...args: readonly string[]): Promise<string>;
}

interface Stage extends Lab {
  readonly repository: LabRepository;
  /** A clone as CI has it: shallow, on a detached HEAD, and nobody is configured to commit. */
  clone(...args: readonly string[]): Promise<Place>;
}

async function startStage(...options: Parameters<typeof openLab>): Promise<Stage> {
  const lab = await openLab(...options);
  const repository = await lab.createRepository('deploy.git', { files: FILES });
  return {
    ...lab,
    repository,
    clone: async (...args) => {
      const folder = await mkdtemp(join(lab.folder, 'checkout-'));
      const git = async (...words: readonly string[]) => {
        const { code, stdout, stderr } = await run('git', words, folder, LAB_ENV);
        if (code !== 0) throw new Error(stderr);
        return stdout.trim();
      };
      await git('clone', '-q', ...args, repository.url, '.');
      await git('checkout', '-q', '--detach');
      return {
        folder,
        git,
        setImage: (words, env = {}, below = '.') =>
          runTiphys(['set-image', ...words], join(folder, below), { ...LAB_ENV, ...env }),
      };
    },
  };
}

const set = (tag: string | number) => [`acme/web:${tag}`, 'k8s', '--commit', '--push'];

describe('tiphys set-image --commit --push', () => {
  test('pushes from a shallow, detached checkout, and takes only what it has edited', async () => {
    await using stage = await startStage();
    const place = await stage.clone('--depth=1');
    await writeFile(join(place.folder, 'README.md'), 'mine\n');
    await writeFile(join(place.folder, 'build.log'), 'mine\n');
    await place.git('add', 'build.log');
    const { code, stdout, stderr } = await place.setImage(set(8), build(8));
    const head = await stage.git(stage.repository, 'rev-parse', 'main');
    expect([code, stderr]).toEqual([0, `committed ${head} to main\n`]);
    expect(stdout).toContain('+  newTag: "8" # keep\n');
    expect(await stage.git(stage.repository, 'log', '-1', '--format=%an <%ae>|%s', '--name-only', 'main')).toBe(
      'Jane Doe <jane@example.com>|build: set image acme/web:8\n\nk8s/kustomization.yaml',
    );
    expect(await place.git('rev-parse', 'HEAD')).toBe(head);
    expect(await place.git('status', '--porcelain')).toBe('M README.md\nA  build.log');
  });

  test('sets it again on what somebody else has pushed meanwhile', async () => {
    await using stage = await startStage();
    const place = await stage.clone('--depth=1');
    await stage.commit(stage.repository, { 'other.txt': 'theirs' });
    await writeFile(join(place.folder, 'README.md'), 'mine\n');
    expect(await place.setImage(set(8), build(8))).toMatchObject({ code: 0 });
    expect(await stage.git(stage.repository, 'log', '--format=%s', 'main')).toBe(
      'build: set image acme/web:8\nSomebody else was here\nBegin',
    );
    expect(await place.git('rev-parse', 'HEAD')).toBe(await stage.git(stage.repository, 'rev-parse', 'main'));
    expect(await readFile(join(place.folder, 'README.md'), 'utf8')).toBe('mine\n');
  });

  test('takes nothing for set before the head of the branch says it', async () => {
    await using stage = await startStage();
    const place = await stage.clone('--depth=1');
    await stage.commit(stage.repository, { 'k8s/kustomization.yaml': KUSTOMIZATION.replace('1.0', '0.9') });
    const { code, stdout } = await place.setImage(set('1.0'), build(8));
    expect([code, stdout]).toEqual([0, expect.stringContaining('-  newTag: "0.9" # keep\n+  newTag: "1.0" # keep\n')]);
    expect(await stage.show(stage.repository, 'k8s/kustomization.yaml')).toBe(KUSTOMIZATION.trim());
    expect((await place.setImage([...set('1.0'), '-o', 'dotenv'], build(8))).stdout).toContain('=unchanged\n');
  });

  test('pushes what was only committed before', async () => {
    await using stage = await startStage();
    const place = await stage.clone();
    expect(await place.setImage(['acme/web:8', 'k8s', '--commit'], build(8))).toMatchObject({ code: 0 });
    expect(await place.setImage(set(8), build(8))).toMatchObject({ code: 0 });
    expect(await stage.show(stage.repository, 'k8s/kustomization.yaml')).toContain('"8"');
  });

  test('finds a newer build on that new head', async () => {
    await using stage = await startStage();
    const [old, fresh] = [await stage.clone('--depth=1'), await stage.clone('--depth=1')];
    expect(await fresh.setImage(set(8), build(8))).toMatchObject({ code: 0 });
    const late = await old.setImage([...set(7), '-o', 'dotenv'], build(7));
    expect([late.code, late.stdout.split('\n')[0]]).toEqual([0, 'TIPHYS_OUTCOME=superseded']);
    expect(await stage.show(stage.repository, 'k8s/kustomization.yaml')).toContain('"8"');
    expect(await old.git('status', '--porcelain')).toBe('');
  });

  test('finds a newer build behind what a shallow checkout has, with its own credentials', async () => {
    const auth = { username: 'x-access-token', password: 'correct-horse' };
    await using stage = await startStage({ auth });
    // As the checkout action of GitHub leaves it.
    const basic = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
    const asAction = ['-c', `http.${stage.server.url}/.extraheader=AUTHORIZATION: Basic ${basic}`];
    const first = await stage.clone(...asAction);
    expect(await first.setImage(set(8), build(8))).toMatchObject({ code: 0 });
    const others = Array.from({ length: 230 }, (_, index) => ({ 'other.txt': `${index}` }));
    await stage.commits(stage.repository, others);
    const place = await stage.clone('--depth=1', ...asAction);
    expect((await place.setImage([...set(7), '-o', 'dotenv'], build(7))).stdout).toContain('=superseded\n');
    expect(await place.git('rev-list', '--count', 'HEAD')).toBe('1');
    expect(await place.setImage(set(9), build(9))).toMatchObject({ code: 0 });
  });

  for (const place of ['the home', 'the environment'] as const) {
    test(`sends a header of ${place} once, also while it looks behind a shallow checkout`, async () => {
      const sent: number[] = [];
      await using stage = await startStage({
        intercept: (_, __, { rawHeaders }) => {
          sent.push(rawHeaders.filter((name) => name === 'X-Mine').length);
          return false;
        },
      });
      const checkout = await stage.clone('--depth=1');
      const config = join(stage.folder, '.gitconfig');
      if (place === 'the home') await writeFile(config, '[http]\n\textraHeader = X-Mine: 1\n');
      const env = {
        'the home': { HOME: stage.folder, GIT_CONFIG_GLOBAL: config },
        'the environment': { GIT_CONFIG_PARAMETERS: "'http.extraHeader=X-Mine: 1'" },
      }[place];
      sent.length = 0;
      expect(await checkout.setImage(set(8), { ...build(8), ...env })).toMatchObject({ code: 0 });
      expect(sent.length).toBeGreaterThan(2);
      expect(new Set(sent)).toEqual(new Set([1]));
    });
  }

  test('refuses a file that had changes before', async () => {
    await using stage = await startStage();
    const place = await stage.clone();
    const file = join(place.folder, 'k8s/kustomization.yaml');
    await writeFile(file, `${KUSTOMIZATION}# mine\n`);
    const { code, stderr } = await place.setImage(set(8), build(8));
    expect([code, stderr]).toEqual([2, expect.stringContaining('(CHECKOUT_DIRTY)')]);
    expect(await readFile(file, 'utf8')).toBe(`${KUSTOMIZATION}# mine\n`);
  });

  test('takes everything back when the push is refused', async () => {
    await using stage = await startStage();
    const place = await stage.clone();
    const hook = join(stage.repository.path, 'hooks/pre-receive');
    await writeFile(hook, '#!/bin/sh\necho protected branch >&2\nexit 1\n', { mode: 0o755 });
    const before = await place.git('rev-parse', 'HEAD');
    const { code, stderr } = await place.setImage(set(8), build(8));
    expect([code, stderr]).toEqual([2, expect.stringContaining('(GIT_PUSH_REFUSED)')]);
    expect([await place.git('rev-parse', 'HEAD'), await place.git('status', '--porcelain')]).toEqual([before, '']);
  });

  test('pushes commits of this checkout along, unless they are in the way', async () => {
    await using stage = await startStage();
    const place = await stage.clone();
    const mine = [
      '-c',
      'user.name=Me',
      '-c',
      'user.email=me@example.com',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      'Mine',
    ];
    await place.git(...mine);
    expect(await place.setImage(set(8), build(8))).toMatchObject({ code: 0 });
    expect(await stage.git(stage.repository, 'log', '--format=%s', 'main')).toContain('Mine');
    await place.git(...mine);
    await stage.commit(stage.repository, { 'other.txt': 'theirs' });
    const before = await place.git('rev-parse', 'HEAD');
    const { code, stderr } = await place.setImage(set(9), build(9));
    expect([code, stderr]).toEqual([2, expect.stringContaining('(GIT_CONFLICT)')]);
    expect([await place.git('rev-parse', 'HEAD'), await place.git('status', '--porcelain')]).toEqual([before, '']);
  });

  test('counts paths from the folder where it is run', async () => {
    await using stage = await startStage();
    const place = await stage.clone();
    const asked = ['acme/web:8', 'kustomization.yaml', '--commit', '--push'];
    expect(await place.setImage(asked, build(8), 'k8s')).toMatchObject({ code: 0 });
    expect(await stage.git(stage.repository, 'log', '-1', '--format=%B', 'main')).toContain(
      'Tiphys-Order: gitlab-iid:gitlab.example.com/42 8 k8s/kustomization.yaml#',
    );
    const outside = await place.setImage(['acme/web:9', '-f', join(stage.folder, 'x'), '--commit'], build(9));
    expect([outside.code, outside.stderr]).toEqual([2, expect.stringContaining('(TARGET_')]);
  });
});

describe('a CI that numbers its builds in no order', () => {
  test('orders them by the time of the commit that is built', async () => {
    await using stage = await startStage();
    const place = await stage.clone('--depth=1');
    const built = await place.git('rev-parse', 'HEAD');
    const jenkins = {
      JENKINS_URL: 'https://jenkins.example.com',
      GIT_URL: stage.repository.url,
      GIT_BRANCH: 'origin/main',
    };
    const args = [...set(8), '--author', 'Bot <bot@example.com>'];
    expect(await place.setImage(args, { ...jenkins, GIT_COMMIT: built })).toMatchObject({ code: 0 });
    const seconds = await place.git('show', '--no-patch', '--format=%ct', built);
    expect(await place.git('log', '-1', '--format=%B')).toMatch(
      new RegExp(
        `^build: set image acme/web:8 \\[ci skip\\]\n[^]*\nTiphys-Order: commit-time:127\\.0\\.0\\.1/deploy ${seconds} `,
      ),
    );
    const { stderr } = await place.setImage([...args, '--dry-run'], { ...jenkins, GIT_COMMIT: 'f'.repeat(40) });
    expect(stderr).toContain('this build has no order');
  });
});

describe('tiphys set-image --commit', () => {
  test('commits the file that a symbolic link leads to', async () => {
    await using stage = await startStage();
    const place = await stage.clone();
    await symlink('k8s', join(place.folder, 'prod'));
    const args = ['acme/web:8', 'prod/kustomization.yaml', '--commit', '--author', 'Bot <bot@example.com>'];
    expect(await place.setImage(args)).toMatchObject({ code: 0 });
    expect(await place.git('status', '--porcelain')).toBe('?? prod');
  });

  test('leaves everything as it was when a hook of the checkout refuses', async () => {
    await using stage = await startStage();
    const place = await stage.clone();
    await writeFile(join(place.folder, '.git/hooks/pre-commit'), '#!/bin/sh\necho not now >&2\nexit 1\n', {
      mode: 0o755,
    });
    const { code, stderr } = await place.setImage(['acme/web:8', 'k8s', '--commit', '--author', 'B <b@example.com>']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('not now')]);
    expect(await place.git('status', '--porcelain')).toBe('');
  });

  test('commits and pushes nothing', async () => {
    await using stage = await startStage();
    const place = await stage.clone();
    await place.git('checkout', '-q', 'main');
    const args = ['acme/web:8', 'k8s', '--commit', '--author', 'Bot <bot@example.com>', '-m', 'Deploy', '--skip-ci'];
    expect(await place.setImage(args)).toMatchObject({ code: 0 });
    expect(await place.git('log', '-1', '--format=%an|%cn|%s')).toBe('Bot|Bot|Deploy [skip ci]');
    expect(await place.git('status', '-sb')).toBe('## main...origin/main [ahead 1]');
  });

  test('only tells with --dry-run', async () => {
    await using stage = await startStage();
    const place = await stage.clone();
    const { code, stdout } = await place.setImage([...set(8), '--dry-run'], build(8));
    expect([code, stdout]).toEqual([0, expect.stringContaining('+  newTag: "8" # keep\n')]);
    expect(await place.git('status', '--porcelain')).toBe('');
  });

  test('needs a checkout, and a branch to push', async () => {
    await using stage = await startStage();
    const place = await stage.clone();
    const nowhere = await place.setImage(set(8));
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining('name it with --branch')]);
    expect(nowhere.stderr).toContain(`${basename(place.folder)}: no branch is checked out`);
    const outside = await runTiphys(['set-image', 'acme/web:8', '--commit'], stage.folder, LAB_ENV);
    expect([outside.code, outside.stderr]).toEqual([2, expect.stringContaining('(CHECKOUT_UNUSABLE)')]);
  });
});
