import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate, NewerSchema } from './migrate.ts';
import { DamagedRow } from './rows.ts';

/** A store whose file can be written, and whether a damaged one had to make room for it. */
interface Opened {
  readonly database: DatabaseSync;
  /** Where the damaged file is now. */
  readonly setAside?: string;
}

/** How long to wait for another process that writes; each of its transactions takes milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;
/** The file may grow to 4 GiB, which is more than ten million tags with their digests. */
const MOST_PAGES = 1024 * 1024;
const WAL_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Opens the database of a file that only its owner may read, at the present schema. A damaged file is renamed and an
 * empty one takes its place. Processes that open it at the same time do so in turn: what one of them has just mended
 * is not mended again.
 * @param distrusted  the file is damaged, though SQLite may not see it
 * @throws what SQLite or the file system throws when the folder cannot be written, NewerSchema
 */
export function openDatabase(path: string, { distrusted = false } = {}): Opened {
  makeFolder(dirname(path));
  using _lock = lockFile(`${path}.lock`);
  try {
    if (distrusted) throw new DamagedRow('a row that cannot be read');
    return { database: openSound(path) };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const aside = `${path}.damaged`;
    for (const suffix of ['', '-wal', '-shm']) moveAside(`${path}${suffix}`, `${aside}${suffix}`);
    return { database: openSound(path), setAside: aside };
  }
}

/** Node's own recursive mkdir never ends where a file system says ENOENT for what cannot be made there, as /proc does. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(path)) throw error; // another process may have been quicker
  }
}

/** A database of the present schema that is gone with the process. */
export function openInMemory(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  return database;
}

/** The exclusive lock of an empty database: the operating system lets go of it when its holder dies. */
function lockFile(path: string): DatabaseSync {
  createPrivate(path);
  const lock = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

function openSound(path: string): DatabaseSync {
  createPrivate(path);
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  try {
    const verdict = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (verdict !== 'ok') throw new DamagedRow(String(verdict));
    // With a write-ahead log readers do not wait for writers. A crash of the machine may cost the last writes, never
    // the file; nothing here is worth waiting for the disk.
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      PRAGMA journal_size_limit = ${WAL_LIMIT_BYTES}; PRAGMA max_page_count = ${MOST_PAGES}`);
    migrate(database);
    // A file that can be read only would show at the first write otherwise.
    database.exec('BEGIN IMMEDIATE; COMMIT');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite would create it as the umask says; its log and its index take over the mode of the file. */
function createPrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

/** One damaged file is enough to look into. */
function moveAside(from: string, to: string): void {
  rmSync(to, { force: true });
  if (existsSync(from)) renameSync(from, to);
}

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
/** Extended result codes say more in their upper bits. */
const PRIMARY_CODE = 0xff;

/** Whether the file's content is to blame, and not the disk, its rights or another process. */
export function isDamage(error: unknown): boolean {
  if (error instanceof DamagedRow) return true;
  const code = sqliteCode(error);
  return code !== undefined && [SQLITE_CORRUPT, SQLITE_NOTADB].includes(code & PRIMARY_CODE);
}

/** Whether the store is to blame at all; everything else is a bug. */
export function isStoreError(error: unknown): boolean {
  if (isDamage(error) || error instanceof NewerSchema || sqliteCode(error) !== undefined) return true;
  return error instanceof Error && 'syscall' in error;
}

function sqliteCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
}
