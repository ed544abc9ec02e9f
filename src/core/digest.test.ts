import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { digestOf, matchesDigest } from './digest.ts';

const bytes = new TextEncoder().encode('hello\n');
const SHA256 = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';

test('bytes are named by their sha256', () => {
  expect(digestOf(bytes)).toBe(`sha256:${SHA256}`);
});

for (const [digest, expected, why] of [
  [`sha256:${SHA256}`, true, 'the right digest'],
  [`sha512:${createHash('sha512').update(bytes).digest('hex')}`, true, 'the other registered algorithm'],
  [`sha256:${'0'.repeat(64)}`, false, 'other bytes'],
  [`md5:${createHash('md5').update(bytes).digest('hex')}`, false, 'an algorithm that proves nothing'],
  ['sha256', false, 'no digest at all'],
] as const) {
  test(`${digest.slice(0, 20)} matches is ${expected}: ${why}`, () => {
    expect(matchesDigest(bytes, digest)).toBe(expected);
  });
}
