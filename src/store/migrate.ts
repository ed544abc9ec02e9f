import type { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from './schema.ts';

/** Written by a later release: its tables may mean something else. */
export class NewerSchema extends Error {
  override readonly name = 'NewerSchema';
}

/**
 * Brings a database to the present schema, each step in a transaction of its own together with its number.
 * @throws {NewerSchema} when it is beyond that already; nothing is changed then
 */
export function migrate(database: DatabaseSync, steps: readonly string[] = MIGRATIONS): void {
  const version = versionOf(database);
  if (version > steps.length) throw new NewerSchema(`schema ${version}, known up to ${steps.length}`);
  for (const [index, step] of steps.entries()) {
    if (index >= version) database.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}

export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
}
