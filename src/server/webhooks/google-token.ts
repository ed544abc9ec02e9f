import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { isUntyped, listAt, type Untyped } from '../../core/untyped.ts';
import { filled } from './payload.ts';

/** What a token has to say beside Google's signature. */
export interface ExpectedToken {
  /** As the push subscription names it; the endpoint's URL, if it names none. */
  readonly audience: string;
  /** E-mail of the service account that the subscription signs with. */
  readonly serviceAccount: string;
}

const ISSUERS = ['https://accounts.google.com', 'accounts.google.com'];
/** Between Google's clock and this one. */
const SKEW_MS = 60_000;
const MOST_TOKEN_CHARACTERS = 8_192;

/** An OpenID Connect token that is well formed; nothing of it is believed yet. */
export interface UncheckedToken {
  readonly keyId: string;
  readonly claims: Untyped;
  /** What is signed. */
  readonly signed: string;
  readonly signature: Uint8Array;
}

/** The token of an Authorization header; undefined when it is none that Google could have signed. */
export function readToken(authorization: string): UncheckedToken | undefined {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  const parts = token.length > MOST_TOKEN_CHARACTERS ? [] : token.split('.');
  const [header = '', claims = '', signature = ''] = parts;
  const [readHeader, readClaims] = [decode(header), decode(claims)];
  const keyId = readHeader && filled(readHeader, 'kid');
  // The algorithm is ours to choose and not the token's, which might say "none".
  const isRsa = readHeader?.['alg'] === 'RS256';
  if (parts.length !== 3 || !isRsa || readClaims === undefined || keyId === undefined) return undefined;
  return { keyId, claims: readClaims, signed: `${header}.${claims}`, signature: Buffer.from(signature, 'base64url') };
}

/**
 * What is wrong with a token; undefined when nothing is.
 * @param nowMs milliseconds since 1970
 * @see RFC 7519, 7.2; https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 */
export function doubtOfToken(
  token: UncheckedToken,
  key: KeyObject,
  { audience, serviceAccount }: ExpectedToken,
  nowMs: number,
): string | undefined {
  if (!verify('RSA-SHA256', Buffer.from(token.signed), key, token.signature)) return 'the signature is wrong';
  const { claims } = token;
  if (!ISSUERS.includes(filled(claims, 'iss') ?? '')) return 'the issuer is not Google';
  if (![claims['aud']].flat().includes(audience)) return 'it is meant for another audience';
  if (claims['email'] !== serviceAccount || claims['email_verified'] !== true)
    return 'it is of another service account';
  if (!(secondsAt(claims, 'exp') * 1000 > nowMs - SKEW_MS)) return 'it has expired';
  if (!(secondsAt(claims, 'iat') * 1000 < nowMs + SKEW_MS)) return 'it is from the future';
  return undefined;
}

/** The RSA keys of a JSON Web Key Set, by their ids; others are left out. */
export function readKeySet(text: string): ReadonlyMap<string, KeyObject> {
  const set: unknown = JSON.parse(text);
  const keys = isUntyped(set) ? listAt(set, 'keys').filter(isUntyped) : [];
  return new Map(
    keys.flatMap((key) => {
      const id = filled(key, 'kid');
      return id === undefined || key['kty'] !== 'RSA'
        ? []
        : [[id, createPublicKey({ key: { ...key }, format: 'jwk' })]];
    }),
  );
}

function decode(part: string): Untyped | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isUntyped(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function secondsAt(claims: Untyped, name: string): number {
  const value = claims[name];
  return typeof value === 'number' ? value : Number.NaN;
}
