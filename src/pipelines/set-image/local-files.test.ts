import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLocalFiles } from './local-files.ts';

let root = '';
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'tiphys-local-')));
  await mkdir(join(root, 'tree/.git'), { recursive: true });
  await mkdir(join(root, 'tree/k8s/deep'), { recursive: true });
  await writeFile(join(root, 'outside.yaml'), 'outside');
  await writeFile(join(root, 'tree/app.yaml'), 'a: ä\r\n');
  await writeFile(join(root, 'tree/.git/config'), 'git');
  await symlink('../app.yaml', join(root, 'tree/k8s/inside.yaml'));
  await symlink('../../outside.yaml', join(root, 'tree/k8s/outside.yaml'));
  await symlink('../.git/config', join(root, 'tree/k8s/git.yaml'));
  await symlink('nowhere', join(root, 'tree/k8s/dead.yaml'));
  await symlink('k8s', join(root, 'tree/link'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const open = () => openLocalFiles(join(root, 'tree'));
const text = async (path: string) => {
  const bytes = await open().read(path);
  return bytes && Buffer.from(bytes).toString();
};

describe('reading', () => {
  for (const [path, expected] of [
    ['app.yaml', 'a: ä\r\n'],
    ['k8s/inside.yaml', 'a: ä\r\n'],
    ['link/inside.yaml', 'a: ä\r\n'],
    ['k8s', undefined],
    ['none.yaml', undefined],
    ['app.yaml/below', undefined],
    ['k8s/dead.yaml', undefined],
  ] as const) {
    test(path, async () => expect(await text(path)).toBe(expected));
  }

  for (const path of ['k8s/outside.yaml', 'k8s/git.yaml']) {
    test(`${path} leads out`, async () => {
      await expect(text(path)).rejects.toMatchObject({ code: 'TARGET_OUTSIDE_REPOSITORY', object: path });
    });
  }

  test('a file elsewhere that is named itself', async () => {
    expect(await text(join(root, 'outside.yaml'))).toBe('outside');
  });

  test('no more than 256 MiB together, however often one is asked for', async () => {
    const files = open();
    const read = async (index: number) => {
      await writeFile(join(root, `large-${index}`), '');
      await truncate(join(root, `large-${index}`), 10 * 1024 * 1024);
      return await files.read(join(root, `large-${index}`));
    };
    for (let index = 0; index < 30; index += 1) await read(index % 25);
    await expect(read(25)).rejects.toMatchObject({
      code: 'TARGET_UNREADABLE',
      message: expect.stringMatching(/256 MiB/),
    });
  });

  test('folders are told from files', async () => {
    expect(await open().list('.')).toEqual(['.git/', 'app.yaml', 'k8s/', 'link']);
    expect(await open().list('app.yaml')).toBeUndefined();
    expect(await open().list('none')).toBeUndefined();
  });
});

describe('writing', () => {
  test('keeps permissions and links, and leaves nothing behind', async () => {
    await chmod(join(root, 'tree/app.yaml'), 0o640);
    await open().write('k8s/inside.yaml', 'a: ä\r\n', 'a: ö\r\n');
    expect(await readFile(join(root, 'tree/app.yaml'), 'utf8')).toBe('a: ö\r\n');
    expect((await stat(join(root, 'tree/app.yaml'))).mode & 0o777).toBe(0o640);
    expect((await readdir(join(root, 'tree'))).sort()).toEqual(['.git', 'app.yaml', 'k8s', 'link']);
  });

  test('not over what somebody else has written', async () => {
    await writeFile(join(root, 'tree/raced.yaml'), 'theirs');
    await expect(open().write('raced.yaml', 'before', 'ours')).rejects.toMatchObject({ code: 'TARGET_CONFLICT' });
    expect(await readFile(join(root, 'tree/raced.yaml'), 'utf8')).toBe('theirs');
  });
});
