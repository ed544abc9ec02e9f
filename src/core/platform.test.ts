import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { known } from '../../test/policy.ts';
import { formatPlatform, linuxPlatform, parsePlatform, platformMatches, servesPlatforms } from './platform.ts';

describe('parsePlatform', () => {
  for (const [text, platform] of [
    ['linux/amd64', { os: 'linux', architecture: 'amd64' }],
    [' linux/arm64/v8 ', { os: 'linux', architecture: 'arm64', variant: 'v8' }],
    ['a/b/c/d', { os: 'a', architecture: 'b', variant: 'c/d' }],
  ] as const) {
    test(`${text} is read`, () => {
      expect(parsePlatform(text)).toEqual({ ok: true, value: platform });
    });
  }

  for (const text of ['', 'linux', 'windows', '/amd64', 'linux/', 'linux/arm/', 'linux//v7']) {
    test(`"${text}" is a problem that shows the form`, () => {
      expect(parsePlatform(text)).toMatchObject({ ok: false, problem: expect.stringContaining('os/arch') });
    });
  }
});

describe('platformMatches', () => {
  for (const [wanted, candidate, matches] of [
    ['linux/amd64', 'linux/amd64', true],
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm64/v8', 'linux/arm64', false],
    ['linux/arm/v7', 'linux/arm/v6', false],
    ['linux/arm/v7', 'linux/arm/v7', true],
    ['linux/amd64', 'unknown/unknown', false],
    ['linux/amd64', 'Linux/amd64', false],
    ['linux/amd64', 'linux/arm64', false],
  ] as const) {
    test(`${wanted} ${matches ? 'is served by' : 'is not'} ${candidate}`, () => {
      expect(platformMatches(known(parsePlatform(wanted)), known(parsePlatform(candidate)))).toBe(matches);
    });
  }
});

test('a platform is read as it was formatted', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,6}$/);
  fc.assert(
    fc.property(fc.array(part, { minLength: 2, maxLength: 3 }), (parts) => {
      const platform = known(parsePlatform(parts.join('/')));
      expect(formatPlatform(platform)).toBe(parts.join('/'));
      expect(platformMatches(platform, platform)).toBe(true);
    }),
  );
});

describe('servesPlatforms', () => {
  for (const [wanted, there, serves, why] of [
    [['linux/amd64'], ['linux/arm64', 'linux/amd64'], true, 'it is there'],
    [['linux/amd64', 'linux/arm64'], ['linux/amd64'], false, 'all must be there'],
    [[], ['linux/s390x'], true, 'any will do'],
    [[], ['unknown/unknown'], false, 'an attestation is no image'],
    [[], [], false, 'there is none'],
  ] as const) {
    test(`${wanted.join(' and ') || 'any'} of [${there}]: ${why}`, () => {
      const read = (texts: readonly string[]) => texts.map((text) => known(parsePlatform(text)));
      expect(servesPlatforms(read(wanted), read(there))).toBe(serves);
    });
  }
});

for (const [node, go] of [
  ['x64', 'amd64'],
  ['arm64', 'arm64'],
  ['ia32', '386'],
] as const) {
  test(`containers on ${node} are for linux/${go}`, () => {
    expect(formatPlatform(linuxPlatform(node))).toBe(`linux/${go}`);
  });
}
