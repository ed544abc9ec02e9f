import { spawn } from 'node:child_process';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Lab, openLab } from '../../test/support/git-lab.ts';
import { openUpkeep, tidyMirrors } from './mirror-upkeep.ts';

const signal = AbortSignal.timeout(600_000);
const KIB = 2 ** 10;

/** Mirrors of 10 KiB each, the first one used longest ago. @returns their folders */
async function makeMirrors(root: string, names: readonly string[]): Promise<readonly string[]> {
  const folders = names.map((name) => join(root, name));
  for (const [index, folder] of folders.entries()) {
    await write(join(folder, '1', 'objects', 'pack', 'pack-1.pack'), 10 * KIB);
    await write(join(folder, 'use'), 0);
    await utimes(join(folder, 'use'), 1_000 + index, 1_000 + index);
  }
  return folders;
}

async function write(path: string, bytes: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, Buffer.alloc(bytes));
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
}

/** Another process that reads the mirror until it is ended. */
async function reader(folder: string): Promise<Disposable> {
  const program = `
    const { DatabaseSync } = require('node:sqlite');
    const lock = new DatabaseSync(process.argv[1]);
    lock.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
    console.log('held');
    setInterval(() => lock, 1000);
  `;
  const child = spawn(process.execPath, ['-e', program, join(folder, 'use')], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

describe('tidyMirrors', () => {
  for (const [what, most, left] of [
    ['all fit', 30 * KIB, ['a', 'b', 'c']],
    ['the one that was not used for longest goes', 29 * KIB, ['b', 'c']],
    ['and the next', 19 * KIB, ['c']],
    ['nothing fits', 1, []],
    ['no limit', 0, ['a', 'b', 'c']],
  ] as const) {
    test(`${what}`, async () => {
      await using lab = await openLab();
      await makeMirrors(lab.stateDir, ['a', 'b', 'c']);
      await tidyMirrors(lab.stateDir, most);
      const files = (await filesBelow(lab.stateDir)).filter((path) => path.endsWith('.pack'));
      expect(files.map((path) => path.slice(0, 1))).toEqual(left);
    });
  }

  test('one that another process uses stays, however long that takes', async () => {
    await using lab = await openLab();
    const [first = ''] = await makeMirrors(lab.stateDir, ['a', 'b', 'c']);
    {
      using _ = await reader(first);
      await tidyMirrors(lab.stateDir, 1);
      expect((await filesBelow(lab.stateDir)).filter((path) => path.endsWith('.pack'))).toEqual([
        'a/1/objects/pack/pack-1.pack',
      ]);
    }
  });

  test('what killed processes have left goes, unless somebody is at work there', async () => {
    await using lab = await openLab();
    const [first = ''] = await makeMirrors(lab.stateDir, ['a']);
    const kept = ['1/objects/pack/pack-1.pack', '3/HEAD', '3/refs/tiphys/kept/abc', 'lock', 'use'];
    const leftovers = [
      '.new-xyz/HEAD',
      '3/objects/pack/tmp_pack_abc',
      '3/refs/tiphys/push/123',
      '3/refs/tiphys/kept/abc.77.new',
      '3/refs/tiphys/kept/abc.lock',
      '3/shallow.lock',
    ];
    for (const path of [...kept.slice(1, 4), ...leftovers]) await write(join(first, path), 1);
    {
      using _ = await reader(first);
      await tidyMirrors(lab.stateDir, 0);
      expect(await filesBelow(first)).toEqual([...kept, ...leftovers].sort());
    }
    await expect.poll(() => tidyMirrors(lab.stateDir, 0).then(() => filesBelow(first))).toEqual(kept.slice(1));
  });

  test('no folder yet', async () => {
    await using lab = await openLab();
    await tidyMirrors(join(lab.folder, 'nothing'), 1);
  });
});

describe('in the life of a process', () => {
  const openBranch = async (lab: Lab, name: string) => {
    const { url } = await lab.createRepository(name, { files: new Map([['a.yaml', `${name}\n`]]) });
    return { repoURL: url, branch: 'main', project: 'default' };
  };
  const packs = async (lab: Lab) => (await filesBelow(lab.stateDir)).filter((path) => path.endsWith('.pack')).length;

  test('at its end, when something was fetched; what has gone is fetched again', async () => {
    await using lab = await openLab();
    const ref = await openBranch(lab, 'r.git');
    for (const round of [1, 2]) {
      await using git = lab.openGit({ mostMirrorBytes: 1 });
      expect(await (await git.open(ref, signal)).read('a.yaml')).toEqual(Buffer.from('r.git\n'));
      expect([round, await packs(lab)]).not.toEqual([round, 0]);
      await git[Symbol.asyncDispose]();
      expect(await packs(lab)).toBe(0);
    }
  });

  test('a tree that was opened before its mirror went can still be read and written', async () => {
    await using lab = await openLab();
    const ref = await openBranch(lab, 'r.git');
    const git = lab.openGit();
    const tree = await git.open(ref, signal);
    await tidyMirrors(join(lab.stateDir, 'mirrors'), 1);
    expect(await packs(lab)).toBe(0);
    expect(await tree.read('a.yaml')).toEqual(Buffer.from('r.git\n'));
    await tidyMirrors(join(lab.stateDir, 'mirrors'), 1);
    const compose = async () => [{ message: 'm\n', files: new Map([['a.yaml', Buffer.from('b\n')]]) }];
    expect(await git.push(ref, compose, signal)).toMatchObject({ kind: 'pushed', attempts: 1 });
  });

  test('every ten minutes, as long as something is fetched', async () => {
    await using lab = await openLab();
    await makeMirrors(lab.stateDir, ['a']);
    let minutes = 0;
    const upkeep = openUpkeep(lab.stateDir, 1, () => new Date(minutes * 60_000));
    for (const [minute, grew, left] of [
      [10, false, 1],
      [15, true, 0],
    ] as const) {
      minutes = minute;
      if (grew) upkeep.grew();
      upkeep.perhaps();
      await expect.poll(() => packs(lab)).toBe(left);
    }
    await makeMirrors(lab.stateDir, ['b']);
    upkeep.grew();
    minutes = 20;
    upkeep.perhaps();
    expect(await packs(lab)).toBe(1);
    await upkeep[Symbol.asyncDispose]();
    expect(await packs(lab)).toBe(0);
  });
});
