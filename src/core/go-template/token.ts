import type { ByteText } from './byte-text.ts';
import { quote, quoteStart } from './quote.ts';

const KEYWORDS = [
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
] as const;
export type Keyword = (typeof KEYWORDS)[number];

export type TokenKind =
  | Keyword
  | 'assign'
  | 'bool'
  | 'character'
  | 'complex'
  | 'declare'
  | 'dot'
  | 'end of text'
  | 'error'
  | 'field'
  | 'identifier'
  | 'left delimiter'
  | 'left parenthesis'
  | 'number'
  | 'pipe'
  | 'raw string'
  | 'right delimiter'
  | 'right parenthesis'
  | 'rune'
  | 'space'
  | 'string'
  | 'text'
  | 'variable';

export interface Token {
  readonly kind: TokenKind;
  /** The text it was read from, with quotes; of an error what is wrong. */
  readonly text: ByteText;
  /** The byte in the template at which it begins. */
  readonly at: number;
}

export function asKeyword(word: ByteText): Keyword | undefined {
  return KEYWORDS.find((keyword) => keyword === word);
}

/** A token as error texts show it. */
export function tokenText({ kind, text }: Token): ByteText {
  if (kind === 'end of text') return 'EOF';
  if (kind === 'error') return text;
  if (kind === 'dot' || asKeyword(text) === kind) return `<${text}>`;
  return text.length > 10 ? quoteStart(text) : quote(text);
}
