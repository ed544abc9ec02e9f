import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { LAB_ENV, type Lab, openLab } from '../../test/support/git-lab.ts';
import type { CommitDraft } from '../ports/git.ts';
import type { Signing } from './signing.ts';

const run = promisify(execFile);
const SIGNAL = new AbortController().signal;
const BOT = { name: 'Bot', email: 'bot@example.com' };
// GnuPG's sockets must have short paths, so that its home cannot lie deep in a lab.
const folder = await mkdtemp(join(tmpdir(), 'tg-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const env = { ...LAB_ENV, HOME: folder, GNUPGHOME: join(folder, 'gpg') };

const ssh = await sshKey();
const gpg = await gpgKey();

async function sshKey(): Promise<Signing | undefined> {
  const key = join(folder, 'id_ed25519');
  try {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', BOT.email, '-f', key]);
  } catch {
    return undefined;
  }
  const { stdout } = await run('ssh-keygen', ['-y', '-f', key]);
  await writeFile(join(folder, 'signers'), `${BOT.email} ${stdout}`);
  return { method: 'ssh', key };
}

async function gpgKey(): Promise<Signing | undefined> {
  await mkdir(env.GNUPGHOME, { mode: 0o700 });
  const args = ['--batch', '--passphrase', '', '--quick-generate-key', `${BOT.name} <${BOT.email}>`, 'ed25519', 'sign'];
  try {
    await run('gpg', args, { env });
  } catch {
    return undefined;
  }
  return { method: 'openpgp', key: BOT.email };
}
afterAll(() => run('gpgconf', ['--kill', 'all'], { env }).catch(() => undefined));

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

for (const [name, signing, verifying] of [
  ['ssh', ssh, ['-c', `gpg.ssh.allowedSignersFile=${join(folder, 'signers')}`]],
  ['openpgp', gpg, []],
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
      const args = [...verifying, 'verify-commit', line.slice(0, 40)];
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
