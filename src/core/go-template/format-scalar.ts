import { type ByteText, encodeRune, firstRunes, isPrintable } from './byte-text.ts';
import { type FloatFormat, floatText } from './float-text.ts';
import { type FormatSpec, pad } from './format-spec.ts';
import { canBackquote, quote, quoteRune } from './quote.ts';

/** Each function gives undefined for a verb that its type does not have: `%!d(string=x)`. */
export function formatBool(value: boolean, verb: ByteText, spec: FormatSpec): ByteText | undefined {
  return verb === 't' || verb === 'v' ? pad(String(value), spec) : undefined;
}

export function formatString(value: ByteText, verb: ByteText, spec: FormatSpec): ByteText | undefined {
  switch (verb) {
    case 'v':
      return spec.sharpV ? quoted(value, spec) : pad(truncate(value, spec), spec);
    case 's':
      return pad(truncate(value, spec), spec);
    case 'q':
      return quoted(value, spec);
    case 'x':
      return pad(hexBytes(value, spec), spec);
    case 'X':
      return pad(hexBytes(value, spec).toUpperCase(), spec);
    default:
      return undefined;
  }
}

function truncate(value: ByteText, { precision }: FormatSpec): ByteText {
  return precision === undefined ? value : firstRunes(value, precision);
}

function quoted(value: ByteText, spec: FormatSpec): ByteText {
  const text = truncate(value, spec);
  if (spec.sharp && canBackquote(text)) return pad(`\`${text}\``, spec);
  return pad(quote(text, { asciiOnly: spec.plus }), spec);
}

/** Two digits for each byte; here the precision counts bytes. */
function hexBytes(value: ByteText, spec: FormatSpec): ByteText {
  const digits = Buffer.from(value.slice(0, spec.precision), 'latin1').toString('hex');
  const prefix = spec.sharp ? '0x' : '';
  if (digits === '') return '';
  return spec.space ? digits.replace(/../g, ` ${prefix}$&`).slice(1) : prefix + digits;
}

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };
const MAX_RUNE = 0x10ffffn;

/** @param kind  an unsigned byte is written in hexadecimal by `%#v` */
export function formatInteger(
  value: bigint,
  kind: 'int' | 'uint8',
  verb: ByteText,
  spec: FormatSpec,
): ByteText | undefined {
  const code = value < 0n || value > MAX_RUNE ? -1 : Number(value);
  switch (verb) {
    case 'c':
      return pad(encodeRune(code), spec);
    case 'q':
      return pad(quoteRune(code, { asciiOnly: spec.plus }), spec);
    case 'U':
      return pad(unicodeText(value, spec), { ...spec, zero: false });
    default: {
      if (verb === 'v' && kind === 'uint8' && spec.sharpV) return inBase(value, 'x', 16, { ...spec, sharp: true });
      const base = BASES[verb];
      return base === undefined ? undefined : inBase(value, verb, base, spec);
    }
  }
}

function inBase(value: bigint, verb: ByteText, base: number, spec: FormatSpec): ByteText {
  const unpadded = { ...spec, zero: false };
  if (spec.precision === 0 && value === 0n) return pad('', unpadded);
  const sign = value < 0n ? '-' : spec.plus ? '+' : spec.space ? ' ' : '';
  const bare = (value < 0n ? -value : value).toString(base);
  const digits = bare.padStart(digitCount(spec, sign), '0');
  const text = `${sign}${basePrefix(digits, verb, base, spec)}${digits}`;
  return pad(verb === 'X' ? text.toUpperCase() : text, unpadded);
}

/** Zeros fill the width only when no precision says how many digits there are. */
function digitCount({ precision, zero, minus, width }: FormatSpec, sign: string): number {
  return precision ?? (zero && !minus && width ? width - sign.length : 0);
}

function basePrefix(digits: string, verb: ByteText, base: number, { sharp }: FormatSpec): string {
  const octal = sharp && base === 8 && !digits.startsWith('0') ? '0' : '';
  if (verb === 'O') return `0o${octal}`;
  if (!sharp) return '';
  return base === 16 ? '0x' : base === 2 ? '0b' : octal;
}

/** "U+00FC", with a sharp sign and the character itself: "U+00FC 'ü'". A negative number is read as unsigned. */
function unicodeText(value: bigint, { sharp, precision }: FormatSpec): ByteText {
  const digits = BigInt.asUintN(64, value).toString(16).toUpperCase();
  const number = `U+${digits.padStart(Math.max(precision ?? 0, 4), '0')}`;
  const shown = sharp && value >= 0n && value <= MAX_RUNE && isPrintable(Number(value));
  return shown ? `${number} '${encodeRune(Number(value))}'` : number;
}

const FLOAT_FORMATS: Readonly<Record<string, FloatFormat>> = {
  v: 'g',
  b: 'b',
  e: 'e',
  E: 'E',
  f: 'f',
  F: 'f',
  g: 'g',
  G: 'G',
  x: 'x',
  X: 'X',
};

export function formatFloat(value: number, verb: ByteText, spec: FormatSpec): ByteText | undefined {
  const format = FLOAT_FORMATS[verb];
  if (!format) return undefined;
  const text = floatText(value, format, spec.precision);
  const isNegative = text.startsWith('-');
  const magnitude = isNegative ? text.slice(1) : text;
  const sign = isNegative ? '-' : spec.plus ? '+' : spec.space ? ' ' : '';
  const full = spec.sharp && format !== 'b' ? withPoint(magnitude, format, spec.precision) : magnitude;
  if (sign === '' || !spec.zero || spec.minus) return pad(sign + full, spec);
  // Zeros stand between the sign and the digits.
  return sign + pad(full, { ...spec, width: spec.width === undefined ? undefined : spec.width - 1 });
}

/** `%#g` keeps the point and the zeros behind it. */
function withPoint(text: ByteText, format: FloatFormat, precision: number | undefined): ByteText {
  const exponentAt = text.search(format === 'x' || format === 'X' ? /[pP]/ : /[eE]/);
  const number = exponentAt < 0 ? text : text.slice(0, exponentAt);
  const exponent = exponentAt < 0 ? '' : text.slice(exponentAt);
  const wanted = /[gGxX]/.test(format) && format !== 'X' ? (precision ?? 6) : 0;
  const pointed = number.includes('.') ? number : `${number}.`;
  const significant = pointed.replace('.', '').replace(/^0+/, '').length + (number === '0' ? 1 : 0);
  return pointed + '0'.repeat(Math.max(wanted - significant, 0)) + exponent;
}
