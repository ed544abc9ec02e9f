import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { selfSigned } from './self-signed.ts';

for (const year of [2026, 2049, 2050]) {
  test(`is a certificate for this machine, good for a year, made in ${year}`, () => {
    const nowMs = Date.UTC(year, 5, 1);
    const { cert, key } = selfSigned(nowMs);
    const read = new X509Certificate(cert);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkHost('localhost')).toBe('localhost');
    expect(read.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(read.checkIP('::1')).toBe('::1');
    expect(read.checkHost('example.com')).toBeUndefined();
    expect(read.validFromDate.getTime()).toBeLessThan(nowMs);
    expect(read.validToDate).toEqual(new Date(nowMs + 365 * 24 * 60 * 60 * 1000));
    expect(read.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(key).toContain('PRIVATE KEY');
  });
}

test('is a new one each time', () => {
  expect(selfSigned(0).key).not.toBe(selfSigned(0).key);
});
