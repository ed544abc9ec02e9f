import { open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { Failure } from '../../core/failure.ts';
import { isMissingFile } from '../../core/missing-file.ts';
import { isUntyped } from '../../core/untyped.ts';
import type { FileTree } from '../../ports/file-tree.ts';

// The same limits as for files in Git: of one, and of all together.
const MAX_BYTES = 10 * 1024 * 1024;
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;

/** Files on this machine; relative paths count from `cwd`. */
export interface LocalFiles extends FileTree {
  /**
   * A file gets another content at once or not at all, and keeps its permissions; a symbolic link stays one.
   * @throws {Failure} TARGET_CONFLICT when the file is not `before` any more, TARGET_UNREADABLE
   */
  write(path: string, before: string, after: string): Promise<void>;
}

export function openLocalFiles(cwd: string): LocalFiles {
  const takeIn = limitTotal();
  return {
    read: (path) => within(path, () => readFile(resolve(cwd, path), path, takeIn)),
    list: (folder) => within(folder, () => listFolder(resolve(cwd, folder))),
    write: (path, before, after) => within(path, () => writeFile(resolve(cwd, path), path, takeIn, before, after)),
  };
}

/** Told of each file before it is read. @throws {Failure} TARGET_UNREADABLE when all of them together are too large */
type TakeIn = (file: string, sizeBytes: number, shown: string) => void;

/** A file that is read again counts once. */
function limitTotal(): TakeIn {
  const sizes = new Map<string, number>();
  let total = 0;
  return (file, sizeBytes, shown) => {
    total += sizeBytes - (sizes.get(file) ?? 0);
    sizes.set(file, sizeBytes);
    if (total > MAX_TOTAL_BYTES) {
      throw unreadable(shown, 'it is asked for together with more than 256 MiB', 'name fewer or smaller files');
    }
  };
}

async function readFile(file: string, shown: string, takeIn: TakeIn): Promise<Uint8Array | undefined> {
  const real = await realFile(file, shown);
  if (real === undefined) return undefined;
  await using handle = await open(real);
  const info = await handle.stat();
  if (info.isDirectory()) return undefined;
  if (!info.isFile()) throw unreadable(shown, 'it is no file', 'name a file');
  if (info.size > MAX_BYTES) throw unreadable(shown, 'it is larger than 10 MiB', 'name a smaller file');
  takeIn(real, info.size, shown);
  return await handle.readFile();
}

async function listFolder(folder: string): Promise<readonly string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
}

async function writeFile(file: string, shown: string, takeIn: TakeIn, before: string, after: string): Promise<void> {
  const real = await realFile(file, shown);
  const bytes = await readFile(file, shown, takeIn);
  if (real === undefined || bytes === undefined || Buffer.compare(bytes, Buffer.from(before)) !== 0) {
    const fix = 'run the command again';
    throw new Failure('TARGET_CONFLICT', 'somebody else changed the file meanwhile', { fix, object: shown });
  }
  const { mode } = await stat(real);
  const draft = `${real}.tiphys-${process.pid}`;
  try {
    await using handle = await open(draft, 'wx', mode);
    await handle.chmod(mode);
    await handle.writeFile(after);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await rename(draft, real);
}

/**
 * Where a file really lies; undefined when there is none.
 * @throws {Failure} TARGET_OUTSIDE_REPOSITORY for a link that leads out of the work tree, or of the file's own folder
 *   where there is none
 */
async function realFile(file: string, shown: string): Promise<string | undefined> {
  try {
    const folder = await realpath(dirname(file));
    const real = await realpath(file);
    if (real !== join(folder, basename(file)) && !isInside(real, (await workTreeOf(folder)) ?? folder)) {
      const fix = 'name the file that the link leads to';
      throw new Failure('TARGET_OUTSIDE_REPOSITORY', 'it is a symbolic link that leads out', { fix, object: shown });
    }
    return real;
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
}

/** The nearest folder, this or one above, that has a `.git`; undefined where none has. */
export async function workTreeOf(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const isThere = await stat(join(at, '.git')).then(
      () => true,
      () => false,
    );
    if (isThere) return at;
    if (dirname(at) === at) return undefined;
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path).split(sep);
  return way[0] !== '..' && !way.includes('.git');
}

/** What the operating system says becomes a Failure about the path as it was given. */
async function within<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure || !isUntyped(error) || typeof error['code'] !== 'string') throw error;
    const message = error instanceof Error ? error.message : error['code'];
    throw new Failure('TARGET_UNREADABLE', message, {
      fix: 'see to the file and its permissions',
      object: path,
      cause: error,
    });
  }
}

function unreadable(object: string, message: string, fix: string): Failure {
  return new Failure('TARGET_UNREADABLE', message, { fix, object });
}
