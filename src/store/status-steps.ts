import type { StatusPart } from '../ports/status-parts.ts';
import { numberIn, textIn } from './rows.ts';
import { rowsOf, type Steps } from './steps.ts';

export function* keepPart({ updater, shard, text }: StatusPart, nowMs: number): Steps<void> {
  yield* rowsOf(
    `INSERT INTO status_parts (updater, shard, part, kept_ms) VALUES ($1, $2, $3, $4)
     ON CONFLICT (updater, shard) DO UPDATE SET part = excluded.part, kept_ms = excluded.kept_ms`,
    ...[updater, shard, text, nowMs],
  );
}

/** Of one statement. */
const MOST_NAMES = 100;

export function* parts(updaters: readonly string[]): Steps<readonly StatusPart[]> {
  const found: StatusPart[] = [];
  for (let start = 0; start < updaters.length; start += MOST_NAMES) {
    const some = updaters.slice(start, start + MOST_NAMES);
    const names = some.map((_, index) => `$${index + 1}`).join(', ');
    const rows = yield* rowsOf(`SELECT updater, shard, part FROM status_parts WHERE updater IN (${names})`, ...some);
    for (const row of rows) {
      found.push({ updater: textIn(row, 'updater'), shard: numberIn(row, 'shard'), text: textIn(row, 'part') });
    }
  }
  return found;
}
