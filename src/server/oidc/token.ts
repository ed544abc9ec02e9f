import { errors, type JWTVerifyOptions, jwtVerify } from 'jose';
import { isUntyped, type Untyped } from '../../core/untyped.ts';
import { ALGORITHMS, type SigningKey } from './key-set.ts';

/** What a token must say beside its issuer's signature. */
export interface ExpectedToken {
  /** Every spelling of the one issuer that is meant. */
  readonly issuers: readonly string[];
  readonly audience: string;
}

/** An OpenID Connect token that is well formed; nothing of it is believed yet. */
export interface UncheckedToken {
  readonly text: string;
  readonly algorithm: string;
  readonly keyId: string;
  readonly claims: Untyped;
}

/** Between the issuer's clock and this one: so much longer a token can be used. */
export const SKEW_MS = 60_000;
/** GitLab lists groups and identities of whoever started the pipeline. */
const MOST_TOKEN_CHARACTERS = 12_288;
const DEEPEST = 8;

/**
 * The token of an Authorization header; undefined when it is none that is taken here. Keys that its header brings along
 * or points to (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.
 */
export function readToken(authorization: string): UncheckedToken | undefined {
  const [, text = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  const parts = text.length > MOST_TOKEN_CHARACTERS ? [] : text.split('.');
  const [header, claims] = parts.slice(0, 2).map(decode);
  const { alg, kid } = header ?? {};
  if (parts.length !== 3 || claims === undefined || typeof kid !== 'string' || typeof alg !== 'string')
    return undefined;
  return ALGORITHMS.includes(alg) ? { text, algorithm: alg, keyId: kid, claims } : undefined;
}

/**
 * What is wrong with a token; undefined when nothing is.
 * @param nowMs milliseconds since 1970
 * @see RFC 7519, 7.2; RFC 8725
 */
export async function doubtOfToken(
  { text, claims }: UncheckedToken,
  { key, algorithms }: SigningKey,
  { issuers, audience }: ExpectedToken,
  nowMs: number,
): Promise<string | undefined> {
  const options: JWTVerifyOptions = {
    algorithms: [...algorithms],
    issuer: [...issuers],
    audience,
    requiredClaims: ['exp', 'iat'],
    clockTolerance: SKEW_MS / 1000,
    currentDate: new Date(nowMs),
  };
  try {
    await jwtVerify(text, key, options);
  } catch (error) {
    return reasonOf(error);
  }
  return Number(claims['iat']) * 1000 < nowMs + SKEW_MS ? undefined : REASONS['iat'];
}

const REASONS: Readonly<Record<string, string>> = {
  iss: 'it is of another issuer',
  aud: 'it is meant for another audience',
  exp: 'it has expired',
  nbf: 'it is from the future',
  iat: 'it is from the future',
};

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the signature is wrong';
  if (!(error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed)) {
    return 'its key is not one for such a signature';
  }
  const { claim, reason } = error;
  if (reason === 'missing' || reason === 'invalid') return `its ${claim} is ${reason}`;
  return REASONS[claim] ?? `its ${claim} is not what it must be`;
}

function decode(part: string): Untyped | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isUntyped(value) && isShallow(value, DEEPEST) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}
