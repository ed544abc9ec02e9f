import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FloatFormat, floatText } from './float-text.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe('floatText', () => {
  // Checked against fmt of Go 1.26.
  for (const [value, format, precision, expected] of [
    [2.5, 'f', 0, '2'],
    [3.5, 'f', 0, '4'],
    [0.6, 'f', 0, '1'],
    [0.125, 'f', 2, '0.12'],
    [999.96, 'f', 1, '1000.0'],
    [0.0001, 'f', 2, '0.00'],
    [1e21, 'f', undefined, '1000000000000000000000.000000'],
    [123456, 'e', 2, '1.23e+05'],
    [0, 'e', undefined, '0.000000e+00'],
    [100000, 'g', undefined, '100000'],
    [1000000, 'g', undefined, '1e+06'],
    [0.0001, 'g', undefined, '0.0001'],
    [0.00001, 'G', undefined, '1E-05'],
    [1234.5678, 'g', 6, '1234.57'],
    [1.5, 'x', undefined, '0x1.8p+00'],
    [1, 'X', 3, '0X1.000P+00'],
    [0.1, 'x', 1, '0x1.ap-04'],
    [1, 'b', undefined, '4503599627370496p-52'],
    [5e-324, 'b', undefined, '1p-1074'],
    [-0, 'g', undefined, '-0'],
  ] as const) {
    test(`${value} as %${precision === undefined ? '' : `.${precision}`}${format} is ${expected}`, () => {
      expect(floatText(value, format, precision)).toBe(expected);
    });
  }

  for (const format of ['g', 'G', 'x', 'X', 'b'] as const satisfies readonly FloatFormat[]) {
    test(`%${format} names every number and no other`, () => {
      fc.assert(
        fc.property(finite, (value) => {
          expect(read(floatText(value, format, undefined))).toBe(value);
        }),
      );
    });
  }

  test('25 digits behind the first lose nothing', () => {
    fc.assert(
      fc.property(finite, (value) => {
        expect(Number(floatText(value, 'e', 25))).toBe(value);
      }),
    );
  });
});

function read(text: string): number {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(?:0x)?([0-9a-f]+)(?:\.([0-9a-f]+))?p([+-]\d+)$/i.exec(text) ?? [];
  if (whole === '') return Number(text);
  const digits = /0x/i.test(text) ? `0x${whole}${fraction}` : whole;
  const shift = Number(exponent) - 4 * fraction.length;
  // In two steps, because 2 ** -1074 is as far as one goes.
  const value = Number(BigInt(digits)) * 2 ** Math.trunc(shift / 2) * 2 ** (shift - Math.trunc(shift / 2));
  return sign === '-' ? -value : value;
}
