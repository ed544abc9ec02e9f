import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from '../core/failure.ts';
import { pause, type Sleep } from './pause.ts';

export interface LockWait {
  readonly mostMs: number;
  readonly sleep: Sleep;
  readonly signal: AbortSignal;
}

const PAUSE_MS = 25;

/**
 * Holds a lock between processes while `work` runs; the folder of its file is created when needed. It is the lock of an
 * empty SQLite file: the operating system lets go of it when its holder dies, so that there are no stale locks to
 * recognise.
 * @throws {Failure} STATE_LOCKED when another process holds it for longer than `mostMs`, GIT_FAILED when it cannot be
 * written, ABORTED
 */
export function withFileLock<T>(path: string, wait: LockWait, work: () => Promise<T>): Promise<T> {
  return withLock(path, EXCLUSIVE, wait, work);
}

/** The same beside others who share it; nobody has it exclusively meanwhile. */
export function withSharedLock<T>(path: string, wait: LockWait, work: () => Promise<T>): Promise<T> {
  return withLock(path, SHARED, wait, work);
}

/** Holds it exclusively while `work` runs, unless anybody has it now. @returns whether it was free */
export async function ifUnlocked(path: string, work: () => Promise<void>): Promise<boolean> {
  using lock = await openLock(path);
  if (!tryLock(lock, EXCLUSIVE)) return false;
  await work();
  return true;
}

const EXCLUSIVE = 'BEGIN EXCLUSIVE';
// A transaction that has read something lets others read, but not write.
const SHARED = 'BEGIN; SELECT count(*) FROM sqlite_schema';

async function withLock<T>(path: string, begin: string, wait: LockWait, work: () => Promise<T>): Promise<T> {
  using lock = await openLock(path);
  for (let waited = 0; !tryLock(lock, begin); waited += PAUSE_MS) {
    if (waited >= wait.mostMs) throw locked(path, wait.mostMs);
    await pause(PAUSE_MS, wait.sleep, wait.signal);
  }
  return await work();
}

async function openLock(path: string): Promise<DatabaseSync> {
  try {
    await makeFolder(dirname(path));
    return new DatabaseSync(path, { timeout: 0 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('GIT_FAILED', `the state folder cannot be used: ${reason}`, {
      fix: 'let --state-dir name a folder that Tiphys may write to',
      cause,
    });
  }
}

/** Node's own recursive mkdir never ends where a file system says ENOENT for what cannot be made there, as /proc does. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 }).catch(unlessThere);
  }
}

/** Another process may have been quicker. */
function unlessThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}

const SQLITE_BUSY = 5;

function tryLock(lock: DatabaseSync, begin: string): boolean {
  try {
    lock.exec(begin);
    return true;
  } catch (error) {
    if (lock.isTransaction) lock.exec('ROLLBACK');
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
    throw error;
  }
}

function locked(path: string, mostMs: number): Failure {
  return new Failure('STATE_LOCKED', `another process has held ${path} for more than ${mostMs / 1000} s`, {
    fix: 'wait for the other tiphys to finish, end it, or use another folder with --state-dir',
    retry: { kind: 'backoff' },
  });
}
