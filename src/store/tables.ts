import type { CredentialOutcome, CredentialPlace, RememberedOutcomes } from '../core/credential-outcome.ts';
import type { FirstSeen } from '../core/first-seen.ts';
import { type Digest, parseTag, type Tag } from '../core/reference.ts';
import type { Look, TakenLook } from '../ports/look-inbox.ts';
import type {
  ListUpdate,
  PendingList,
  RememberedList,
  RememberedPage,
  RememberedTag,
  RepositoryKey,
} from '../ports/store.ts';
import { demandsNothingSince, keepDemandsNothing, keepOutcome, outcomes } from './access-steps.ts';
import { keepLooks, takeLooks, takenLooksDone } from './look-steps.ts';
import type { Memory } from './memory.ts';
import { digestIn, numberIn, numberOrNone, type Row, textIn, textOrNone, textsIn } from './rows.ts';
import { inBatches, rowOf, rowsOf, type StepRunner, type Steps } from './steps.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** What nobody asked for during this time goes. */
const KEPT_MS = 30 * DAY_MS;
/** Larger content is fetched again: an index of five hundred images is about 60 KiB. */
const LARGEST_CONTENT = 128 * 1024;

/** All that is remembered, in the tables of one database. Throws what the database throws, and DamagedRow. */
export class Tables implements Memory {
  readonly #runner: StepRunner;
  #prunedMs = Number.NEGATIVE_INFINITY;

  /** @param runner  for a database of the present schema */
  constructor(runner: StepRunner) {
    this.#runner = runner;
  }

  list(repository: RepositoryKey): Promise<RememberedList | undefined> {
    return this.#runner.run(list(repository));
  }

  async keepList(repository: RepositoryKey, update: ListUpdate): Promise<void> {
    const { nowMs, pages, pending } = update;
    await this.#prune(nowMs);
    const isNews = pages !== undefined || pending !== undefined;
    if (isNews || !(await this.#runner.run(isSettled(repository, nowMs)))) {
      await this.#runner.transact(() => keepList(repository, update));
    }
  }

  firstSeen(repository: RepositoryKey): Promise<FirstSeen> {
    return this.#runner.run(firstSeen(repository));
  }

  tag(repository: RepositoryKey, name: Tag): Promise<RememberedTag | undefined> {
    return this.#runner.run(tag(repository, name));
  }

  keepTag(repository: RepositoryKey, name: Tag, digest: Digest, nowMs: number): Promise<void> {
    return this.#runner.transact(() => keepTag(repository, name, digest, nowMs));
  }

  content(repository: RepositoryKey, digest: Digest, nowMs: number): Promise<string | undefined> {
    return this.#runner.run(content(repository, digest, nowMs));
  }

  async keepContent(repository: RepositoryKey, digest: Digest, text: string, nowMs: number): Promise<void> {
    if (text.length > LARGEST_CONTENT) return;
    await this.#runner.transact(() => keepContent(repository, digest, text, nowMs));
  }

  keepOutcome(place: CredentialPlace, outcome: CredentialOutcome, nowMs: number): Promise<void> {
    return this.#runner.run(keepOutcome(place, outcome, nowMs));
  }

  outcomes(): Promise<readonly RememberedOutcomes[]> {
    return this.#runner.run(outcomes());
  }

  demandsNothingSince(apiUrl: string): Promise<number | undefined> {
    return this.#runner.run(demandsNothingSince(apiUrl));
  }

  keepDemandsNothing(apiUrl: string, nowMs: number | undefined): Promise<void> {
    return this.#runner.run(keepDemandsNothing(apiUrl, nowMs));
  }

  post(looks: readonly Look[], nowMs: number): Promise<number> {
    return this.#runner.transact(() => keepLooks(looks, nowMs));
  }

  take(shards: readonly number[], most: number, nowMs: number): Promise<readonly TakenLook[]> {
    return this.#runner.transact(() => takeLooks(shards, most, nowMs));
  }

  finish(looks: readonly TakenLook[]): Promise<void> {
    return this.#runner.transact(() => takenLooksDone(looks));
  }

  /** Once a day, whichever process it is. */
  async #prune(nowMs: number): Promise<void> {
    if (this.#prunedMs > nowMs - DAY_MS) return;
    await this.#runner.transact(() => prune(nowMs));
    this.#prunedMs = nowMs;
  }
}

function* list({ name, viewer }: RepositoryKey): Steps<RememberedList | undefined> {
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
function* isSettled({ name, viewer }: RepositoryKey, nowMs: number): Steps<boolean> {
  const settled = yield* rowOf(
    `SELECT 1 AS settled FROM repositories WHERE name = $1 AND viewer = $2 AND used_ms > $3
     AND first_scan_ms IS NOT NULL AND pending_answers IS NULL`,
    name,
    viewer,
    nowMs - DAY_MS,
  );
  return settled !== undefined;
}

function* keepList(key: RepositoryKey, { nowMs, pages, pending, appeared, left }: ListUpdate): Steps<void> {
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

function* firstSeen({ name, viewer }: RepositoryKey): Steps<FirstSeen> {
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

function* tag({ name, viewer }: RepositoryKey, text: Tag): Steps<RememberedTag | undefined> {
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

function* keepTag(key: RepositoryKey, text: Tag, digest: Digest, nowMs: number): Steps<void> {
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

function* content({ name, viewer }: RepositoryKey, digest: Digest, nowMs: number): Steps<string | undefined> {
  const row = yield* rowOf(
    `SELECT id, content, digests.used_ms AS used_ms FROM repositories JOIN digests ON repository = id
     WHERE name = $1 AND viewer = $2 AND digest = $3 AND content IS NOT NULL`,
    ...[name, viewer, digest],
  );
  if (row === undefined) return undefined;
  if (numberIn(row, 'used_ms') <= nowMs - DAY_MS) yield* seeDigest(numberIn(row, 'id'), digest, nowMs);
  return textIn(row, 'content');
}

function* keepContent(key: RepositoryKey, digest: Digest, text: string, nowMs: number): Steps<void> {
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

function* prune(nowMs: number): Steps<void> {
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
}
