import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, isPrerelease, parseVersion, type SemanticVersion } from './semantic-version.ts';

describe('parseVersion', () => {
  for (const [text, major, minor, patch, prerelease] of [
    ['1', 1, 0, 0, []],
    ['v1', 1, 0, 0, []],
    ['3.18', 3, 18, 0, []],
    ['01.2.3', 1, 2, 3, []],
    ['1.2-rc1', 1, 2, 0, ['rc1']],
    ['1-alpine', 1, 0, 0, ['alpine']],
    ['v1.2.3-4-gabcdef', 1, 2, 3, ['4-gabcdef']],
    ['20240115', 20240115, 0, 0, []],
    ['2024-01-15', 2024, 0, 0, ['01-15']],
    ['1.2.3--x', 1, 2, 3, ['-x']],
    ['1.2.3-rc.10+build.5', 1, 2, 3, ['rc', 10]],
    ['1.2.3+b', 1, 2, 3, []],
    ['18446744073709551615', 18446744073709551615n, 0, 0, []],
    ['0009007199254740993.0.1', 9007199254740993n, 0, 1, []],
    ['1.0.0-99999999999999999999', 1, 0, 0, ['99999999999999999999']],
  ] as const) {
    test(`${text} is a version`, () => {
      expect(parseVersion(text)).toEqual({ major, minor, patch, prerelease });
    });
  }

  for (const text of [
    ...['', 'v', 'latest', '1.2.3.4', '1.2.', '1..2', '.1', 'V1.2.3', 'release-1.2', '1.0.0-01', '1.0.0-a.00'],
    ...['1.2.3_4', '1.2.3-rc_1', '12345e7', 'sha-abc', '18446744073709551616', '1.2.3-', '1.2.3+', '1.2.3-a..b'],
    ...[' 1.2.3', '1.2.3 ', '1.2.3\n', '1.-2', '٣'],
  ]) {
    test(`${JSON.stringify(text)} is none`, () => {
      expect(parseVersion(text)).toBeUndefined();
    });
  }
});

describe('compareVersions', () => {
  // Each version is older than the next one.
  const ascending = [
    '0.0.0-0',
    '0.0.0',
    '1.0.0-0',
    '1.0.0-9',
    '1.0.0-10',
    '1.0.0-18446744073709551615',
    '1.0.0-100000000000000000000',
    '1.0.0-99999999999999999999',
    '1.0.0-RC',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-beta11',
    '1.0.0-beta2',
    '1.0.0',
    '1.0.9',
    '1.0.10',
    '1.9.0',
    '1.10.0',
    '9007199254740992.0.0',
    '9007199254740993.0.0',
    '18446744073709551615.0.0',
  ].map(versionOf);

  test('orders numbers as numbers, suffixes below releases, text above numbers', () => {
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) {
        expect(Math.sign(compareVersions(a, b)), `${i} against ${j}`).toBe(Math.sign(i - j));
      }
    }
  });

  for (const [a, b] of [
    ['1', '1.0.0'],
    ['v1.2', '1.2.0'],
    ['01.02.03', '1.2.3'],
    ['1.2.3+a', '1.2.3+b'],
    ['1.0.0-rc.1+x', 'v1-rc.1'],
  ] as const) {
    test(`${a} equals ${b}`, () => {
      expect(compareVersions(versionOf(a), versionOf(b))).toBe(0);
    });
  }

  test('is a total preorder', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        expect(compareVersions(a, a)).toBe(0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
        if (isPrerelease(a)) expect(compareVersions(a, { ...a, prerelease: [] })).toBeLessThan(0);
      }),
    );
  });
});

const number = fc.constantFrom('0', '1', '2', '10', '9007199254740993', '18446744073709551615');
const identifier = fc.constantFrom('0', '1', '10', 'a', 'B', 'rc1', '-', '1a', '99999999999999999999');
const version = fc
  .tuple(number, number, number, fc.array(identifier, { maxLength: 3 }))
  .map(([major, minor, patch, suffix]) =>
    versionOf(`${major}.${minor}.${patch}${suffix.length > 0 ? `-${suffix.join('.')}` : ''}`),
  );

function versionOf(text: string): SemanticVersion {
  const read = parseVersion(text);
  if (!read) throw new Error(`${text} is not a version`);
  return read;
}
