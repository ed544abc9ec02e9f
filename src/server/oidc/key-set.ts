import { createPublicKey, type KeyObject } from 'node:crypto';
import { isUntyped, listAt, type Untyped } from '../../core/untyped.ts';

/**
 * The algorithms that are taken, whatever a token would like: "none" signs nothing, and those with a shared secret
 * would take a public key for one.
 */
export const ALGORITHMS: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** A public key of an issuer, and what it may have signed with. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly algorithms: readonly string[];
}

/** An issuer's public keys, by their ids. */
export interface KeySource {
  /**
   * @returns undefined when there is no such key
   * @throws whatever keeps the keys from being fetched
   */
  find(keyId: string): Promise<SigningKey | undefined>;
}

const KEPT_MS = 60 * 60_000;
/** However many tokens name keys that nobody knows, the issuer is not asked more often. */
const PAUSE_MS = 60_000;
const MOST_KEYS = 100;

/**
 * Keeps the keys for an hour, and fetches them sooner when a token names one that is not among them, at most once a
 * minute. While they cannot be fetched, those that are known go on being used.
 * @param fetchText the key set's text
 * @param now milliseconds of a clock that never goes back
 */
export function keepKeys(fetchText: () => Promise<string>, now: () => number): KeySource {
  let keys: ReadonlyMap<string, SigningKey> = new Map();
  let askedMs = Number.NEGATIVE_INFINITY;
  let failed: { readonly error: unknown } | undefined;
  let fetching: Promise<void> | undefined;
  const fetchKeys = async () => {
    askedMs = now();
    try {
      keys = readKeySet(await fetchText());
      failed = undefined;
    } catch (error) {
      failed = { error };
    }
    fetching = undefined;
  };
  return {
    async find(keyId) {
      const ageMs = now() - askedMs;
      if (ageMs > (keys.has(keyId) ? KEPT_MS : PAUSE_MS)) fetching ??= fetchKeys();
      await fetching;
      const key = keys.get(keyId);
      if (key === undefined && failed) throw failed.error;
      return key;
    },
  };
}

/**
 * The public keys of a JSON Web Key Set that sign, by their ids; others are left out.
 * @throws {SyntaxError} for what is no JSON
 * @see RFC 7517, section 5
 */
function readKeySet(text: string): ReadonlyMap<string, SigningKey> {
  const set: unknown = JSON.parse(text);
  const keys = isUntyped(set) ? listAt(set, 'keys').filter(isUntyped).slice(0, MOST_KEYS) : [];
  return new Map(keys.flatMap(readKey));
}

function readKey(jwk: Untyped): readonly [string, SigningKey][] {
  const { kid, kty, use = 'sig', alg } = jwk;
  const algorithms = alg === undefined ? ALGORITHMS : ALGORITHMS.filter((name) => name === alg);
  const isPublicKind = kty === 'RSA' || kty === 'EC' || kty === 'OKP';
  if (typeof kid !== 'string' || !isPublicKind || use !== 'sig' || algorithms.length === 0) return [];
  try {
    return [[kid, { key: createPublicKey({ key: { ...jwk }, format: 'jwk' }), algorithms }]];
  } catch {
    return []; // one broken key must not keep the others from being used
  }
}
