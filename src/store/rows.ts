import { type Digest, parseDigest } from '../core/reference.ts';

/** A row as the database gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** A row that this program cannot have written: the store is damaged, though the database does not see it. */
export class DamagedRow extends Error {
  override readonly name = 'DamagedRow';
}

export function textIn(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new DamagedRow(`no text in ${column}`);
}

/** Undefined for NULL. */
export function textOrNone(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : textIn(row, column);
}

export function numberIn(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number') return value;
  throw new DamagedRow(`no number in ${column}`);
}

/** Undefined for NULL. */
export function numberOrNone(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : numberIn(row, column);
}

export function digestIn(row: Row, column: string): Digest {
  const digest = parseDigest(textIn(row, column));
  if (digest.ok) return digest.value;
  throw new DamagedRow(digest.problem);
}

/** A JSON list of texts. */
export function textsIn(row: Row, column: string): readonly string[] {
  const value = parseJson(textIn(row, column));
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new DamagedRow(`no list of texts in ${column}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DamagedRow('not JSON', { cause });
  }
}
