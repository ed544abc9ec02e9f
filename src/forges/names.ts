import { isUntyped, listAt, textAt, type Untyped } from '../core/untyped.ts';

/** The names in a list of objects: labels by "name", users by "login". */
export function namesIn(owner: Untyped, list: string, key: string): readonly string[] {
  return listAt(owner, list).flatMap((item) => (isUntyped(item) ? (textAt(item, key) ?? []) : []));
}

/** What is wanted and not present yet; names are compared as forges do, without regard to capitals. */
export function missingFrom(present: readonly string[], wanted: readonly string[]): readonly string[] {
  const known = new Set(present.map((name) => name.toLowerCase()));
  return wanted.filter((name) => !known.has(name.toLowerCase()));
}
