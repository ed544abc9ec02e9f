import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LAB_ENV, openLab } from '../support/git-lab.ts';
import { makeSigningKeys } from '../support/signing-keys.ts';
import { run } from '../support/world.ts';
import { findTool, missing } from './tools.ts';

const { signal } = new AbortController();
const ROOT = join(import.meta.dirname, '../..');
const program = findTool('git-2.30');
const skipped = program === undefined ? ` (${missing('git-2.30')})` : '';

/** All that Tiphys asks of git, but for what needs a newer one. */
const SUITE = [
  'environment',
  'git-credentials',
  'authorization',
  'own-way-in',
  'https',
  'open-git',
  'push',
  'git-log',
  'branch-list',
  'own-git',
].map((name) => `src/git/${name}.test.ts`);
const OF_CHECKOUTS = 'test/set-image-checkout.test.ts';

/** A PATH on which `git` is the old one. */
async function startOld() {
  if (program === undefined) throw new Error('there is no git 2.30');
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-old-'));
  await symlink(program, join(folder, 'git'));
  return {
    path: `${folder}:${process.env['PATH']}`,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs tests with that PATH; the run's own variables are not for them. */
async function runTests(path: string, ...args: readonly string[]) {
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || /^(?:VITEST|TEST$|NODE_ENV$)/.test(name) ? [] : [[name, value]],
  );
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const env = { ...Object.fromEntries(inherited), PATH: path };
  return await run(process.execPath, [vitest, 'run', ...args], ROOT, env);
}

describe.skipIf(program === undefined)(`the oldest git that is promised${skipped}`, () => {
  test('is asked for nothing that it has not', { timeout: 1_200_000 }, async () => {
    await using old = await startOld();
    const version = await run('git', ['version'], '/', { ...LAB_ENV, PATH: old.path });
    expect(version.stdout).toBe('git version 2.30.2\n');
    const { code, stdout } = await runTests(old.path, ...SUITE);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\d passed, 0 failed/)]);
  });

  test('looks behind a shallow checkout as newer ones do', { timeout: 600_000 }, async () => {
    await using old = await startOld();
    const { code, stdout } = await runTests(old.path, OF_CHECKOUTS, '-t', 'shallow');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\d passed, 0 failed/)]);
  });

  test('signs with GnuPG; to sign with an SSH key it is too old, and says so', async (context) => {
    await using old = await startOld();
    await using keys = await makeSigningKeys({ name: 'Bot', email: 'bot@example.com' });
    if (keys.openpgp === undefined) return context.skip(missing('gpg'));
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: new Map([['a.yaml', '1\n']]) });
    const branch = { repoURL: repository.url, branch: 'main', project: 'default' };
    const env = { ...keys.env, PATH: old.path };
    const compose = async () => [{ message: 'm\n', files: new Map([['a.yaml', Buffer.from('2\n')]]) }];

    const signing = { method: 'ssh', key: '/nonexistent' } as const;
    await expect(lab.openGit({ env, signing }).push(branch, compose, signal)).rejects.toMatchObject({
      code: 'GIT_MISSING',
      message: 'git 2.30.2 is too old to sign commits with an SSH key',
      fix: 'install git 2.34 or newer, and put it on the PATH',
    });
    await lab.openGit({ env, signing: keys.openpgp }).push(branch, compose, signal);
    const { stderr } = await run('git', ['verify-commit', 'main'], repository.path, keys.env);
    expect(stderr).toMatch(/Good signature/);
  });

  test('takes a merge of the base for somebody’s work, and leaves it alone', async () => {
    await using old = await startOld();
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: new Map([['a.yaml', '1\n']]) });
    const branch = { repoURL: repository.url, branch: 'main', writeBranch: 'tiphys/shop', project: 'default' };
    const git = lab.openGit({ env: { ...LAB_ENV, PATH: old.path } });
    const trailer = 'Tiphys-Change: argocd/shop shop ghcr.io/acme/shop 1 2 a.yaml';
    const compose = async () => [{ message: `m\n\n${trailer}\n`, files: new Map([['a.yaml', Buffer.from('2\n')]]) }];
    expect(await git.publish(branch, compose, signal)).toMatchObject({ kind: 'published', isNew: true });
    await lab.commit(repository, { 'b.yaml': 'b\n' });
    expect(await git.publish(branch, compose, signal)).toMatchObject({ kind: 'published', isNew: true });

    await lab.commit(repository, { 'c.yaml': 'c\n' });
    await lab.git(repository, 'branch', 'merged', 'main');
    // Just what git makes of the two by itself.
    const tree = `${await lab.commit(repository, { 'a.yaml': '2\n' }, { branch: 'merged' })}^{tree}`;
    const who = ['-c', 'user.name=Jane', '-c', 'user.email=jane@example.com'];
    const parents = ['-p', branch.writeBranch, '-p', 'main'];
    const merge = await lab.git(repository, ...who, 'commit-tree', tree, ...parents, '-m', 'Merge main');
    await lab.git(repository, 'update-ref', `refs/heads/${branch.writeBranch}`, merge);
    expect(await git.publish(branch, compose, signal)).toMatchObject({ kind: 'foreign', commit: merge });
  });
});
