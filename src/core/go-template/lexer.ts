import { type ByteText, isWordRune, runeAt } from './byte-text.ts';
import { nameRune, quote } from './quote.ts';
import { asKeyword, type Token, type TokenKind } from './token.ts';

const LEFT = '{{';
const RIGHT = '}}';
const LEFT_COMMENT = '/*';
const RIGHT_COMMENT = '*/';
/** A minus and a blank: how far a trim marker reaches. */
const MARKER_LENGTH = 2;
const BLANKS = /[ \t\r\n]*/y;

const STRING = /"(?:\\[^\n]|[^"\\\n])*"/y;
const RUNE = /'(?:\\[^\n]|[^'\\\n])*'/y;
// Wider than what is a number: the parser refuses "089" and ".".
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;

const PUNCTUATION: Readonly<Record<string, TokenKind>> = {
  '=': 'assign',
  '|': 'pipe',
  '(': 'left parenthesis',
  ')': 'right parenthesis',
};

/** Cuts a template into tokens, one at a time. The first error is the last token worth reading. */
export class Lexer {
  readonly #text: ByteText;
  #at = 0;
  #inAction = false;
  #openParentheses = 0;

  constructor(text: ByteText) {
    this.#text = text;
  }

  next(): Token {
    return this.#inAction ? this.#readInAction() : this.#readText();
  }

  #readText(): Token {
    for (;;) {
      const start = this.#at;
      const open = this.#text.indexOf(LEFT, start);
      if (open < 0) return this.#take(start === this.#text.length ? 'end of text' : 'text', this.#text.length);
      const trimmed = this.#hasLeftMarker(open + LEFT.length);
      const before = this.#text.slice(start, open);
      this.#at = open;
      const text = trimmed ? trimEnd(before) : before;
      if (text !== '') return { kind: 'text', text, at: start };
      const inside = open + LEFT.length + (trimmed ? MARKER_LENGTH : 0);
      if (!this.#text.startsWith(LEFT_COMMENT, inside)) return this.#openAction(open, inside);
      const problem = this.#skipComment(inside);
      if (problem) return problem;
    }
  }

  #openAction(open: number, inside: number): Token {
    this.#at = inside;
    this.#inAction = true;
    this.#openParentheses = 0;
    return { kind: 'left delimiter', text: LEFT, at: open };
  }

  #skipComment(start: number): Token | undefined {
    const end = this.#text.indexOf(RIGHT_COMMENT, start + LEFT_COMMENT.length);
    if (end < 0) return this.#error('unclosed comment', start);
    this.#at = end + RIGHT_COMMENT.length;
    if (this.#closeAction()) return undefined;
    return this.#error('comment ends before closing delimiter', start);
  }

  /** Steps over a right delimiter, with its trim marker and what that trims; undefined when there is none here. */
  #closeAction(): Token | undefined {
    const trims = this.#hasRightMarker(this.#at);
    const at = this.#at + (trims ? MARKER_LENGTH : 0);
    if (!this.#text.startsWith(RIGHT, at)) return undefined;
    this.#at = at + RIGHT.length;
    if (trims) this.#at = this.#endOf(BLANKS);
    this.#inAction = false;
    return { kind: 'right delimiter', text: RIGHT, at };
  }

  #readInAction(): Token {
    if (this.#isAtRightDelimiter(this.#at)) {
      if (this.#openParentheses > 0) return this.#error('unclosed left paren');
      return this.#closeAction() ?? this.#error('unclosed action');
    }
    const first = this.#text.charAt(this.#at);
    if (first === '') return this.#error('unclosed action');
    if (/[ \t\r\n]/.test(first)) return this.#readSpace();
    if (first === '(' || first === ')') return this.#readParenthesis(first);
    const punctuation = PUNCTUATION[first];
    if (punctuation) return this.#take(punctuation, this.#at + 1);
    if (first === ':')
      return this.#text.startsWith(':=', this.#at) ? this.#take('declare', this.#at + 2) : this.#error('expected :=');
    if (first === '"') return this.#readQuoted('string', STRING, 'unterminated quoted string');
    if (first === "'") return this.#readQuoted('rune', RUNE, 'unterminated character constant');
    if (first === '`') return this.#readRawString();
    if (first === '$') return this.#readName('variable', 'variable');
    return this.#readWord(first);
  }

  #readWord(first: string): Token {
    const second = this.#text.charAt(this.#at + 1);
    // A dot that ends the template counts as a number, as in Go.
    if (first === '.' && second !== '' && !/[0-9]/.test(second)) return this.#readName('field', 'dot');
    if (/[-+.0-9]/.test(first)) return this.#readNumber();
    const { code } = runeAt(this.#text, this.#at);
    if (isWordRune(code)) return this.#readIdentifier();
    if (code > 0x20 && code < 0x7f) return this.#take('character', this.#at + 1);
    return this.#error(`unrecognized character in action: ${nameRune(code)}`);
  }

  /** A run of blanks; but the last one belongs to a trim marker when it begins one. */
  #readSpace(): Token {
    const end = this.#endOf(BLANKS);
    return this.#take('space', this.#isAtRightDelimiter(end - 1) ? end - 1 : end);
  }

  #readParenthesis(first: '(' | ')'): Token {
    this.#openParentheses += first === '(' ? 1 : -1;
    if (this.#openParentheses < 0) return this.#error('unexpected right paren');
    return this.#take(first === '(' ? 'left parenthesis' : 'right parenthesis', this.#at + 1);
  }

  #readQuoted(kind: TokenKind, pattern: RegExp, problem: string): Token {
    const end = this.#endOf(pattern);
    return end < 0 ? this.#error(problem) : this.#take(kind, end);
  }

  #readRawString(): Token {
    const end = this.#text.indexOf('`', this.#at + 1);
    return end < 0 ? this.#error('unterminated raw quoted string') : this.#take('raw string', end + 1);
  }

  /** A sign and the name behind it, or the sign alone. */
  #readName(kind: TokenKind, alone: TokenKind): Token {
    if (this.#isTerminated(this.#at + 1)) return this.#take(alone, this.#at + 1);
    const end = this.#endOfWord(this.#at + 1);
    return this.#isTerminated(end) ? this.#take(kind, end) : this.#badCharacter(end);
  }

  #readIdentifier(): Token {
    const end = this.#endOfWord(this.#at);
    if (!this.#isTerminated(end)) return this.#badCharacter(end);
    const word = this.#text.slice(this.#at, end);
    const isBool = word === 'true' || word === 'false';
    return this.#take(asKeyword(word) ?? (isBool ? 'bool' : 'identifier'), end);
  }

  #readNumber(): Token {
    const first = this.#scanNumber(this.#at);
    if (!first.good) return this.#badNumber(first.end);
    if (!/[+-]/.test(this.#text.charAt(first.end))) return this.#take('number', first.end);
    const second = this.#scanNumber(first.end);
    if (!second.good || this.#text.charAt(second.end - 1) !== 'i') return this.#badNumber(second.end);
    return this.#take('complex', second.end);
  }

  #scanNumber(start: number): { readonly end: number; readonly good: boolean } {
    NUMBER.lastIndex = start;
    NUMBER.test(this.#text);
    const end = NUMBER.lastIndex;
    if (end === this.#text.length) return { end, good: true };
    const next = runeAt(this.#text, end);
    return isWordRune(next.code) ? { end: end + next.size, good: false } : { end, good: true };
  }

  #badNumber(end: number): Token {
    return this.#error(`bad number syntax: ${quote(this.#text.slice(this.#at, end))}`);
  }

  #badCharacter(at: number): Token {
    return this.#error(`bad character ${nameRune(runeAt(this.#text, at).code)}`);
  }

  #endOfWord(start: number): number {
    let at = start;
    while (at < this.#text.length) {
      const { code, size } = runeAt(this.#text, at);
      if (!isWordRune(code)) break;
      at += size;
    }
    return at;
  }

  /** Whether a name may end here. */
  #isTerminated(at: number): boolean {
    const next = this.#text.charAt(at);
    return next === '' || /[ \t\r\n.,|:)(]/.test(next) || this.#text.startsWith(RIGHT, at);
  }

  #isAtRightDelimiter(at: number): boolean {
    return this.#text.startsWith(RIGHT, at) || (this.#hasRightMarker(at) && this.#text.startsWith(RIGHT, at + 2));
  }

  #hasLeftMarker(at: number): boolean {
    return this.#text.charAt(at) === '-' && /[ \t\r\n]/.test(this.#text.charAt(at + 1));
  }

  #hasRightMarker(at: number): boolean {
    return this.#text.charAt(at + 1) === '-' && /[ \t\r\n]/.test(this.#text.charAt(at));
  }

  /** Where a pattern that begins here ends; -1 when it does not match. */
  #endOf(pattern: RegExp): number {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text) ? pattern.lastIndex : -1;
  }

  #take(kind: TokenKind, end: number): Token {
    const token: Token = { kind, text: this.#text.slice(this.#at, end), at: this.#at };
    this.#at = end;
    return token;
  }

  #error(problem: string, at = this.#at): Token {
    return { kind: 'error', text: problem, at };
  }
}

/** Without the blanks at its end; not by a pattern, which would look at each of them again and again. */
function trimEnd(text: ByteText): ByteText {
  let end = text.length;
  while (end > 0 && /[ \t\r\n]/.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
