import { readFile } from 'node:fs/promises';
import type { Sql } from 'postgres';
import type { PostgresAddress } from '../core/postgres-address.ts';
import { NewerSchema } from './migrate.ts';
import { transaction } from './postgres-runner.ts';
import { numberIn } from './rows.ts';
import { MIGRATIONS, postgresStep } from './schema.ts';

const CONNECT_TIMEOUT_S = 5;
/** One replica asks on few connections; what it asks at a time goes over them one behind the other. */
const CONNECTIONS = 4;
/** Idle connections are given back: a server has a hundred, for everybody. */
const IDLE_TIMEOUT_S = 60;
/** Any number that no other program takes for its own advisory locks: "tiphys" in ASCII. */
const LOCK = '127996206283123';
/** PostgreSQL's own number of the type BIGINT. */
const BIGINT = 20;

/**
 * Connects to a database and brings it to the present schema. Replicas that start together do so in turn.
 * @throws what the driver throws, what reading the certificates throws, NewerSchema
 */
export async function openPostgres(address: PostgresAddress): Promise<Sql> {
  const { default: postgres } = await import('postgres');
  const { host, port, database, user, password } = address;
  const sql = postgres({
    ...{ host, port, database, user, ...(password === undefined ? {} : { password }) },
    ssl: await tlsOf(address),
    max: CONNECTIONS,
    connect_timeout: CONNECT_TIMEOUT_S,
    idle_timeout: IDLE_TIMEOUT_S,
    // All that is needed is in the schema; PostgreSQL need not be asked what types it has.
    fetch_types: false,
    types: { bigint: { to: BIGINT, from: [BIGINT], serialize: String, parse: Number } },
    connection: { application_name: 'tiphys' },
    // "relation exists already" and the like is no news.
    onnotice: () => undefined,
  });
  try {
    await migratePostgres(sql);
    return sql;
  } catch (error) {
    await sql.end({ timeout: 0 });
    throw error;
  }
}

async function tlsOf({ tls, host, rootCertificates }: PostgresAddress) {
  if (tls === 'disable') return false;
  if (tls === 'prefer' || (tls === 'require' && rootCertificates === undefined)) return tls;
  const ca = rootCertificates === undefined ? {} : { ca: await readFile(rootCertificates, 'utf8') };
  // As libpq: with certificates at hand, "require" is "verify-ca", which takes any name.
  return tls === 'verify-full' ? { host, ...ca } : { ...ca, checkServerIdentity: () => undefined };
}

/** All steps that are missing, in one transaction with their number. */
export async function migratePostgres(sql: Sql, steps: readonly string[] = MIGRATIONS): Promise<void> {
  await transaction(sql, async (asked) => {
    await asked.unsafe(`SELECT pg_advisory_xact_lock(${LOCK})`);
    await asked.unsafe('CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)');
    const [row] = await asked.unsafe('SELECT version FROM schema_version');
    const version = row === undefined ? 0 : numberIn(row, 'version');
    if (version > steps.length) throw new NewerSchema(`schema ${version}, known up to ${steps.length}`);
    if (version === steps.length) return;
    for (const step of steps.slice(version)) await asked.unsafe(postgresStep(step));
    await asked.unsafe('DELETE FROM schema_version');
    await asked.unsafe(`INSERT INTO schema_version (version) VALUES (${steps.length})`);
  });
}
