import {
  type ByteText,
  encodeRune,
  firstRunes,
  isPrintable,
  isRune,
  REPLACEMENT,
  type Rune,
  runeAt,
  runes,
} from './byte-text.ts';

const SHORT_ESCAPES = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
  [0x0b, '\\v'],
]);

/** A text as a double-quoted Go literal: strconv.Quote, or strconv.QuoteToASCII. */
export function quote(text: ByteText, options: { readonly asciiOnly: boolean } = { asciiOnly: false }): ByteText {
  let out = '"';
  let at = 0;
  for (const rune of runes(text)) {
    out += isBroken(rune) ? `\\x${hex(text.charCodeAt(at), 2)}` : escapeRune(rune.code, '"', options.asciiOnly);
    at += rune.size;
  }
  return `${out}"`;
}

/** A code point as a single-quoted Go literal; U+FFFD for what is none. */
export function quoteRune(code: number, options: { readonly asciiOnly: boolean }): ByteText {
  return `'${escapeRune(isRune(code) ? code : REPLACEMENT, "'", options.asciiOnly)}'`;
}

function escapeRune(code: number, mark: string, asciiOnly: boolean): ByteText {
  const character = encodeRune(code);
  if (character === mark || character === '\\') return `\\${character}`;
  if (isPrintable(code) && (code < 0x80 || !asciiOnly)) return character;
  const short = SHORT_ESCAPES.get(code);
  if (short !== undefined) return short;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

function isBroken({ code, size }: Rune): boolean {
  return code === REPLACEMENT && size === 1;
}

/** Whether `%#q` may write a text between back quotes: one line, no control character but the tab, no back quote. */
export function canBackquote(text: ByteText): boolean {
  for (const rune of runes(text)) {
    if (isBroken(rune) || rune.code === 0xfeff || rune.code === 0x60 || rune.code === 0x7f) return false;
    if (rune.code < 0x20 && rune.code !== 0x09) return false;
  }
  return true;
}

/** "U+00FC 'ü'", or the number alone when the character cannot be shown. */
export function nameRune(code: number): ByteText {
  const number = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return isPrintable(code) ? `${number} '${encodeRune(code)}'` : number;
}

/** The text of a literal in double or back quotes; undefined when Go would not take it. */
export function unquote(literal: ByteText): ByteText | undefined {
  const inside = literal.slice(1, -1);
  if (literal.startsWith('`')) return inside.replaceAll('\r', '');
  let out = '';
  for (let at = 0; at < inside.length; ) {
    const read = readCharacter(inside, at, '"');
    if (!read) return undefined;
    out += read.bytes;
    at = read.end;
  }
  return out;
}

/** The first code point of a literal in single quotes, and whether it is the only one; undefined without a good one. */
export function unquoteRune(literal: ByteText): { readonly code: number; readonly complete: boolean } | undefined {
  const read = readCharacter(literal, 1, "'");
  return read && { code: read.code, complete: literal.slice(read.end) === "'" };
}

interface Character {
  readonly code: number;
  readonly bytes: ByteText;
  readonly end: number;
}

const LETTER_ESCAPES = new Map([...SHORT_ESCAPES].map(([code, escaped]) => [escaped.charAt(1), code]));
const CODE_ESCAPES = /x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})/y;

function readCharacter(text: ByteText, at: number, mark: string): Character | undefined {
  const first = text.charAt(at);
  if (first === '' || first === mark || first === '\n') return undefined;
  if (first !== '\\') {
    const { code, size } = runeAt(text, at);
    // A byte that is no character is read as U+FFFD, as Go does when a literal holds an escape or such a byte.
    return { code, bytes: encodeRune(code), end: at + size };
  }
  const letter = text.charAt(at + 1);
  const known = letter === '\\' || letter === mark ? letter.charCodeAt(0) : LETTER_ESCAPES.get(letter);
  if (known !== undefined) return { code: known, bytes: String.fromCharCode(known), end: at + 2 };
  CODE_ESCAPES.lastIndex = at + 1;
  const match = CODE_ESCAPES.exec(text);
  if (!match) return undefined;
  const [, byte, short, long, octal] = match;
  const code = octal === undefined ? Number.parseInt(byte ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8);
  const isByte = byte !== undefined || octal !== undefined;
  if (isByte ? code > 0xff : !isRune(code)) return undefined;
  return { code, bytes: isByte ? String.fromCharCode(code) : encodeRune(code), end: CODE_ESCAPES.lastIndex };
}

/** How error texts show a token: quoted, of more than ten bytes the first ten characters only. */
export function quoteStart(text: ByteText): ByteText {
  return text.length > 10 ? `${quote(firstRunes(text, 10))}...` : quote(text);
}
