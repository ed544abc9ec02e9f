import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openLab } from '../../test/support/git-lab.ts';

const signal = AbortSignal.timeout(600_000);
const FILES = new Map([
  ['apps/shop/values.yaml', 'tag: 1.0.0\n'],
  ['README.md', '# hello\n'],
]);

const DAMAGES: Readonly<Record<string, (bytes: Buffer, at: number) => Buffer>> = {
  'is empty': () => Buffer.alloc(0),
  'is cut short': (bytes, at) => bytes.subarray(0, Math.floor(bytes.length * at)),
  'has a wrong byte': (bytes, at) => {
    const wrong = Buffer.from(bytes);
    const place = Math.floor(bytes.length * at);
    if (place < wrong.length) wrong[place] = (wrong[place] ?? 0) ^ 0xff;
    return wrong;
  },
  'is full of zeroes, as after a crash of the machine': (bytes) => Buffer.alloc(bytes.length),
};

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name)).sort();
}

describe.concurrent('whatever happens to a file of a mirror, reading and writing go on', () => {
  for (const allowFilter of [true, false]) {
    test(`on a server ${allowFilter ? 'with' : 'without'} partial clone`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.nat(),
          fc.constantFrom('is gone', ...Object.keys(DAMAGES)),
          fc.double({ min: 0, max: 0.99, noNaN: true }),
          fc.constantFrom('before a look', 'between the look and the push'),
          async (which, what, at, when) => {
            await using lab = await openLab();
            const repository = await lab.createRepository('r.git', { files: FILES, allowFilter });
            const ref = { repoURL: `file://${repository.path}`, branch: 'main', project: 'default' };
            const before = await lab.openGit().open(ref, signal);
            await before.read('README.md');
            await lab.commit(repository, { 'apps/shop/values.yaml': 'tag: 1.1.0\n' });
            await lab.openGit().open(ref, signal);

            const damage = async () => {
              const files = (await filesBelow(join(lab.stateDir, 'mirrors'))).filter(
                (path) => !/\/(?:lock|use)$/.test(path),
              );
              const path = files[which % files.length] ?? '';
              await chmod(path, 0o644);
              const change = DAMAGES[what];
              if (change) await writeFile(path, change(await readFile(path), at));
              else await rm(path);
            };
            const git = lab.openGit();
            if (when === 'before a look') await damage();
            const tree = await git.open(ref, signal);
            if (when !== 'before a look') await damage();
            const read = async (path: string) => Buffer.from((await tree.read(path)) ?? []).toString();
            expect(await read('apps/shop/values.yaml')).toBe('tag: 1.1.0\n');
            expect(await read('README.md')).toBe('# hello\n');
            const compose = async () => [{ message: 'm\n', files: new Map([['README.md', Buffer.from('# new\n')]]) }];
            expect((await git.push(ref, compose, signal)).kind).toBe('pushed');
            expect(await lab.show(repository, 'README.md')).toBe('# new');
            expect(await lab.show(repository, 'apps/shop/values.yaml')).toBe('tag: 1.1.0');
            await lab.git(repository, 'fsck', '--strict');
          },
        ),
        { numRuns: 10 },
      );
    }, 300_000);
  }
});
