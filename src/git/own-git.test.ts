import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LAB_ENV } from '../../test/support/git-lab.ts';
import { openOwnGit } from './own-git.ts';

const SIGNAL = AbortSignal.timeout(600_000);

async function openIn(env: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-own-'));
  const git = openOwnGit(folder, { ...LAB_ENV, ...env });
  onTestFinished(async () => {
    await git[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  const run = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder, env: { ...LAB_ENV, ...env } });
  return { git, run };
}

describe('the author', () => {
  test('is whom the configuration names, the last one that counts', async () => {
    const { git, run } = await openIn();
    run('init', '-q');
    expect(await git.author(SIGNAL)).toBeUndefined();
    run('config', 'user.name', 'Jane Doe');
    expect(await git.author(SIGNAL)).toBeUndefined();
    run('config', 'user.email', 'jane@example.com');
    expect(await git.author(SIGNAL)).toEqual({ name: 'Jane Doe', email: 'jane@example.com' });
  });

  test('is whom the variables name', async () => {
    const { git } = await openIn({ GIT_AUTHOR_NAME: 'Bot', GIT_AUTHOR_EMAIL: 'bot@example.com' });
    expect(await git.author(SIGNAL)).toEqual({ name: 'Bot', email: 'bot@example.com' });
  });
});

test('a commit’s time is known where the commit is', async () => {
  const { git, run } = await openIn({
    GIT_COMMITTER_DATE: '1700000000 +0000',
    ...{ GIT_COMMITTER_NAME: 'Bot', GIT_COMMITTER_EMAIL: 'bot@example.com' },
    ...{ GIT_AUTHOR_NAME: 'Bot', GIT_AUTHOR_EMAIL: 'bot@example.com' },
  });
  expect(await git.committedAt('a'.repeat(40), SIGNAL)).toBeUndefined();
  run('init', '-q');
  run('commit', '-q', '--allow-empty', '-m', 'x');
  const commit = run('rev-parse', 'HEAD').toString().trim();
  expect(await git.committedAt(commit, SIGNAL)).toBe(1_700_000_000);
  expect(await git.committedAt('a'.repeat(40), SIGNAL)).toBeUndefined();
  expect(await git.committedAt('--output=x', SIGNAL)).toBeUndefined();
});
