import type { FirstSeen } from '../core/deciding/first-seen.ts';
import { type Digest, parseTag, type Tag } from '../core/reference.ts';
import type {
  ListUpdate,
  PendingList,
  RememberedList,
  RememberedPage,
  RememberedTag,
  RepositoryKey,
} from '../ports/store.ts';
import { digestIn, numberIn, numberOrNone, type Row, textIn, textOrNone, textsIn } from './rows.ts';
import { DAY_MS, inBatches, rowOf, rowsOf, type Steps } from './steps.ts';

/** What nobody asked for during this time goes. */
const KEPT_MS = 30 * DAY_MS;

export function* list({ name, viewer }: RepositoryKey): Steps<RememberedList | undefined> {
  // In one statement, so that the pages are those that are pending or not, whoever writes at the same time.
  const rows = yield* rowsOf(
    `SELECT first_scan_ms, pending_answers, pending_since_ms, position, url, etag, next, tags,
       CASE WHEN coalesce(position, 0) = 0 THEN pending_believed END AS pending_believed
     FROM repositories LEFT JOIN pages ON repository = id WHERE name = $1 AND viewer = $2 ORDER BY position`,
    name,
    viewer,
  );
  const [first] = rows;
  const firstScanMs = first && numberOrNone(first, 'first_scan_ms');
  if (first === undefined || firstScanMs === undefined) return undefined;
  const pages = rows.filter((row) => row['position'] !== null).map(pageIn);
  const answers = numberOrNone(first, 'pending_answers');
  if (answers === undefined) return { pages, firstScanMs };
  const believed = textsIn(first, 'pending_believed');
  return { pages, firstScanMs, pending: { believed, answers, sinceMs: numberIn(first, 'pending_since_ms') } };
}

function pageIn(row: Row): RememberedPage {
  const [etag, next] = [textOrNone(row, 'etag'), textOrNone(row, 'next')];
  return {
    url: textIn(row, 'url'),
    ...(etag === undefined ? {} : { etag }),
    ...(next === undefined ? {} : { next }),
    tags: textsIn(row, 'tags'),
  };
}

/** Whether writing down that nothing changed would change nothing. */
export function* isSettled({ name, viewer }: RepositoryKey, nowMs: number): Steps<boolean> {
  const settled = yield* rowOf(
    `SELECT 1 AS settled FROM repositories WHERE name = $1 AND viewer = $2 AND used_ms > $3
     AND first_scan_ms IS NOT NULL AND pending_answers IS NULL`,
    name,
    viewer,
    nowMs - DAY_MS,
  );
  return settled !== undefined;
}

export function* keepList(key: RepositoryKey, { nowMs, pages, pending, appeared, left }: ListUpdate): Steps<void> {
  const repository = yield* useRepository(key, nowMs);
  const isFirst = yield* beginScans(repository, nowMs);
  yield* keepPending(repository, pending);
  if (pages !== undefined) yield* keepPages(repository, pages);
  if (isFirst) return;
  yield* inBatches(tagsAmong(appeared), (tags) => keepAppeared(repository, tags, nowMs));
  yield* inBatches(tagsAmong(left), (tags) => keepLeft(repository, tags, nowMs));
}

/** What else a registry may list is never chosen, and of any length. */
function tagsAmong(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].filter((text) => parseTag(text).ok);
}

function* beginScans(repository: number, nowMs: number): Steps<boolean> {
  const begun = yield* rowOf(
    'UPDATE repositories SET first_scan_ms = $1 WHERE id = $2 AND first_scan_ms IS NULL RETURNING id',
    nowMs,
    repository,
  );
  return begun !== undefined;
}

function* keepPending(repository: number, pending: PendingList | undefined): Steps<void> {
  yield* rowsOf(
    'UPDATE repositories SET pending_believed = $1, pending_answers = $2, pending_since_ms = $3 WHERE id = $4',
    pending === undefined ? null : JSON.stringify(pending.believed),
    pending?.answers ?? null,
    pending?.sinceMs ?? null,
    repository,
  );
}

function* keepPages(repository: number, pages: readonly RememberedPage[]): Steps<void> {
  yield* rowsOf('DELETE FROM pages WHERE repository = $1', repository);
  for (const [position, { url, etag, next, tags }] of pages.entries()) {
    yield* rowsOf(
      'INSERT INTO pages (repository, position, url, etag, next, tags) VALUES ($1, $2, $3, $4, $5, $6)',
      ...[repository, position, url, etag ?? null, next ?? null, JSON.stringify(tags)],
    );
  }
}

/** A tag that comes back soon keeps its time. */
function* keepAppeared(repository: number, tags: readonly string[], nowMs: number): Steps<void> {
  const rows = tags.map((_, index) => `($1, $${index + 3}, $2)`);
  yield* rowsOf(
    `INSERT INTO tags (repository, tag, first_seen_ms) VALUES ${rows.join(', ')}
     ON CONFLICT (repository, tag) DO UPDATE SET left_ms = NULL`,
    ...[repository, nowMs, ...tags],
  );
}

function* keepLeft(repository: number, tags: readonly string[], nowMs: number): Steps<void> {
  const rows = tags.map((_, index) => `(CAST($${index + 3} AS TEXT))`);
  yield* rowsOf(
    `WITH gone (tag) AS (VALUES ${rows.join(', ')})
     INSERT INTO tags (repository, tag, first_seen_ms, left_ms)
     SELECT id, gone.tag, first_scan_ms, CAST($2 AS BIGINT) FROM repositories CROSS JOIN gone WHERE id = $1
     ON CONFLICT (repository, tag) DO UPDATE SET left_ms = excluded.left_ms`,
    ...[repository, nowMs, ...tags],
  );
}

export function* firstSeen({ name, viewer }: RepositoryKey): Steps<FirstSeen> {
  const tags = yield* rowsOf(
    `SELECT first_scan_ms, tag, first_seen_ms FROM repositories
     LEFT JOIN tags ON repository = id AND first_seen_ms > first_scan_ms WHERE name = $1 AND viewer = $2`,
    name,
    viewer,
  );
  const digests = yield* rowsOf(
    `SELECT tags.digest AS digest, digests.first_seen_ms AS first_seen_ms
     FROM repositories JOIN tags ON tags.repository = repositories.id
     JOIN digests ON digests.repository = repositories.id AND digests.digest = tags.digest
     WHERE name = $1 AND viewer = $2`,
    name,
    viewer,
  );
  const later = tags.filter((row) => row['tag'] !== null);
  const [first] = tags;
  return {
    firstScanMs: first && numberOrNone(first, 'first_scan_ms'),
    later: new Map(later.map((row) => [textIn(row, 'tag'), numberIn(row, 'first_seen_ms')])),
    digests: new Map(digests.map((row) => [textIn(row, 'digest'), numberIn(row, 'first_seen_ms')])),
  };
}

export function* tag({ name, viewer }: RepositoryKey, text: Tag): Steps<RememberedTag | undefined> {
  const row = yield* rowOf(
    `SELECT digest, since_ms, checked_ms, CASE WHEN since_ms > first_scan_ms THEN 1 ELSE 0 END AS is_news
     FROM repositories JOIN tags ON repository = id
     WHERE name = $1 AND viewer = $2 AND tag = $3 AND digest IS NOT NULL`,
    ...[name, viewer, text],
  );
  return (
    row && {
      digest: digestIn(row, 'digest'),
      sinceMs: numberIn(row, 'since_ms'),
      checkedMs: numberIn(row, 'checked_ms'),
      isNews: row['is_news'] === 1,
    }
  );
}

export function* keepTag(key: RepositoryKey, text: Tag, digest: Digest, nowMs: number): Steps<void> {
  const repository = yield* repositoryInUse(key, nowMs);
  // Without a row of its own the tag was there at the first scan.
  yield* rowsOf(
    `INSERT INTO tags (repository, tag, first_seen_ms, digest, since_ms, checked_ms)
     SELECT id, CAST($2 AS TEXT), coalesce(first_scan_ms, CAST($4 AS BIGINT)), CAST($3 AS TEXT),
       coalesce(first_scan_ms, CAST($4 AS BIGINT)), CAST($4 AS BIGINT)
     FROM repositories WHERE id = $1
     ON CONFLICT (repository, tag) DO UPDATE SET
       since_ms = CASE WHEN tags.digest IS NULL THEN tags.first_seen_ms
         WHEN tags.digest = excluded.digest THEN tags.since_ms ELSE excluded.checked_ms END,
       digest = excluded.digest,
       checked_ms = excluded.checked_ms`,
    ...[repository, text, digest, nowMs],
  );
  yield* seeDigest(repository, digest, nowMs);
}

function* seeDigest(repository: number, digest: Digest, nowMs: number): Steps<void> {
  yield* rowsOf(
    `INSERT INTO digests (repository, digest, first_seen_ms, used_ms) VALUES ($1, $2, $3, $3)
     ON CONFLICT (repository, digest) DO UPDATE SET used_ms = excluded.used_ms WHERE digests.used_ms <= $4`,
    ...[repository, digest, nowMs, nowMs - DAY_MS],
  );
}

export function* content({ name, viewer }: RepositoryKey, digest: Digest, nowMs: number): Steps<string | undefined> {
  const row = yield* rowOf(
    `SELECT id, content, digests.used_ms AS used_ms FROM repositories JOIN digests ON repository = id
     WHERE name = $1 AND viewer = $2 AND digest = $3 AND content IS NOT NULL`,
    ...[name, viewer, digest],
  );
  if (row === undefined) return undefined;
  if (numberIn(row, 'used_ms') <= nowMs - DAY_MS) yield* seeDigest(numberIn(row, 'id'), digest, nowMs);
  return textIn(row, 'content');
}

export function* keepContent(key: RepositoryKey, digest: Digest, text: string, nowMs: number): Steps<void> {
  const repository = yield* repositoryInUse(key, nowMs);
  yield* seeDigest(repository, digest, nowMs);
  yield* rowsOf('UPDATE digests SET content = $1 WHERE repository = $2 AND digest = $3', ...[text, repository, digest]);
}

/** The number of a repository, which is in use. */
function* repositoryInUse(key: RepositoryKey, nowMs: number): Steps<number> {
  const known = yield* rowOf(
    'SELECT id FROM repositories WHERE name = $1 AND viewer = $2 AND used_ms > $3',
    ...[key.name, key.viewer, nowMs - DAY_MS],
  );
  return known === undefined ? yield* useRepository(key, nowMs) : numberIn(known, 'id');
}

/** The number of a repository that is used now. Whoever else does the same at that moment waits for its row. */
function* useRepository({ name, viewer }: RepositoryKey, nowMs: number): Steps<number> {
  const used = yield* rowOf(
    `INSERT INTO repositories (name, viewer, used_ms) VALUES ($1, $2, $3)
     ON CONFLICT (name, viewer) DO UPDATE SET used_ms =
       CASE WHEN repositories.used_ms > excluded.used_ms THEN repositories.used_ms ELSE excluded.used_ms END
     RETURNING id`,
    ...[name, viewer, nowMs],
  );
  if (used === undefined) throw new Error('the database returned nothing for RETURNING');
  return numberIn(used, 'id');
}

export function* prune(nowMs: number): Steps<void> {
  const turn = yield* rowOf(
    `INSERT INTO meta (name, value) VALUES ('pruned_ms', $1)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE meta.value <= $2 RETURNING value`,
    ...[nowMs, nowMs - DAY_MS],
  );
  if (turn === undefined) return;
  const limitMs = nowMs - KEPT_MS;
  yield* rowsOf('DELETE FROM repositories WHERE used_ms < $1', limitMs);
  yield* rowsOf('DELETE FROM digests WHERE used_ms < $1', limitMs);
  yield* rowsOf('DELETE FROM tags WHERE left_ms < $1', limitMs);
  yield* rowsOf(`DELETE FROM credentials WHERE coalesce(success_ms, 0) < $1 AND coalesce(failure_ms, 0) < $1`, limitMs);
  yield* rowsOf('DELETE FROM open_registries WHERE since_ms < $1', limitMs);
  yield* rowsOf('DELETE FROM status_parts WHERE kept_ms < $1', limitMs);
}
