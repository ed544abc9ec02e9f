import { createVerify, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { signJwt } from './jwt.ts';

test('a token says what was claimed, and its signature holds', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [header = '', claims = '', signature = ''] = signJwt({ kid: 'k' }, { iss: 'é' }, privateKey).split('.');
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  expect([read(header), read(claims)]).toEqual([{ alg: 'RS256', typ: 'JWT', kid: 'k' }, { iss: 'é' }]);
  const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`);
  expect(verify.verify(publicKey, signature, 'base64url')).toBe(true);
});
