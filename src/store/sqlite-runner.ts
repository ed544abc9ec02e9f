import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Statement, StepRunner, Steps } from './steps.ts';

/** Runs steps in an SQLite database, from the first to the last without anything in between. */
export function sqliteRunner(database: DatabaseSync): StepRunner {
  /** Each statement is prepared once. */
  const prepared = new Map<string, StatementSync>();

  function drive<T>(steps: Steps<T>): T {
    let step = steps.next();
    while (!step.done) step = steps.next(rowsOf(step.value));
    return step.value;
  }

  function rowsOf({ sql, values }: Statement) {
    // SQLite would take $1 for a name.
    const statement = prepared.getOrInsertComputed(sql, () => database.prepare(sql.replaceAll('$', '?')));
    return statement.all(...values);
  }

  return {
    run: async (steps) => drive(steps),
    async transact(steps) {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = drive(steps());
        database.exec('COMMIT');
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
  };
}
