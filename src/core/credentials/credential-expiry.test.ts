import { describe, expect, test } from 'vitest';
import { makeCertificates } from '../../../test/support/certificates.ts';
import { readExpiry } from './credential-expiry.ts';

const made = await makeCertificates();

const encoded = (value: unknown, encoding: 'base64' | 'base64url' = 'base64url') =>
  Buffer.from(JSON.stringify(value)).toString(encoding);
const jwt = (claims: unknown) => `${encoded({ alg: 'none' })}.${encoded(claims)}.c2ln`;
const ecr = (more: object) =>
  encoded({ payload: 'x', datakey: 'y', version: '2', type: 'DATA_KEY', ...more }, 'base64');

describe('readExpiry', () => {
  for (const [what, text, expected] of [
    ['a JWT', jwt({ exp: 1_800_000_000 }), { kind: 'jwt', atMs: 1_800_000_000_000 }],
    ['a JWT in a file with a line end', `${jwt({ exp: 1 })}\n`, { kind: 'jwt', atMs: 1000 }],
    ['a JWT without an end', jwt({ sub: 'robot' }), undefined],
    ['a JWT whose end is a text', jwt({ exp: 'soon' }), undefined],
    ['a JWT that ends beyond all calendars', jwt({ exp: 1e300 }), undefined],
    ['a token of Amazon ECR', ecr({ expiration: 1_800_000_000 }), { kind: 'ecr', atMs: 1_800_000_000_000 }],
    ['a token of Amazon ECR without an end', ecr({}), undefined],
    ['JSON that is something else', encoded({ expiration: 1 }), undefined],
    ['a password', 'hunter2', undefined],
    ['a password with two dots', 'a.b.c', undefined],
    ['a GitHub token', 'ghp_0123456789abcdef', undefined],
    ['nothing', '', undefined],
    ['a broken certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', undefined],
  ] as const) {
    test(what, () => expect(readExpiry(text)).toEqual(expected));
  }

  test.skipIf(made === undefined)(`a certificate${made ? '' : ' (needs openssl)'}`, () => {
    const atMs = readExpiry(made?.client.cert ?? '')?.atMs ?? 0;
    expect(Math.abs(atMs - Date.now() - 2 * 86_400_000)).toBeLessThan(60_000);
  });
});
