import { describe, expect, test } from 'vitest';
import { openLab } from '../../test/support/git-lab.ts';
import { grow } from '../../test/support/grown-history.ts';
import type { BranchRef, LoggedCommit } from '../ports/git.ts';
import { parseLog } from './commit-log.ts';

const signal = AbortSignal.timeout(600_000);
const ref = (repoURL: string, more: Partial<BranchRef> = {}): BranchRef => ({
  repoURL,
  branch: 'main',
  project: 'default',
  ...more,
});
const files = new Map([['a.yaml', 'a\n']]);
async function read(commits: AsyncIterable<LoggedCommit>, most: number): Promise<readonly LoggedCommit[]> {
  const found: LoggedCommit[] = [];
  for await (const commit of commits) {
    found.push(commit);
    if (found.length === most) break;
  }
  return found;
}

async function fetched(work: (onCommand: (args: readonly string[]) => void) => Promise<unknown>) {
  const reaches: string[] = [];
  await work((args) => {
    if (args[0] === 'fetch') reaches.push(args.find((arg) => /^--(?:depth|deepen)/.test(arg)) ?? 'new');
  });
  return reaches;
}

describe.concurrent('log', () => {
  test('newest first, whoever and whenever, as git has it', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files, branch: 'trunk' });
    const message = 'Subject with ä\n\nbody\n\nTiphys-Change: x\n';
    const commit = await lab.commit(repository, { 'b.yaml': 'b' }, { branch: 'trunk', message });
    const [newest, oldest] = await read(lab.openGit().log(ref(repository.url, { branch: '' }), signal), 10);
    expect(newest).toEqual({
      commit,
      author: 'Else <else@example.com>',
      committedAt: '2024-05-06T07:08:09Z',
      message,
    });
    expect(oldest).toMatchObject({ message: 'Begin\n', author: 'demo <demo@tiphys.example>' });
  });

  test('is fetched in steps, as far as it is read, and kept', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files });
    await grow(repository, 3_000);
    const all = (await lab.git(repository, 'log', '--format=%H', 'main')).split('\n');
    const readFrom = (most: number, from = lab.stateDir) =>
      fetched(async (onCommand) => {
        const found = await read(lab.openGit({ onCommand, stateDir: from }).log(ref(repository.url), signal), most);
        expect(found.map(({ commit }) => commit)).toEqual(all.slice(0, most));
      });
    expect(await readFrom(200)).toEqual(['--depth=200']);
    expect(await readFrom(200)).toEqual([]);
    expect(await readFrom(201)).toEqual(['--deepen=1800']);
    expect(await readFrom(2_000)).toEqual([]);
    all.unshift(await lab.commit(repository, { 'new.yaml': 'n' }));
    expect(await readFrom(5)).toEqual(['new']);
    expect(await readFrom(5_000)).toEqual(['--depth=2147483647']);
    expect(await readFrom(5_000)).toEqual([]);
    expect(await readFrom(5_000, `${lab.folder}/fresh`)).toEqual([
      '--depth=200',
      '--deepen=1800',
      '--depth=2147483647',
    ]);
  }, 60_000);

  test('history that was replaced by force is followed', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files });
    const first = await lab.git(repository, 'rev-parse', 'main');
    await lab.commit(repository, { 'b.yaml': 'b' });
    const git = lab.openGit();
    expect(await read(git.log(ref(repository.url), signal), 9)).toHaveLength(2);
    const rewritten = await lab.commit(repository, { 'c.yaml': 'c' }, { from: first });
    const found = await read(git.log(ref(repository.url), signal), 9);
    expect(found.map(({ commit }) => commit)).toEqual([rewritten, first]);
  });

  for (const [how, server, content] of [
    ['without partial clone', {}, { allowFilter: false }],
    ['of protocol 0', { protocolV2: false }, {}],
  ] as const) {
    test(`from a server ${how}`, async () => {
      await using lab = await openLab(server);
      const repository = await lab.createRepository('r.git', { files, ...content });
      await grow(repository, 250);
      expect(await read(lab.openGit().log(ref(repository.url), signal), 999)).toHaveLength(250);
    });
  }

  test('reading and writing beside it go on', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files });
    await grow(repository, 20);
    const git = lab.openGit();
    await read(git.log(ref(repository.url), signal), 99);
    const tree = await git.open(ref(repository.url), signal);
    expect(tree.paths).toHaveLength(20);
    const writeBranch = 'tiphys/x';
    const drafts = async () => [{ message: 'x\n\nTiphys-Change: x\n', files: new Map([['f1', Buffer.from('new')]]) }];
    expect(await git.publish({ ...ref(repository.url), writeBranch }, drafts, signal)).toMatchObject({ isNew: true });
    expect(await read(git.log(ref(repository.url), signal), 99)).toHaveLength(20);
  });

  test('a branch that is not there is named', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files });
    const log = read(lab.openGit().log(ref(repository.url, { branch: 'gone' }), signal), 1);
    await expect(log).rejects.toMatchObject({ code: 'GIT_BRANCH_NOT_FOUND' });
  });
});

describe.concurrent('parseLog', () => {
  for (const [at, expected] of [
    ['0', '1970-01-01T00:00:00Z'],
    ['-1', '1970-01-01T00:00:00Z'],
    ['', '1970-01-01T00:00:00Z'],
    ['x', '1970-01-01T00:00:00Z'],
    ['253402300799', '9999-12-31T23:59:59Z'],
    ['99999999999999999999', '9999-12-31T23:59:59Z'],
  ] as const) {
    test(`a commit of ${JSON.stringify(at)} seconds is of ${expected}`, () => {
      const [record] = parseLog(Buffer.from(['a', 'b c', 't', 'n <e>', at, 'm\n', ''].join('\0')));
      expect(record).toEqual({
        commit: 'a',
        parents: ['b', 'c'],
        tree: 't',
        author: 'n <e>',
        committedAt: expected,
        message: 'm\n',
      });
    });
  }
});
