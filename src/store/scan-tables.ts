import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CredentialOutcome, CredentialPlace, RememberedOutcomes } from '../core/credential-outcome.ts';
import type { FirstSeen } from '../core/first-seen.ts';
import type { Digest, Tag } from '../core/reference.ts';
import type {
  ListUpdate,
  PendingList,
  RememberedList,
  RememberedPage,
  RememberedTag,
  RepositoryKey,
  ScanStore,
} from '../ports/store.ts';
import { digestIn, numberIn, numberOrNone, textIn, textOrNone, textsIn } from './rows.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** What nobody asked for during this time goes. */
const KEPT_MS = 30 * DAY_MS;
/** Larger content is fetched again: an index of five hundred images is about 60 KiB. */
const LARGEST_CONTENT = 128 * 1024;

/** What scans remember, in the tables of one database. Throws what SQLite throws, and DamagedRow. */
export class ScanTables implements ScanStore {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @param database  of the present schema */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  list(key: RepositoryKey): RememberedList | undefined {
    const row = this.#sql('SELECT * FROM repositories WHERE name = ? AND viewer = ?').get(key.name, key.viewer);
    const firstScanMs = row && numberOrNone(row, 'first_scan_ms');
    if (row === undefined || firstScanMs === undefined) return undefined;
    const answers = numberOrNone(row, 'pending_answers');
    const pages = this.#pages(numberIn(row, 'id'));
    if (answers === undefined) return { pages, firstScanMs };
    const believed = textsIn(row, 'pending_believed');
    return { pages, firstScanMs, pending: { believed, answers, sinceMs: numberIn(row, 'pending_since_ms') } };
  }

  #pages(repository: number): RememberedPage[] {
    const rows = this.#sql('SELECT * FROM pages WHERE repository = ? ORDER BY position').all(repository);
    return rows.map((row) => {
      const [etag, next] = [textOrNone(row, 'etag'), textOrNone(row, 'next')];
      return {
        url: textIn(row, 'url'),
        ...(etag === undefined ? {} : { etag }),
        ...(next === undefined ? {} : { next }),
        tags: textsIn(row, 'tags'),
      };
    });
  }

  keepList(key: RepositoryKey, { nowMs, pages, pending, appeared, left }: ListUpdate): void {
    this.#prune(nowMs);
    if (pages === undefined && this.#isSettled(key, nowMs) && pending === undefined) return;
    this.#transaction(() => {
      const repository = this.#repository(key, nowMs);
      const isFirst = this.#beginScans(repository, nowMs);
      this.#keepPending(repository, pending);
      if (pages !== undefined) this.#keepPages(repository, pages);
      if (isFirst) return;
      for (const tag of appeared) this.#keepAppeared(repository, tag, nowMs);
      for (const tag of left) this.#keepLeft(repository, tag, nowMs);
    });
  }

  /** Whether writing down that nothing changed would change nothing. */
  #isSettled({ name, viewer }: RepositoryKey, nowMs: number): boolean {
    const known = this.#sql(
      `SELECT 1 FROM repositories WHERE name = ? AND viewer = ? AND used_ms > ?
       AND first_scan_ms IS NOT NULL AND pending_answers IS NULL`,
    );
    return known.get(name, viewer, nowMs - DAY_MS) !== undefined;
  }

  #beginScans(repository: number, nowMs: number): boolean {
    const begin = this.#sql('UPDATE repositories SET first_scan_ms = ? WHERE id = ? AND first_scan_ms IS NULL');
    return begin.run(nowMs, repository).changes > 0;
  }

  #keepPending(repository: number, pending: PendingList | undefined): void {
    const keep = this.#sql(
      'UPDATE repositories SET pending_believed = ?, pending_answers = ?, pending_since_ms = ? WHERE id = ?',
    );
    if (pending === undefined) keep.run(null, null, null, repository);
    else keep.run(JSON.stringify(pending.believed), pending.answers, pending.sinceMs, repository);
  }

  #keepPages(repository: number, pages: readonly RememberedPage[]): void {
    this.#sql('DELETE FROM pages WHERE repository = ?').run(repository);
    const insert = this.#sql(
      'INSERT INTO pages (repository, position, url, etag, next, tags) VALUES (?, ?, ?, ?, ?, ?)',
    );
    for (const [position, { url, etag, next, tags }] of pages.entries()) {
      insert.run(repository, position, url, etag ?? null, next ?? null, JSON.stringify(tags));
    }
  }

  /** A tag that comes back soon keeps its time. */
  #keepAppeared(repository: number, tag: string, nowMs: number): void {
    this.#sql(
      `INSERT INTO tags (repository, tag, first_seen_ms) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET left_ms = NULL`,
    ).run(repository, tag, nowMs);
  }

  #keepLeft(repository: number, tag: string, nowMs: number): void {
    this.#sql(
      `INSERT INTO tags (repository, tag, first_seen_ms, left_ms)
       SELECT id, ?2, first_scan_ms, ?3 FROM repositories WHERE id = ?1
       ON CONFLICT DO UPDATE SET left_ms = excluded.left_ms`,
    ).run(repository, tag, nowMs);
  }

  firstSeen({ name, viewer }: RepositoryKey): FirstSeen {
    const first = this.#sql('SELECT first_scan_ms FROM repositories WHERE name = ? AND viewer = ?').get(name, viewer);
    const later = this.#sql(
      `SELECT tag, first_seen_ms FROM tags JOIN repositories ON repositories.id = repository
       WHERE name = ? AND viewer = ? AND first_seen_ms > first_scan_ms`,
    );
    const digests = this.#sql(
      `SELECT tags.digest AS digest, digests.first_seen_ms AS first_seen_ms
       FROM repositories JOIN tags ON tags.repository = repositories.id
       JOIN digests ON digests.repository = repositories.id AND digests.digest = tags.digest
       WHERE name = ? AND viewer = ?`,
    );
    return {
      firstScanMs: first && numberOrNone(first, 'first_scan_ms'),
      later: new Map(later.all(name, viewer).map((row) => [textIn(row, 'tag'), numberIn(row, 'first_seen_ms')])),
      digests: new Map(digests.all(name, viewer).map((row) => [textIn(row, 'digest'), numberIn(row, 'first_seen_ms')])),
    };
  }

  tag({ name, viewer }: RepositoryKey, tag: Tag): RememberedTag | undefined {
    const row = this.#sql(
      `SELECT digest, since_ms, checked_ms, since_ms > first_scan_ms AS is_news
       FROM repositories JOIN tags ON repository = id WHERE name = ? AND viewer = ? AND tag = ? AND digest IS NOT NULL`,
    ).get(name, viewer, tag);
    return (
      row && {
        digest: digestIn(row, 'digest'),
        sinceMs: numberIn(row, 'since_ms'),
        checkedMs: numberIn(row, 'checked_ms'),
        isNews: row['is_news'] === 1,
      }
    );
  }

  keepTag(key: RepositoryKey, tag: Tag, digest: Digest, nowMs: number): void {
    this.#transaction(() => {
      const repository = this.#repository(key, nowMs);
      // Without a row of its own the tag was there at the first scan.
      this.#sql(
        `INSERT INTO tags (repository, tag, first_seen_ms, digest, since_ms, checked_ms)
         SELECT id, ?2, coalesce(first_scan_ms, ?4), ?3, coalesce(first_scan_ms, ?4), ?4
         FROM repositories WHERE id = ?1
         ON CONFLICT DO UPDATE SET
           since_ms = CASE WHEN digest IS NULL THEN first_seen_ms WHEN digest = ?3 THEN since_ms ELSE ?4 END,
           digest = ?3,
           checked_ms = ?4`,
      ).run(repository, tag, digest, nowMs);
      this.#see(repository, digest, nowMs);
    });
  }

  #see(repository: number, digest: Digest, nowMs: number): void {
    this.#sql(
      `INSERT INTO digests (repository, digest, first_seen_ms, used_ms) VALUES (?1, ?2, ?3, ?3)
       ON CONFLICT DO UPDATE SET used_ms = ?3 WHERE used_ms <= ?4`,
    ).run(repository, digest, nowMs, nowMs - DAY_MS);
  }

  content({ name, viewer }: RepositoryKey, digest: Digest, nowMs: number): string | undefined {
    const row = this.#sql(
      `SELECT id, content, digests.used_ms AS used_ms FROM repositories JOIN digests ON repository = id
       WHERE name = ? AND viewer = ? AND digest = ? AND content IS NOT NULL`,
    ).get(name, viewer, digest);
    if (row === undefined) return undefined;
    if (numberIn(row, 'used_ms') <= nowMs - DAY_MS) this.#see(numberIn(row, 'id'), digest, nowMs);
    return textIn(row, 'content');
  }

  keepContent(key: RepositoryKey, digest: Digest, content: string, nowMs: number): void {
    if (content.length > LARGEST_CONTENT) return;
    this.#transaction(() => {
      const repository = this.#repository(key, nowMs);
      this.#see(repository, digest, nowMs);
      this.#sql('UPDATE digests SET content = ? WHERE repository = ? AND digest = ?').run(content, repository, digest);
    });
  }

  keepOutcome({ credential, host }: CredentialPlace, outcome: CredentialOutcome, nowMs: number): void {
    if (outcome === 'accepted') {
      this.#sql(
        `INSERT INTO credentials (name, host, success_ms) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET success_ms = excluded.success_ms`,
      ).run(credential, host, nowMs);
    } else {
      this.#sql(
        `INSERT INTO credentials (name, host, failure_ms, failure_code) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET failure_ms = excluded.failure_ms, failure_code = excluded.failure_code`,
      ).run(credential, host, nowMs, outcome);
    }
  }

  outcomes(): readonly RememberedOutcomes[] {
    return this.#sql('SELECT * FROM credentials ORDER BY name, host')
      .all()
      .map((row) => {
        const atMs = numberOrNone(row, 'failure_ms');
        return {
          credential: textIn(row, 'name'),
          host: textIn(row, 'host'),
          lastSuccessMs: numberOrNone(row, 'success_ms'),
          lastFailure: atMs === undefined ? undefined : { atMs, code: textIn(row, 'failure_code') },
        };
      });
  }

  demandsNothingSince(apiUrl: string): number | undefined {
    const row = this.#sql('SELECT since_ms FROM open_registries WHERE api_url = ?').get(apiUrl);
    return row && numberIn(row, 'since_ms');
  }

  keepDemandsNothing(apiUrl: string, nowMs: number | undefined): void {
    if (nowMs === undefined) this.#sql('DELETE FROM open_registries WHERE api_url = ?').run(apiUrl);
    else this.#sql('INSERT OR REPLACE INTO open_registries (api_url, since_ms) VALUES (?, ?)').run(apiUrl, nowMs);
  }

  /** The number of a repository, which is in use. */
  #repository({ name, viewer }: RepositoryKey, nowMs: number): number {
    const known = this.#sql('SELECT id, used_ms FROM repositories WHERE name = ? AND viewer = ?').get(name, viewer);
    if (known && numberIn(known, 'used_ms') > nowMs - DAY_MS) return numberIn(known, 'id');
    const used = this.#sql(
      `INSERT INTO repositories (name, viewer, used_ms) VALUES (?1, ?2, ?3)
       ON CONFLICT DO UPDATE SET used_ms = max(used_ms, ?3) RETURNING id`,
    ).get(name, viewer, nowMs);
    if (used === undefined) throw new Error('SQLite returned nothing for RETURNING');
    return numberIn(used, 'id');
  }

  /** Once a day. */
  #prune(nowMs: number): void {
    const last = this.#sql("SELECT value FROM meta WHERE name = 'pruned_ms'").get();
    if (last && numberIn(last, 'value') > nowMs - DAY_MS) return;
    const limitMs = nowMs - KEPT_MS;
    this.#transaction(() => {
      this.#sql("INSERT OR REPLACE INTO meta (name, value) VALUES ('pruned_ms', ?)").run(nowMs);
      this.#sql('DELETE FROM repositories WHERE used_ms < ?').run(limitMs);
      this.#sql('DELETE FROM digests WHERE used_ms < ?').run(limitMs);
      this.#sql('DELETE FROM tags WHERE left_ms < ?').run(limitMs);
      const lastUse = 'max(coalesce(success_ms, 0), coalesce(failure_ms, 0))';
      this.#sql(`DELETE FROM credentials WHERE ${lastUse} < ?`).run(limitMs);
      this.#sql('DELETE FROM open_registries WHERE since_ms < ?').run(limitMs);
    });
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Each statement is prepared once. */
  #sql(text: string): StatementSync {
    return this.#statements.getOrInsertComputed(text, () => this.#database.prepare(text));
  }
}
