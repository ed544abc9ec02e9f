import {
  Composer,
  type Document,
  type DocumentOptions,
  Lexer,
  type ParseOptions,
  Parser,
  type SchemaOptions,
} from 'yaml';

/** What a text may consist of; anything where absent. */
export interface YamlBounds {
  /** Names, values, brackets, line ends, ... Each costs up to a kilobyte. */
  readonly lexemes?: number;
  /** Where an alias is merged (`<<`) the library looks through the whole document for its anchor. */
  readonly aliases?: number;
}

/** For texts that somebody else wrote: some 70,000 lines, far more than people read. */
export const BOUNDED = { lexemes: 500_000, aliases: 1_000 } as const;

export class TooManyParts extends RangeError {}

function tooMany(most: number, what: string): TooManyParts {
  return new TooManyParts(`more than ${most.toLocaleString('en-US')} ${what}`);
}

/** A document, or an error of its own, weighs as many. */
const LEXEMES_OF_TOKEN = 20;
/** The library goes no deeper than some 900 levels, but finds that out only after reading the whole text. */
const MOST_LEVELS = 2_000;

/**
 * All documents of a text, as the library's own `parseAllDocuments`, which takes any text: a megabyte of brackets or
 * commas takes it a gigabyte of memory, and seconds in which nothing else is done.
 * @throws {TooManyParts} beyond the bounds
 * @throws {RangeError} for a text that is nested too deeply
 */
export function composeYaml(
  text: string,
  options: ParseOptions & DocumentOptions & SchemaOptions,
  bounds: YamlBounds = {},
): readonly Document.Parsed[] {
  const { lineCounter } = options;
  lineCounter?.addNewLine(0);
  const parser = new Parser(lineCounter?.addNewLine);
  const { lexemes: mostLexemes = Number.POSITIVE_INFINITY, aliases: mostAliases = Number.POSITIVE_INFINITY } = bounds;
  const tokens = function* () {
    let [lexemes, aliases] = [mostLexemes, mostAliases];
    for (const lexeme of new Lexer().lex(text)) {
      lexemes -= 1;
      if (lexeme.startsWith('*')) aliases -= 1;
      for (const token of parser.next(lexeme)) {
        lexemes -= LEXEMES_OF_TOKEN;
        yield token;
      }
      if (lexemes < 0) throw tooMany(mostLexemes, 'names, values and signs; split it');
      if (aliases < 0) throw tooMany(mostAliases, 'aliases; write them out');
      if (parser.stack.length > MOST_LEVELS) throw new RangeError('too many levels');
    }
    yield* parser.end();
  };
  return [...new Composer(options).compose(tokens())];
}
