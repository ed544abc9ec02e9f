import { expect, test } from 'vitest';
import { LAB_ENV, openLab } from '../../test/support/git-lab.ts';
import type { FileContent } from '../demo/bare-repository.ts';
import { localCommands } from './local-commands.ts';
import { gitProcesses } from './processes.ts';

const signal = AbortSignal.timeout(600_000);
const OLD = new Map<string, FileContent>([
  ['same/a.yaml', 'a\n'],
  ['same/link', { link: 'a.yaml' }],
  ['edited.yaml', 'tag: 1\n'],
  ['gone/a.yaml', 'a\n'],
  ['runs.sh', 'x\n'],
  ['becomes-link', 'x\n'],
  ['becomes-file', { link: 'edited.yaml' }],
  ['becomes-folder', 'x\n'],
  ['was-folder/a', 'x\n'],
  ['was-folder/b', 'x\n'],
]);
const NEW = new Map<string, FileContent>([
  ['same/a.yaml', 'a\n'],
  ['same/link', { link: 'a.yaml' }],
  ['edited.yaml', 'tag: 2\n'],
  ['moved/a.yaml', 'a\n'],
  ['runs.sh', { executable: 'x\n' }],
  ['becomes-link', { link: 'edited.yaml' }],
  ['becomes-file', 'x\n'],
  ['becomes-folder/\ue000', 'x\n'],
  ['becomes-folder/\u{1f680}\twith "quotes"\nand lines', 'x\n'],
  ['was-folder', 'x\n'],
]);

test('what differs from a listed commit makes the same listing as listing all', async () => {
  await using lab = await openLab();
  const [repository, other] = await Promise.all([
    lab.createRepository('old.git', { files: OLD }),
    lab.createRepository('new.git', { files: NEW }),
  ]);
  const git = (...args: readonly string[]) => lab.git(repository, ...args);
  await git('fetch', '--quiet', other.path, 'main:new');
  const [old = '', begun = ''] = (await git('rev-parse', 'main', 'new')).split('\n');
  await git('read-tree', 'new');
  await git('update-index', '--add', '--cacheinfo', `160000,${old},vendor/lib`);
  const identity = ['-c', 'user.name=x', '-c', 'user.email=x@example.com'];
  const commit = await git(...identity, 'commit-tree', '-m', 'm', '-p', begun, await git('write-tree'));

  await using processes = gitProcesses(1);
  const local = localCommands(processes, LAB_ENV, 30_000, { url: 'r', secrets: [] });
  const list = (id: string) => local.listTree(repository.path, id, signal);
  for (const [from, to] of [
    [old, commit],
    [commit, old],
    [commit, commit],
  ] as const) {
    expect(await local.listTreeFrom(await list(from), repository.path, to, signal)).toEqual(await list(to));
  }
});
