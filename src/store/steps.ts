import type { Row } from './rows.ts';

/** One statement in the SQL that SQLite and PostgreSQL have in common. */
export interface Statement {
  /** Its values are $1, $2 and so on. */
  readonly sql: string;
  readonly values: readonly (string | number | null)[];
}

/**
 * A question to the store, or a change of it, that waits for nothing itself: each statement that it yields is run by
 * whoever drives it, and the rows are handed back. So the same steps serve SQLite, which answers at once, and
 * PostgreSQL, which does not.
 */
export type Steps<T> = Generator<Statement, T, readonly Row[]>;

/** Drives steps in one database. Throws what the database throws, and DamagedRow. */
export interface StepRunner {
  /** Each statement by itself. */
  run<T>(steps: Steps<T>): Promise<T>;
  /** All statements, or none of them. */
  transact<T>(steps: () => Steps<T>): Promise<T>;
}

/** So often it is noted that something is used, and looked what nobody uses any more. */
export const DAY_MS = 24 * 60 * 60 * 1000;
/** Rows of one statement: with a few values each, far fewer than any database takes. */
const BATCH = 200;

/**
 * Keeps many rows with few statements: some at a time, and the rest one by one, so that there are two statements to
 * prepare and not one for each number of rows.
 * @param items  each once
 */
export function* inBatches<T>(items: readonly T[], keep: (some: readonly T[]) => Steps<void>): Steps<void> {
  const inLots = items.length - (items.length % BATCH);
  for (let start = 0; start < inLots; start += BATCH) yield* keep(items.slice(start, start + BATCH));
  for (const item of items.slice(inLots)) yield* keep([item]);
}

/** The rows of one statement. */
export function* rowsOf(sql: string, ...values: Statement['values']): Steps<readonly Row[]> {
  return yield { sql, values };
}

/** The first row of one statement. */
export function* rowOf(sql: string, ...values: Statement['values']): Steps<Row | undefined> {
  const [row] = yield { sql, values };
  return row;
}
