import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { type Lab, openLab } from '../../test/support/git-lab.ts';
import { makeSigningKeys } from '../../test/support/signing-keys.ts';
import type { CommitDraft } from '../ports/git.ts';
import type { Signing } from './signing.ts';

const run = promisify(execFile);
const SIGNAL = new AbortController().signal;
const BOT = { name: 'Bot', email: 'bot@example.com' };
const keys = await makeSigningKeys(BOT);
afterAll(() => keys[Symbol.asyncDispose]());
const { env } = keys;

const drafts = (author?: typeof BOT): readonly CommitDraft[] => [
  { message: 'first\n', files: new Map([['a.txt', Buffer.from('1\n')]]), ...(author ? { author } : {}) },
  {
    message: 'second\n\nwith a body\n',
    files: new Map([['a.txt', Buffer.from('2\n')]]),
    ...(author ? { author } : {}),
  },
];

async function pushSigned(lab: Lab, signing: Signing) {
  const repository = await lab.createRepository('signed', {
    files: new Map([
      ['a.txt', '0\n'],
      ['b/c.txt', 'kept\n'],
    ]),
  });
  const git = lab.openGit({ env, signing });
  const branch = { repoURL: repository.url, branch: 'main', project: 'default' };
  const pushed = await git.push(branch, async () => drafts(BOT), SIGNAL);
  return { repository, pushed };
}

for (const [name, signing] of [
  ['ssh', keys.ssh],
  ['openpgp', keys.openpgp],
] as const) {
  test.skipIf(!signing)(`commits are signed by ${name}${signing ? '' : ' (SKIPPED: no program)'}`, async () => {
    if (!signing) return;
    await using lab = await openLab();
    const { repository, pushed } = await pushSigned(lab, signing);
    expect(pushed).toMatchObject({ kind: 'pushed', commits: [{ message: 'first\n' }, { message: expect.anything() }] });
    const commits = await lab.git(repository, 'log', '-2', '--format=%H %an <%ae> %cn %s', 'main');
    expect(commits.split('\n').map((line) => line.slice(41))).toEqual([
      'Bot <bot@example.com> Bot second',
      'Bot <bot@example.com> Bot first',
    ]);
    for (const line of commits.split('\n')) {
      const args = [...signing.verifying, 'verify-commit', line.slice(0, 40)];
      const { stderr } = await run('git', args, { cwd: repository.path, env });
      expect(stderr).toMatch(/Good .*signature/);
    }
    expect(await lab.show(repository, 'b/c.txt')).toBe('kept');
    expect(await lab.show(repository, 'a.txt')).toBe('2');
  });
}

for (const [what, signing, fix] of [
  ['a key that is not there', { method: 'ssh', key: '/nonexistent/key' }, '--git-commit-signing-key'],
  ['a key that looks like an option', { method: 'openpgp', key: '--version' }, 'GNUPGHOME'],
] as const) {
  test(`${what} pushes nothing, and says what to do`, async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('unsigned', { files: new Map([['a.txt', '0\n']]) });
    const git = lab.openGit({ env, signing });
    const branch = { repoURL: repository.url, branch: 'main', project: 'default' };
    const failed = git.push(branch, async () => drafts(), SIGNAL);
    await expect(failed).rejects.toMatchObject({ code: 'GIT_SIGNING_FAILED', fix: expect.stringContaining(fix) });
    expect(await lab.show(repository, 'a.txt')).toBe('0');
  });
}
