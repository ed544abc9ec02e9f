import type { Sql, TransactionSql } from 'postgres';
import type { Row } from './rows.ts';
import type { Statement, StepRunner, Steps } from './steps.ts';

/** A transaction that PostgreSQL ended for the sake of another one can be done again. */
const DONE_AGAIN = ['40001', '40P01'];
const MOST_TRIES = 3;

/** What runs a statement: a connection, or a transaction on one. */
type Asked = Pick<Sql | TransactionSql, 'unsafe'>;

/** Runs steps in a PostgreSQL database. */
export function postgresRunner(sql: Sql): StepRunner {
  return {
    run: (steps) => drive(steps, sql),
    async transact(steps) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await transaction(sql, (asked) => drive(steps(), asked));
        } catch (error) {
          if (tries >= MOST_TRIES || !DONE_AGAIN.includes(codeOf(error) ?? '')) throw error;
        }
      }
    },
  };
}

/** The result of work that happens wholly or not at all. */
export async function transaction<T>(sql: Sql, work: (asked: Asked) => Promise<T>): Promise<T> {
  const { result } = await sql.begin(async (asked) => ({ result: await work(asked) }));
  return result;
}

async function drive<T>(steps: Steps<T>, asked: Asked): Promise<T> {
  let step = steps.next();
  while (!step.done) step = steps.next(await rowsOf(step.value, asked));
  return step.value;
}

async function rowsOf({ sql, values }: Statement, asked: Asked): Promise<readonly Row[]> {
  return await asked.unsafe<Row[]>(sql, [...values], { prepare: true });
}

/** The SQLSTATE of what PostgreSQL said, or the code of what went wrong on the way to it. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
