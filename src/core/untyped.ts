/** A mapping that came from outside; its values are still to be looked at. */
export type Untyped = Readonly<Record<string, unknown>>;

export function isUntyped(value: unknown): value is Untyped {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mapping under `key`; an empty one when there is none, or something else. */
export function mappingAt(owner: Untyped, key: string): Untyped {
  const value = owner[key];
  return isUntyped(value) ? value : {};
}

/** The list under `key`; an empty one when there is none, or something else. */
export function listAt(owner: Untyped, key: string): readonly unknown[] {
  const value = owner[key];
  return Array.isArray(value) ? value : [];
}

/** The text under `key`; a number or boolean, which JSON has where a text is expected, in its usual spelling. */
export function textAt(owner: Untyped, key: string): string | undefined {
  return asText(owner[key]);
}

export function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** Whether `key` says true, be it as a boolean or as text. */
export function flagAt(owner: Untyped, key: string): boolean {
  return owner[key] === true || owner[key] === 'true';
}

/** The texts of a list; other items are left out. */
export function textsAt(owner: Untyped, key: string): readonly string[] {
  return listAt(owner, key)
    .map(asText)
    .filter((text) => text !== undefined);
}

/** A mapping of texts, as labels and annotations are; null reads as "", lists and mappings are left out. */
export function textMapAt(owner: Untyped, key: string): Readonly<Record<string, string>> {
  const texts: [string, string][] = [];
  for (const [name, value] of Object.entries(mappingAt(owner, key))) {
    const text = value === null ? '' : asText(value);
    if (text !== undefined) texts.push([name, text]);
  }
  return Object.fromEntries(texts);
}
