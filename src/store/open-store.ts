import { join, resolve } from 'node:path';
import type { Problem } from '../core/failure.ts';
import type { FirstSeen } from '../core/first-seen.ts';
import type { ScanStore } from '../ports/store.ts';
import { isDamage, isStoreError, openDatabase, openInMemory } from './open-database.ts';
import { DamagedRow } from './rows.ts';
import { ScanTables } from './scan-tables.ts';

export interface StoreOptions {
  /** The file; its folder is created when needed. */
  readonly path: string;
  /** Told when the store had to be rebuilt, or cannot be used; each thing once. */
  readonly warn: (problem: Problem) => void;
}

/** Disposing it closes the file. */
export interface Store extends ScanStore, Disposable {}

/** The file of the store in a state folder. */
export function storePath(stateDir: string): string {
  return join(resolve(stateDir), 'store.sqlite');
}

const NO_FIRST_SEEN: FirstSeen = { firstScanMs: undefined, later: new Map(), digests: new Map() };

/**
 * Opens what scans remember. It never stands in the way: a damaged file is set aside and begun anew, and where none
 * can be written everything is remembered until the program ends, with a warning either way.
 */
export function openStore(options: StoreOptions): Store {
  const told = new Set<string>();
  const warn = (problem: Problem): void => {
    if (!told.has(problem.message)) options.warn(problem);
    told.add(problem.message);
  };
  let { database, tables } = open(options.path, warn);

  /** What goes wrong in the store is no concern of whoever asks: he knows nothing then, or is not heard. */
  function attempt<T>(work: (tables: ScanTables) => T, otherwise: T): T {
    try {
      return work(tables);
    } catch (error) {
      if (!isStoreError(error)) throw error;
      if (isDamage(error)) {
        database.close();
        ({ database, tables } = open(options.path, warn, error instanceof DamagedRow));
      } else {
        warn(unusable(options.path, error));
      }
      return otherwise;
    }
  }

  return {
    list: (key) => attempt((memory) => memory.list(key), undefined),
    keepList: (key, update) => attempt((memory) => memory.keepList(key, update), undefined),
    firstSeen: (key) => attempt((memory) => memory.firstSeen(key), NO_FIRST_SEEN),
    tag: (key, tag) => attempt((memory) => memory.tag(key, tag), undefined),
    keepTag: (key, tag, digest, nowMs) => attempt((memory) => memory.keepTag(key, tag, digest, nowMs), undefined),
    content: (key, digest, nowMs) => attempt((memory) => memory.content(key, digest, nowMs), undefined),
    keepContent: (key, digest, content, nowMs) =>
      attempt((memory) => memory.keepContent(key, digest, content, nowMs), undefined),
    keepOutcome: (place, outcome, nowMs) => attempt((memory) => memory.keepOutcome(place, outcome, nowMs), undefined),
    outcomes: () => attempt((memory) => memory.outcomes(), []),
    demandsNothingSince: (apiUrl) => attempt((memory) => memory.demandsNothingSince(apiUrl), undefined),
    keepDemandsNothing: (apiUrl, nowMs) => attempt((memory) => memory.keepDemandsNothing(apiUrl, nowMs), undefined),
    [Symbol.dispose]: () => database.close(),
  };
}

/** Remembers until it is disposed of: for tests, and for looks that shall leave no trace. */
export function openMemoryStore(): Store {
  const database = openInMemory();
  return Object.assign(new ScanTables(database), { [Symbol.dispose]: () => database.close() });
}

function open(path: string, warn: (problem: Problem) => void, distrusted = false) {
  try {
    const { database, setAside } = openDatabase(path, { distrusted });
    if (setAside !== undefined) warn(damaged(path, setAside));
    return { database, tables: new ScanTables(database) };
  } catch (error) {
    if (!isStoreError(error)) throw error;
    warn(unusable(path, error));
    const database = openInMemory();
    return { database, tables: new ScanTables(database) };
  }
}

function damaged(path: string, setAside: string): Problem {
  return {
    code: 'STATE_DAMAGED',
    object: path,
    message: `the file was damaged and begun anew; what registries said is asked again, and first-seen times count from now`,
    fix: `look after the disk; ${setAside} can be deleted`,
  };
}

function unusable(path: string, error: unknown): Problem {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    code: 'STATE_UNUSABLE',
    object: path,
    message: `what registries say cannot be remembered over restarts (${reason})`,
    fix: 'let --state-dir name a folder that Tiphys may write to, with room on its disk',
  };
}
