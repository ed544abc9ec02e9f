import { isUntyped } from './untyped.ts';

/** Longer texts are hardly ever equal. */
const MOST_CHARACTERS = 256;
const MOST_TEXTS = 10_000;
const NONE: readonly never[] = [];

/**
 * For plain data of which there is much, and which says the same again and again: gives an equal copy that takes as
 * little memory as it can. Texts that came before are the same texts, and lists have no room to spare.
 */
export function openSharing(): <T>(data: T) => T {
  const texts = new Map<string, string>();
  function share<T>(data: T): T;
  function share(data: unknown): unknown {
    if (typeof data === 'string') return data.length > MOST_CHARACTERS ? data : shareText(data);
    if (Array.isArray(data)) return data.length === 0 ? NONE : data.map(share);
    if (!isUntyped(data)) return data;
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, share(value)]));
  }
  /** Forgets all of them from time to time, so that those of objects that are gone do not stay for ever. */
  function shareText(text: string): string {
    const known = texts.get(text);
    if (known !== undefined) return known;
    if (texts.size === MOST_TEXTS) texts.clear();
    texts.set(text, text);
    return text;
  }
  return share;
}
