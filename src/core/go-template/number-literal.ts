import { type Parsed, parsed, unparsable } from '../parsed.ts';
import type { ByteText } from './byte-text.ts';
import { quote, unquoteRune } from './quote.ts';
import type { GoValue } from './value.ts';

/** The value of a number as written; undefined when it fits only an unsigned int, a fault once it is used. */
export type NumberLiteral = GoValue | undefined;

const MAX_INT = 2n ** 63n - 1n;
const MIN_INT = -(2n ** 63n);
const MAX_UINT = 2n ** 64n - 1n;

/** A character in single quotes: its code point, as an int. */
export function parseRuneLiteral(text: ByteText): Parsed<NumberLiteral> {
  const rune = unquoteRune(text);
  if (!rune) return unparsable('invalid syntax');
  if (!rune.complete) return unparsable(`malformed character constant: ${text}`);
  return parsed({ kind: 'int', value: BigInt(rune.code) });
}

/** An int in any base, a float or an imaginary number; the spelling alone decides which. */
export function parseNumberLiteral(text: ByteText): Parsed<NumberLiteral> {
  const imaginary = text.endsWith('i') ? parseFloat64(text.slice(0, -1)) : undefined;
  if (imaginary !== undefined) return parsed({ kind: 'complex128', real: 0, imaginary });
  // Go looks for these letters in hexadecimal numbers too unless they begin with "0x": -0x1e is a float.
  const looksFloat = /[.eEpP]/.test(text) && !/^0[xX][^pP]+$/.test(text);
  const whole = parseWhole(text);
  if (whole !== undefined) {
    if (looksFloat) return parsed({ kind: 'float64', value: Number(whole) });
    return parsed(whole > MAX_INT ? undefined : { kind: 'int', value: whole });
  }
  const float = parseFloat64(text);
  if (float === undefined) return unparsable(`illegal number syntax: ${quote(text)}`);
  return looksFloat ? parsed({ kind: 'float64', value: float }) : unparsable(`integer overflow: ${quote(text)}`);
}

/** A real and an imaginary part in one: "1+2i". */
export function parseComplexLiteral(text: ByteText): Parsed<NumberLiteral> {
  const [, first = '', second = ''] = /^(.[^+-]*(?:(?<=[eEpP])[+-][^+-]*)?)([+-].*)i$/.exec(text) ?? [];
  const real = parseFloat64(first);
  const imaginary = parseFloat64(second);
  return real === undefined || imaginary === undefined
    ? unparsable('syntax error scanning complex number')
    : parsed({ kind: 'complex128', real, imaginary });
}

const PREFIX_DIGITS: Readonly<Record<string, RegExp>> = { b: /^[01]+$/, o: /^[0-7]+$/, x: /^[0-9a-f]+$/ };

/** A whole number that a Go int, or without a sign a Go uint, can hold; undefined for anything else. */
function parseWhole(text: ByteText): bigint | undefined {
  if (!underscoresSeparate(text)) return undefined;
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  const magnitude = parseMagnitude(text.slice(sign.length).replaceAll('_', '').toLowerCase());
  if (magnitude === undefined) return undefined;
  const value = sign === '-' ? -magnitude : magnitude;
  return value >= MIN_INT && value <= (sign === '' ? MAX_UINT : MAX_INT) ? value : undefined;
}

function parseMagnitude(digits: string): bigint | undefined {
  const letter = digits.charAt(1);
  const wanted = digits.startsWith('0') ? PREFIX_DIGITS[letter] : undefined;
  if (wanted) return wanted.test(digits.slice(2)) ? BigInt(digits) : undefined;
  // A leading zero alone means octal.
  if (/^0[0-7]*$/.test(digits)) return BigInt(`0o${digits}`);
  return /^[1-9][0-9]*$/.test(digits) ? BigInt(digits) : undefined;
}

const DECIMAL_FLOAT = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/;
const HEX_FLOAT = /^([+-]?)0x(?=\.?[0-9a-f])([0-9a-f]*)\.?([0-9a-f]*)p([+-]?[0-9]+)$/;

/** strconv.ParseFloat: undefined when it is no number, or too large for one. */
function parseFloat64(text: ByteText): number | undefined {
  if (!underscoresSeparate(text)) return undefined;
  const bare = text.replaceAll('_', '').toLowerCase();
  const value = DECIMAL_FLOAT.test(bare) ? Number(bare) : parseHexFloat(bare);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

function parseHexFloat(text: string): number | undefined {
  const match = HEX_FLOAT.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', exponent] = match;
  const magnitude = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -magnitude : magnitude;
}

/** Whether every underscore stands between two digits, or between a base prefix and a digit. */
function underscoresSeparate(text: ByteText): boolean {
  if (!text.includes('_')) return true;
  const bare = text.replace(/^[+-]/, '');
  const digit = /^0[xX]/.test(bare) ? '[0-9a-fA-F]' : '[0-9]';
  const digits = bare.replace(/^0[bBoOxX]/, '0');
  return !new RegExp(`(?<!${digit})_|_(?!${digit})`).test(digits);
}
