import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ifUnlocked } from './file-lock.ts';
import { USE } from './mirror.ts';

/** Keeps the folder of all mirrors within its bounds. Disposing it does what is left to do. */
export interface MirrorUpkeep extends AsyncDisposable {
  /** Something was fetched. */
  grew(): void;
  /** Begins in the background, when the last time is long enough ago. */
  perhaps(): void;
}

const PAUSE_MS = 10 * 60_000;

/** @param mostBytes what all mirrors together may take; 0 for no limit */
export function openUpkeep(root: string, mostBytes: number, now: () => Date): MirrorUpkeep {
  let hasGrown = false;
  let last = now().getTime();
  let running: Promise<void> = Promise.resolve();
  const begin = () => {
    last = now().getTime();
    hasGrown = false;
    // Tidying is never worth a failed cycle: what could not be removed is tried again the next time.
    running = running.then(() => tidyMirrors(root, mostBytes)).catch(() => undefined);
  };
  return {
    grew: () => {
      hasGrown = true;
    },
    perhaps: () => {
      if (hasGrown && now().getTime() - last >= PAUSE_MS) begin();
    },
    [Symbol.asyncDispose]: async () => {
      if (hasGrown) begin();
      await running;
    },
  };
}

interface KeptMirror {
  readonly folder: string;
  readonly bytes: number;
  readonly usedAtMs: number;
  /** What a process that was killed has left, and generations that were followed. */
  readonly leftovers: readonly string[];
}

/**
 * Removes what killed processes have left, then the mirrors that were not used for longest, until the rest fits. One
 * that is in use by any process stays as it is. What was removed is fetched again when it is needed.
 */
export async function tidyMirrors(root: string, mostBytes: number): Promise<void> {
  const mirrors = await Promise.all((await foldersIn(root)).map((name) => inspect(join(root, name))));
  for (const { folder, leftovers } of mirrors) {
    if (leftovers.length > 0) await removeUnlessUsed(folder, leftovers);
  }
  let total = mirrors.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { folder, bytes } of mirrors.toSorted((a, b) => a.usedAtMs - b.usedAtMs)) {
    if (mostBytes === 0 || total <= mostBytes) return;
    if (bytes > 0 && (await removeUnlessUsed(folder, await foldersIn(folder)))) total -= bytes;
  }
}

// The files of locks stay: whoever waits for one waits for this very file.
async function removeUnlessUsed(folder: string, names: readonly string[]): Promise<boolean> {
  return await ifUnlocked(join(folder, USE), async () => {
    await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
  });
}

// Of `git fetch`, of `git push`, and of generations that were never finished.
const LEFTOVER = /(?:^|\/)(?:\.new-[^/]*|tmp_[^/]*|refs\/tiphys\/push\/[^/]*|[^/]*\.lock|[^/]*\.new)$/;

async function inspect(folder: string): Promise<KeptMirror> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const names = entries.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  const sizes = await Promise.all(names.map((name) => sizeOf(join(folder, name))));
  const generations = names.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));
  return {
    folder,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    usedAtMs: (await stat(join(folder, USE)).catch(() => undefined))?.mtimeMs ?? 0,
    leftovers: [...generations.slice(0, -1), ...names.filter((name) => LEFTOVER.test(name))],
  };
}

/** 0 for what is no file, or has gone meanwhile. */
async function sizeOf(path: string): Promise<number> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ? stats.size : 0;
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
