import type { Sql } from 'postgres';
import type { Problem } from '../core/failure.ts';
import { onceEach } from '../core/once-each.ts';
import { formatPostgresAddress, type PostgresAddress } from '../core/postgres-address.ts';
import { withoutCredentials } from '../core/redact.ts';
import { type Attempt, forgiving, insisting, type Memory, type Store } from './memory.ts';
import { NewerSchema } from './migrate.ts';
import { openPostgres } from './open-postgres.ts';
import { openMemoryStore } from './open-store.ts';
import { codeOf, postgresRunner } from './postgres-runner.ts';
import { DamagedRow } from './rows.ts';
import { Tables } from './tables.ts';

export interface PostgresStoreOptions {
  readonly address: PostgresAddress;
  /** Told when the database cannot be used; each thing once in each time that it is away. */
  readonly warn: (problem: Problem) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long one question may take, and how long a database that failed is left alone. */
  readonly limits?: { readonly timeoutMs: number; readonly restMs: number };
}

const LIMITS = { timeoutMs: 10_000, restMs: 30_000 };
/** A connection that was idle may have been cut long ago; the last is what a server says when it stops. */
const CUT = ['CONNECTION_CLOSED', 'ECONNRESET', 'EPIPE', '57P01'];

type State =
  | { readonly kind: 'present'; readonly sql: Sql; readonly memory: Memory }
  | {
      readonly kind: 'away';
      /** What is remembered meanwhile; it goes when nobody looks into it any more. */
      readonly memory: Memory;
      readonly warn: (problem: Problem) => void;
      readonly untilMs: number;
    };

/** The database did not answer in time. */
class Silent extends Error {
  override readonly name = 'Silent';
}

/**
 * Opens what is remembered, in a PostgreSQL database that replicas share. It never stands in the way: while the database
 * is away, which is a warning, everything is remembered in this process, and the database is tried again from time to
 * time, with nobody waiting for it.
 */
export async function openPostgresStore({ address, now, warn, limits = LIMITS }: PostgresStoreOptions): Promise<Store> {
  let state = await open();
  let isOpening = false;

  async function open(before?: State): Promise<State> {
    const opening = openPostgres(address);
    try {
      const sql = await inTime(opening, limits.timeoutMs);
      return { kind: 'present', sql, memory: new Tables(postgresRunner(sql)) };
    } catch (error) {
      opening.then(drop, () => undefined);
      return awayFor(error, before);
    }
  }

  function awayFor(error: unknown, before?: State): State {
    if (!isTrouble(error)) throw error;
    const known =
      before?.kind === 'away' ? before : ({ kind: 'away', memory: openSubstitute(), warn: onceEach(warn) } as const);
    known.warn(unusable(address, error));
    return { ...known, untilMs: now() + limits.restMs };
  }

  async function openAgain(): Promise<void> {
    isOpening = true;
    state = await open(state);
    isOpening = false;
  }

  const attempt: Attempt = async (work) => {
    const used = state;
    if (used.kind === 'away') {
      if (now() >= used.untilMs && !isOpening) void openAgain();
      return await work(used.memory);
    }
    try {
      return await inTime(
        twiceIfCut(() => work(used.memory)),
        limits.timeoutMs,
      );
    } catch (error) {
      if (used === state) {
        state = awayFor(error);
        drop(used.sql);
      }
      return await work(state.memory);
    }
  };

  return {
    ...forgiving(attempt),
    async [Symbol.asyncDispose]() {
      if (state.kind === 'present') await state.sql.end({ timeout: limits.timeoutMs / 1_000 });
    },
  };
}

/** Remembers what one process may remember for itself. Hand-offs are everybody's business. */
function openSubstitute(): Memory {
  return Object.assign(openMemoryStore(), { handoffs: insisting(async () => undefined) });
}

async function twiceIfCut<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!CUT.includes(codeOf(error) ?? '')) throw error;
    return await work();
  }
}

/** Ends connections at once. Whatever goes wrong in that has ended too. */
function drop(sql: Sql): void {
  sql.end({ timeout: 0 }).catch(() => undefined);
}

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Silent(`no answer in ${ms / 1_000} s`)), ms);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the database or the way to it is to blame; everything else is a bug. */
function isTrouble(error: unknown): boolean {
  if (error instanceof Silent || error instanceof NewerSchema || error instanceof DamagedRow) return true;
  const code = codeOf(error);
  return code !== undefined && !/^ERR_(?!TLS_|SSL_)/.test(code);
}

function unusable(address: PostgresAddress, error: unknown): Problem {
  const reason =
    error instanceof Error && error.message !== '' ? error.message : (codeOf(error) ?? 'it does not say why');
  return {
    code: 'STATE_UNUSABLE',
    object: formatPostgresAddress(address),
    message: `what registries say is remembered in this process alone for now (${withoutCredentials(reason)})`,
    fix: 'let --store name a PostgreSQL database that can be reached, whose tables its user may make and write',
  };
}
