import { createSign, type KeyObject } from 'node:crypto';

/**
 * A JSON Web Token signed with RS256.
 * @param header what it says beside its algorithm and type
 * @see RFC 7515, section 3.1; RFC 7518, section 3.3
 */
export function signJwt(header: object, claims: object, key: KeyObject): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const text = `${encode({ alg: 'RS256', typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
}
