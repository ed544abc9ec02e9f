import { existsSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { standInHome } from './stand-in-home.ts';

async function folderOf(...paths: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-home-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), path);
  }
  return folder;
}

const namesIn = async (folder = '') => (await readdir(folder)).toSorted();

test('has everything of the home but git’s configuration, and takes nothing along when it goes', async () => {
  const original = await folderOf(
    '.gitconfig',
    '.netrc',
    '.ssh/id',
    '.config/gh/hosts',
    '.config/git/config',
    '.config/git/x',
  );
  const home = await standInHome({ HOME: original });
  const { HOME = '' } = home.env;
  expect(Object.keys(home.env)).toEqual(['HOME']);
  expect((await lstat(dirname(HOME))).mode & 0o077).toBe(0);
  expect(await namesIn(HOME)).toEqual(['.config', '.netrc', '.ssh']);
  expect(await namesIn(join(HOME, '.config'))).toEqual(['gh', 'git']);
  expect(await namesIn(join(HOME, '.config/git'))).toEqual(['x']);
  for (const path of ['.netrc', '.ssh/id', '.config/gh/hosts']) {
    expect(await readFile(join(HOME, path), 'utf8')).toBe(path);
  }
  await home[Symbol.asyncDispose]();
  expect(existsSync(dirname(HOME))).toBe(false);
  expect(await namesIn(original)).toEqual(['.config', '.gitconfig', '.netrc', '.ssh']);
  expect(await namesIn(join(original, '.ssh'))).toEqual(['id']);
});

test('has the configuration folder, where a variable names one', async () => {
  const original = await folderOf('git/config', 'git/credentials', 'gh/hosts');
  await using home = await standInHome({ HOME: join(original, 'none'), XDG_CONFIG_HOME: original });
  const { HOME = '', XDG_CONFIG_HOME = '' } = home.env;
  expect(await namesIn(HOME)).toEqual([]);
  expect(await namesIn(XDG_CONFIG_HOME)).toEqual(['gh', 'git']);
  expect(await namesIn(join(XDG_CONFIG_HOME, 'git'))).toEqual(['credentials']);
});

test('is nowhere for who has no home', async () => {
  await using home = await standInHome({ XDG_CONFIG_HOME: '' });
  expect(home.env).toEqual({});
});
