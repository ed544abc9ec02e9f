import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTimestamp, parseTimestamp } from './timestamp.ts';

const HOUR_NS = 3_600_000_000_000n;

describe('parseTimestamp', () => {
  for (const [text, expected, why] of [
    ['1970-01-01T00:00:00Z', 0n, 'the beginning'],
    ['1970-01-01T00:00:01.5Z', 1_500_000_000n, 'a fraction'],
    ['1970-01-01T00:00:00,000000001Z', 1n, 'a comma as decimal mark'],
    ['1970-01-01T00:00:00.1234567899Z', 123_456_789n, 'digits beyond nanoseconds are cut off'],
    ['1970-01-01T1:00:00Z', HOUR_NS, 'a one-digit hour'],
    ['1970-01-01T00:00:00+01:00', -HOUR_NS, 'an offset'],
    ['1970-01-01T00:00:00-24:60', 25n * HOUR_NS, 'offsets as large as people write them'],
    ['1969-12-31T23:59:59.999999999Z', -1n, 'before the beginning'],
    ['2000-02-29T00:00:00Z', 951_782_400_000_000_000n, 'a leap day'],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000_000_000n, "Go's zero time"],
  ] as const) {
    test(`${text}: ${why}`, () => {
      expect(parseTimestamp(text)).toBe(expected);
    });
  }

  for (const text of [
    ...['', 'today', '2024-01-01', '2024-01-01T00:00:00', '2024-01-01t00:00:00Z', '2024-01-01T00:00:00z'],
    ...['2024-01-01 00:00:00Z', '2024-01-01T24:00:00Z', '2024-01-01T00:60:00Z', '2024-01-01T00:00:60Z'],
    ...['2023-02-29T00:00:00Z', '2024-04-31T00:00:00Z', '2024-13-01T00:00:00Z', '2024-00-01T00:00:00Z'],
    ...['2024-01-00T00:00:00Z', '2024-01-01T00:00:00.Z', '2024-01-01T00:00:00+0100', '2024-01-01T00:00:00+25:00'],
    ...['2024-01-01T00:00:00Z ', '224-01-01T00:00:00Z', '2024-1-01T00:00:00Z'],
  ]) {
    test(`${JSON.stringify(text)} is no time`, () => {
      expect(parseTimestamp(text)).toBeUndefined();
    });
  }

  test('reads what JavaScript writes', () => {
    const dates = fc.date({
      min: new Date(-62_135_596_800_000),
      max: new Date(253_402_300_799_999),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseTimestamp(date.toISOString())).toBe(BigInt(date.getTime()) * 1_000_000n);
      }),
    );
  });
});

test('formatTimestamp is read back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -62_135_596_800_000_000_000n, max: 253_402_300_799_999_999_999n }), (ns) => {
      expect(parseTimestamp(formatTimestamp(ns))).toBe(ns);
    }),
  );
});
