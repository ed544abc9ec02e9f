import type { KeyObject } from 'node:crypto';
import { readKeySet } from './google-token.ts';

/** Google's public keys, by their ids. */
export interface KeySource {
  /**
   * @returns undefined when there is no such key
   * @throws whatever keeps the keys from being fetched
   */
  find(keyId: string): Promise<KeyObject | undefined>;
}

const KEPT_MS = 60 * 60_000;
/** However many tokens name keys that nobody knows, Google is not asked more often. */
const PAUSE_MS = 60_000;

/**
 * Keeps the keys for an hour, and fetches them sooner when a token names one that is not among them, at most once a
 * minute. While they cannot be fetched, those that are known go on being used.
 * @param fetchText the key set's text
 * @param now milliseconds of a clock that never goes back
 */
export function keepKeys(fetchText: () => Promise<string>, now: () => number): KeySource {
  let keys: ReadonlyMap<string, KeyObject> = new Map();
  let askedMs = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;
  const fetchKeys = async () => {
    askedMs = now();
    try {
      keys = readKeySet(await fetchText());
    } finally {
      fetching = undefined;
    }
  };
  return {
    async find(keyId) {
      const known = keys.get(keyId);
      const ageMs = now() - askedMs;
      if (ageMs > (known === undefined ? PAUSE_MS : KEPT_MS)) fetching ??= fetchKeys();
      try {
        await fetching;
      } catch (error) {
        if (known === undefined) throw error;
      }
      return keys.get(keyId);
    },
  };
}
