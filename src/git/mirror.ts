import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LockWait, withFileLock, withSharedLock } from './file-lock.ts';
import type { Remote } from './remote-url.ts';

/**
 * What is kept of one repoURL: a folder of generations, each a bare repository named by a number; the highest counts.
 * A damaged or overgrown one is not mended but followed by a new one, and the one before stays for whoever, in this
 * process or another, is still reading it. Only fetching a branch and starting a generation need the lock: everything
 * else adds objects, which git does safely side by side.
 */
export interface Mirror {
  /** Whether the server lets single blobs be fetched; believed until one refuses to. */
  partial: boolean;
  /** What new generations name objects by; all servers but a few name them by SHA-1. */
  hash: 'sha1' | 'sha256';
  /** The present generation, created when there is none. */
  gitDir(): Promise<string>;
  /** Follows the present generation by an empty one. Under the lock. */
  renew(): Promise<void>;
  /** Runs `work` while nobody else, here or in another process, does the same. */
  exclusively<T>(wait: LockWait, work: () => Promise<T>): Promise<T>;
  /** Runs `work`, which reads or adds objects, beside others; meanwhile the mirror is not given up for its space. */
  inUse<T>(wait: LockWait, work: () => Promise<T>): Promise<T>;
}

// Small packs slow git down; so many fetches and pushes take hours even on a busy branch, a new mirror some 50 ms.
const MOST_PACKS = 100;

// Nothing here is worth waiting for the disk: a lost mirror is fetched again.
// What is larger than anything that is read, git takes past instead of into memory: zeros cost next to nothing to send.
const CONFIG = `[core]
	repositoryFormatVersion = 1
	bare = true
	hooksPath = /dev/null
	logAllRefUpdates = false
	fsync = none
	bigFileThreshold = 10m
[gc]
	auto = 0
[maintenance]
	auto = false
[transfer]
	unpackLimit = 1
[fastimport]
	unpackLimit = 1
[push]
	gpgSign = false
`;

/** @param root the folder of all mirrors */
export function openMirror(root: string, remote: Remote): Mirror {
  const folder = join(root, createHash('sha256').update(remote.url).digest('hex').slice(0, 40));
  let queue: Promise<unknown> = Promise.resolve();
  const mirror: Mirror = {
    partial: true,
    hash: 'sha1',
    gitDir: async () => {
      const generation = await newestGeneration(folder);
      if (generation > 0) return join(folder, String(generation));
      await createGeneration(folder, 1, mirror.hash);
      return join(folder, '1');
    },
    renew: async () => {
      const next = (await newestGeneration(folder)) + 1;
      await createGeneration(folder, next, mirror.hash);
      await removeOlderThan(folder, next - 1);
    },
    exclusively: async (wait, work) => {
      const before = queue;
      const turn = Promise.withResolvers<void>();
      queue = turn.promise;
      await before;
      try {
        return await withFileLock(join(folder, 'lock'), wait, work);
      } finally {
        turn.resolve();
      }
    },
    inUse: (wait, work) =>
      withSharedLock(join(folder, USE), wait, async () => {
        const now = new Date();
        await utimes(join(folder, USE), now, now);
        return await work();
      }),
  };
  return mirror;
}

/** The file of a mirror that whoever uses it locks, and whose time tells when that was. */
export const USE = 'use';

/** Whether so many packs have gathered that a new generation is cheaper. */
export async function isOvergrown(gitDir: string): Promise<boolean> {
  const packs = await namesIn(join(gitDir, 'objects', 'pack'));
  return packs.filter((name) => name.endsWith('.pack')).length > MOST_PACKS;
}

/** The ref under which a mirror keeps what it knows of a branch: flat, so that no branch stands in another's way. */
export function keptRef(branch: string): string {
  return `refs/tiphys/kept/${createHash('sha256').update(branch).digest('hex').slice(0, 32)}`;
}

/** The commit that a ref of the mirror names; undefined when there is none that can be read. */
export async function readRef(gitDir: string, ref: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(gitDir, ref), 'utf8');
    return /^(?:[0-9a-f]{40}|[0-9a-f]{64})\n$/.test(text) ? text.trim() : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Lets a ref of the mirror name a commit that the mirror has. */
export async function writeRef(gitDir: string, ref: string, commit: string): Promise<void> {
  const temporary = join(gitDir, `${ref}.${process.pid}.new`);
  await writeFile(temporary, `${commit}\n`);
  await rename(temporary, join(gitDir, ref));
}

export async function removeRef(gitDir: string, ref: string): Promise<void> {
  await rm(join(gitDir, ref), { force: true });
}

/** Written by hand, which saves the process that `git init` would be, and in one step visible to others. */
async function createGeneration(folder: string, generation: number, hash: Mirror['hash']): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = await mkdtemp(join(folder, '.new-'));
  await Promise.all([
    mkdir(join(draft, 'objects', 'pack'), { recursive: true }),
    mkdir(join(draft, 'refs', 'tiphys', 'kept'), { recursive: true }),
    writeFile(join(draft, 'HEAD'), 'ref: refs/heads/none\n'),
    writeFile(join(draft, 'config'), `${CONFIG}[extensions]\n\tobjectFormat = ${hash}\n`),
  ]);
  try {
    await rename(draft, join(folder, String(generation)));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const code = codeOf(error);
    // Another process was faster, and its generation is as good.
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

async function newestGeneration(folder: string): Promise<number> {
  const numbers = (await namesIn(folder)).filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
  return Math.max(0, ...numbers);
}

async function removeOlderThan(folder: string, generation: number): Promise<void> {
  const old = (await namesIn(folder)).filter((name) => /^[1-9]\d*$/.test(name) && Number(name) < generation);
  await Promise.all(old.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
