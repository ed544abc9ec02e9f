import type { ByteText } from './byte-text.ts';

export type FloatFormat = 'b' | 'e' | 'E' | 'f' | 'g' | 'G' | 'x' | 'X';

const DEFAULT_PRECISION = 6;

/** The significant digits of a positive number, and how many of them stand before the decimal point; none for zero. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

/**
 * A finite float64 as Go's fmt writes it, exact at any precision; rounds half to even where JavaScript rounds half up.
 * @param precision  digits behind the point, for g and G significant digits. Undefined means six digits for e and f,
 *   for the others as few as name the number
 */
export function floatText(value: number, format: FloatFormat, precision: number | undefined): ByteText {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return sign + magnitudeText(Math.abs(value), format, precision);
}

function magnitudeText(value: number, format: FloatFormat, precision: number | undefined): ByteText {
  switch (format) {
    case 'b':
      return binaryText(value);
    case 'x':
      return hexText(value, precision);
    case 'X':
      return hexText(value, precision).toUpperCase();
    case 'e':
    case 'E':
      return scientific(value, precision ?? DEFAULT_PRECISION).replace('e', format);
    case 'f':
      return fixed(value, precision ?? DEFAULT_PRECISION);
    case 'g':
    case 'G':
      return general(value, precision).replace('e', format === 'g' ? 'e' : 'E');
    default:
      return format satisfies never;
  }
}

function scientific(value: number, precision: number): ByteText {
  return exponentForm(round(exact(value), precision + 1), precision);
}

function fixed(value: number, precision: number): ByteText {
  const decimal = exact(value);
  return plainForm(round(decimal, decimal.point + precision), precision);
}

/** The exponent form for very small and very large numbers, else the plain one, without needless zeros. */
function general(value: number, precision: number | undefined): ByteText {
  const significant = precision === 0 ? 1 : precision;
  const decimal = significant === undefined ? shortest(value) : round(exact(value), significant);
  const { digits, point } = decimal;
  const wanted = significant ?? digits.length;
  const fitsBefore = wanted > digits.length && digits.length >= point ? digits.length : wanted;
  const limit = significant === undefined ? 6 : fitsBefore;
  const exponent = point - 1;
  if (exponent < -4 || exponent >= limit) return exponentForm(decimal, Math.min(wanted, digits.length) - 1);
  return plainForm(decimal, Math.max((wanted > point ? digits.length : wanted) - point, 0));
}

function exponentForm({ digits, point }: Decimal, fraction: number): ByteText {
  const rest = fraction > 0 ? `.${digits.slice(1, fraction + 1).padEnd(fraction, '0')}` : '';
  const exponent = digits === '' ? 0 : point - 1;
  return `${digits.charAt(0) || '0'}${rest}e${exponentText(exponent)}`;
}

function exponentText(exponent: number): ByteText {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function plainForm({ digits, point }: Decimal, fraction: number): ByteText {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (fraction <= 0) return whole;
  const zeros = '0'.repeat(Math.min(Math.max(-point, 0), fraction));
  const rest = digits.slice(Math.max(point, 0), Math.max(point + fraction, 0));
  return `${whole}.${(zeros + rest).padEnd(fraction, '0')}`;
}

/** The fewest digits that name this number and no other, which is what JavaScript prints. */
function shortest(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 };
  const [mantissa = '', exponent] = value.toExponential().split('e');
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

/** All digits of the number: 2^-n has n of them behind the point. */
function exact(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 };
  const { mantissa, exponent } = binary(value);
  const scaled = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const text = scaled.toString();
  return { digits: text.replace(/0+$/, ''), point: text.length + Math.min(exponent, 0) };
}

/** To this many digits, half to even. */
function round({ digits, point }: Decimal, count: number): Decimal {
  if (count < 0 || count >= digits.length) return { digits, point };
  const kept = digits.slice(0, count);
  const dropped = digits.slice(count);
  const isOdd = count > 0 && Number(kept.charAt(count - 1)) % 2 === 1;
  const up = dropped === '5' ? isOdd : dropped.charAt(0) >= '5';
  if (!up) return { digits: kept.replace(/0+$/, ''), point };
  const body = kept.replace(/9+$/, '');
  if (body === '') return { digits: '1', point: point + 1 };
  return { digits: body.slice(0, -1) + String(Number(body.slice(-1)) + 1), point };
}

/** value = mantissa * 2^exponent, with the mantissa as IEEE 754 stores it. */
function binary(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const stored = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  return stored === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: stored - 1075 };
}

function binaryText(value: number): ByteText {
  const { mantissa, exponent } = binary(value);
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`;
}

/** How many hexadecimal digits behind the point a float64 can have, and some that round nothing away. */
const HEX_DIGITS = 15;

/** "0x1.8p+01": one binary digit, a point, hexadecimal digits, a binary exponent. */
function hexText(value: number, precision: number | undefined): ByteText {
  if (value === 0) return `0x0${precision ? `.${'0'.repeat(precision)}` : ''}p+00`;
  const { mantissa, exponent } = binary(value);
  const bits = mantissa.toString(2).length;
  const scaled = mantissa << BigInt(4 * HEX_DIGITS + 1 - bits);
  const kept = Math.min(precision ?? HEX_DIGITS, HEX_DIGITS);
  const rounded = roundBits(scaled, 4 * (HEX_DIGITS - kept));
  const carried = rounded.toString(2).length > 4 * kept + 1;
  const text = (carried ? rounded >> 1n : rounded).toString(16);
  const digits = precision === undefined ? text.slice(1).replace(/0+$/, '') : text.slice(1).padEnd(precision, '0');
  const power = exponent + bits - 1 + (carried ? 1 : 0);
  return `0x${text.charAt(0)}${digits === '' ? '' : `.${digits}`}p${exponentText(power)}`;
}

/** Without its last bits, half to even. */
function roundBits(value: bigint, bits: number): bigint {
  if (bits === 0) return value;
  const kept = value >> BigInt(bits);
  const dropped = value & ((1n << BigInt(bits)) - 1n);
  const half = 1n << BigInt(bits - 1);
  return dropped > half || (dropped === half && (kept & 1n) === 1n) ? kept + 1n : kept;
}
