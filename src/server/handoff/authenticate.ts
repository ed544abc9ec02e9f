import { createHash, createHmac } from 'node:crypto';
import { type Claims, readClaims } from '../../core/handoff/claims.ts';
import type { HandoffIssuer } from '../../core/handoff/rules.ts';
import { textAt } from '../../core/untyped.ts';
import type { SigningKey } from '../oidc/key-set.ts';
import { doubtOfToken, readToken, SKEW_MS, type UncheckedToken } from '../oidc/token.ts';
import type { KnownIssuer } from './issuers.ts';

/** Who a request is from, as its token proves. */
export interface Caller {
  readonly issuer: HandoffIssuer;
  readonly claims: Claims;
  /** Tells the token from all others, without being of any use to whoever reads it. */
  readonly fingerprint: string;
  /** What the operation can be asked about with when the token has expired. Only who has the token can make it. */
  readonly secret: string;
  /** When the token was issued, and until when it is taken; whole milliseconds since 1970. */
  readonly issuedMs: number;
  readonly expiresMs: number;
}

export type Authentication =
  | { readonly kind: 'known'; readonly caller: Caller }
  /** One line without a full stop; it repeats nothing of the token. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The issuer's keys cannot be had now. */
  | { readonly kind: 'unavailable'; readonly error: unknown };

/** A token that works for longer would have to be remembered for longer; a job ends before. */
const LONGEST_LIFE_MS = 31 * 24 * 60 * 60 * 1000 + SKEW_MS;

/**
 * Keys are asked for only where a token names an issuer that is configured, and no more often than a key set allows.
 * @param issuers  by what their tokens call them
 * @param nowMs  milliseconds since 1970
 */
export async function authenticate(
  authorization: string,
  issuers: ReadonlyMap<string, KnownIssuer>,
  nowMs: number,
): Promise<Authentication> {
  const token = readToken(authorization);
  if (token === undefined) return refused('a token signed by one of the issuers is missing');
  const known = issuers.get(textAt(token.claims, 'iss') ?? '');
  if (known === undefined) return refused('the token is of an issuer that handoff.yaml does not name');
  const { issuer, keys } = known;
  let key: SigningKey | undefined;
  try {
    key = await keys.find(token.keyId);
  } catch (error) {
    return { kind: 'unavailable', error };
  }
  if (key === undefined) return refused('the token is signed with a key that its issuer does not publish');
  const doubt = await doubtOfToken(token, key, { issuers: [issuer.url], audience: issuer.audience }, nowMs);
  if (doubt !== undefined) return refused(`the token is not taken: ${doubt}`);
  const caller = callerOf(token, issuer);
  if (caller.expiresMs - caller.issuedMs > LONGEST_LIFE_MS) return refused('the token works for more than 31 days');
  return { kind: 'known', caller };
}

function refused(reason: string): Authentication {
  return { kind: 'refused', reason };
}

function callerOf({ text, claims }: UncheckedToken, issuer: HandoffIssuer): Caller {
  // Bitbucket numbers no tokens; what is signed tells them apart as well, while a signature could be made again.
  const identity = textAt(claims, 'jti') || text.slice(0, text.lastIndexOf('.'));
  return {
    issuer,
    claims: readClaims(claims),
    fingerprint: fingerprint(`${issuer.url}\n${identity}`),
    secret: createHmac('sha256', text).update('tiphys hand-off').digest('base64url'),
    issuedMs: Math.floor(Number(claims['iat']) * 1000),
    expiresMs: Math.ceil(Number(claims['exp']) * 1000) + SKEW_MS,
  };
}

export function fingerprint(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
