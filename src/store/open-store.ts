import { join, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Problem } from '../core/failure.ts';
import { onceEach } from '../core/once-each.ts';
import { type Attempt, forgiving, type Store } from './memory.ts';
import { isDamage, isStoreError, openDatabase, openInMemory } from './open-database.ts';
import { DamagedRow } from './rows.ts';
import { sqliteRunner } from './sqlite-runner.ts';
import { Tables } from './tables.ts';

export interface StoreOptions {
  /** The file; its folder is created when needed. */
  readonly path: string;
  /** Told when the store had to be rebuilt, or cannot be used; each thing once. */
  readonly warn: (problem: Problem) => void;
}

/** The file of the store in a state folder. */
export function storePath(stateDir: string): string {
  return join(resolve(stateDir), 'store.sqlite');
}

/**
 * Opens what is remembered, in a file. It never stands in the way: a damaged file is set aside and begun anew, and where
 * none can be written everything is remembered until the program ends, with a warning either way.
 */
export function openStore(options: StoreOptions): Store {
  const warn = onceEach(options.warn);
  let database = open(options.path, warn);
  let tables = new Tables(sqliteRunner(database));

  const attempt: Attempt = async (work, otherwise) => {
    const used = tables;
    try {
      return await work(used);
    } catch (error) {
      if (used !== tables) return otherwise; // the file was replaced meanwhile
      if (!isStoreError(error)) throw error;
      if (!isDamage(error)) warn(unusable(options.path, error));
      else {
        database.close();
        database = open(options.path, warn, error instanceof DamagedRow);
        tables = new Tables(sqliteRunner(database));
      }
      return otherwise;
    }
  };

  return {
    ...forgiving(attempt),
    async [Symbol.asyncDispose]() {
      database.close();
    },
  };
}

/** Remembers until it is disposed of: for tests, and for looks that shall leave no trace. */
export function openMemoryStore(): Store {
  const database = openInMemory();
  return Object.assign(new Tables(sqliteRunner(database)), {
    async [Symbol.asyncDispose]() {
      database.close();
    },
  });
}

function open(path: string, warn: (problem: Problem) => void, distrusted = false): DatabaseSync {
  try {
    const { database, setAside } = openDatabase(path, { distrusted });
    if (setAside !== undefined) warn(damaged(path, setAside));
    return database;
  } catch (error) {
    if (!isStoreError(error)) throw error;
    warn(unusable(path, error));
    return openInMemory();
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
