/**
 * A text as Go has it: a sequence of bytes, usually but not always UTF-8. Templates can see the difference (`len`,
 * `index`, `slice`, `%x`, the order of map keys, columns in error texts), so everything in this folder works on
 * JavaScript strings that hold one byte (U+0000 to U+00FF) in each unit. Only the ends of the folder convert.
 */
export type ByteText = string;

export function toBytes(text: string): ByteText {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Bytes that are not UTF-8 become U+FFFD. */
export function fromBytes(bytes: ByteText): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** A code point and how many bytes it takes. A byte that begins no character counts as U+FFFD of one byte. */
export interface Rune {
  readonly code: number;
  readonly size: number;
}

export const REPLACEMENT = 0xfffd;
const INVALID: Rune = { code: REPLACEMENT, size: 1 };

/** The character that begins at a byte; `at` must be inside the text. */
export function runeAt(text: ByteText, at: number): Rune {
  const first = text.charCodeAt(at);
  if (first < 0x80) return { code: first, size: 1 };
  const size = sizeBehind(first);
  if (size === 0) return INVALID;
  let code = first & (0xff >> (size + 1));
  for (let index = at + 1; index < at + size; index += 1) {
    const next = text.charCodeAt(index);
    if ((next & 0xc0) !== 0x80) return INVALID;
    code = (code << 6) | (next & 0x3f);
  }
  const overlong = code < (size === 2 ? 0x80 : size === 3 ? 0x800 : 0x10000);
  return overlong || !isRune(code) ? INVALID : { code, size };
}

function sizeBehind(first: number): number {
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

export function* runes(text: ByteText): Generator<Rune> {
  for (let at = 0; at < text.length; ) {
    const rune = runeAt(text, at);
    yield rune;
    at += rune.size;
  }
}

export function runeCount(text: ByteText): number {
  if (isAscii(text)) return text.length;
  let count = 0;
  for (const _ of runes(text)) count += 1;
  return count;
}

/** The first `count` characters; the whole text when it has fewer. */
export function firstRunes(text: ByteText, count: number): ByteText {
  if (text.length <= count) return text;
  let at = 0;
  for (let taken = 0; taken < count && at < text.length; taken += 1) at += runeAt(text, at).size;
  return text.slice(0, at);
}

/** The bytes of a code point, of U+FFFD when it is none. */
export function encodeRune(code: number): ByteText {
  return code < 0x80 && code >= 0
    ? String.fromCharCode(code)
    : toBytes(String.fromCodePoint(isRune(code) ? code : REPLACEMENT));
}

/** Whether a number is a code point that UTF-8 can write. */
export function isRune(code: number): boolean {
  return code >= 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII blank. */
export function isPrintable(code: number): boolean {
  return code < 0x80 ? code >= 0x20 && code < 0x7f : isRune(code) && PRINTABLE.test(String.fromCodePoint(code));
}

const WORD = /^[\p{L}\p{Nd}_]$/u;

/** Whether a character can stand in a name: letters, decimal digits and the underscore of any script. */
export function isWordRune(code: number): boolean {
  return WORD.test(String.fromCodePoint(code));
}

const ASCII = /^[\0-\x7f]*$/;

function isAscii(text: ByteText): boolean {
  return ASCII.test(text);
}
