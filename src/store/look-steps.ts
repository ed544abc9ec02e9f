import type { Look, TakenLook } from '../ports/look-inbox.ts';
import { numberIn, textIn } from './rows.ts';
import { inBatches, rowOf, rowsOf, type Steps } from './steps.ts';

const MOST_LOOKS = 100_000;
const LONGEST_KEY_BYTES = 1_024;
/** Whoever took a look and is silent for so long is taken for dead. */
const TAKEN_MS = 60_000;
const KEPT_MS = 60 * 60_000;

/** @returns  how many found no room */
export function* keepLooks(looks: readonly Look[], nowMs: number): Steps<number> {
  const fit = looks.filter(({ key }) => isKey(key));
  const once = [...new Map(fit.map((look) => [`${look.shard} ${look.key}`, look])).values()];
  // Always in the same order, so that two who post the same looks do not wait for each other.
  const wanted = once.toSorted((a, b) => a.shard - b.shard || byText(a.key, b.key));
  const waiting = yield* rowOf('SELECT count(*) AS looks FROM looks');
  const room = MOST_LOOKS - (waiting === undefined ? 0 : numberIn(waiting, 'looks'));
  const kept = wanted.slice(0, Math.max(0, room));
  yield* inBatches(kept, (some) => keep(some, nowMs));
  return looks.length - fit.length + once.length - kept.length;
}

function* keep(looks: readonly Look[], nowMs: number): Steps<void> {
  const rows = looks.map((_, index) => `($${2 * index + 2}, $${2 * index + 3}, 1, $1)`);
  yield* rowsOf(
    `INSERT INTO looks (shard, look, posts, posted_ms) VALUES ${rows.join(', ')}
     ON CONFLICT (shard, look) DO UPDATE SET posts = looks.posts + 1, taken_ms = NULL,
       posted_ms = CASE WHEN looks.taken_ms IS NULL THEN looks.posted_ms ELSE excluded.posted_ms END`,
    ...[nowMs, ...looks.flatMap(({ shard, key }) => [shard, key])],
  );
}

function isKey(key: string): boolean {
  return key !== '' && !key.includes('\0') && Buffer.byteLength(key) <= LONGEST_KEY_BYTES;
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function* takeLooks(shards: readonly number[], most: number, nowMs: number): Steps<readonly TakenLook[]> {
  if (shards.length === 0) return [];
  yield* rowsOf('DELETE FROM looks WHERE posted_ms < $1', nowMs - KEPT_MS);
  // The list is a text, since not every database knows lists: "1,2,7".
  const taken = yield* rowsOf(
    `UPDATE looks SET taken_ms = $1 WHERE (shard, look) IN (
       SELECT shard, look FROM looks
       WHERE (',' || CAST($2 AS TEXT) || ',') LIKE ('%,' || CAST(shard AS TEXT) || ',%')
       AND (taken_ms IS NULL OR taken_ms <= $3)
       ORDER BY posted_ms, shard, look LIMIT $4)
     RETURNING shard, look, posts, posted_ms`,
    ...[nowMs, shards.join(','), nowMs - TAKEN_MS, most],
  );
  return taken
    .toSorted((a, b) => numberIn(a, 'posted_ms') - numberIn(b, 'posted_ms'))
    .map((row) => ({ shard: numberIn(row, 'shard'), key: textIn(row, 'look'), posts: numberIn(row, 'posts') }));
}

export function* takenLooksDone(looks: readonly TakenLook[]): Steps<void> {
  for (const { shard, key, posts } of looks) {
    yield* rowsOf('DELETE FROM looks WHERE shard = $1 AND look = $2 AND posts = $3', ...[shard, key, posts]);
  }
}
