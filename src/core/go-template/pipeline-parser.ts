import type { Parsed } from '../parsed.ts';
import type { ByteText } from './byte-text.ts';
import { findFunction } from './functions.ts';
import { nodeText } from './node-text.ts';
import { parseComplexLiteral, parseNumberLiteral, parseRuneLiteral } from './number-literal.ts';
import { quote } from './quote.ts';
import type { Command, Operand, Pipeline } from './syntax.ts';
import type { TokenKind } from './token.ts';
import type { TokenStream } from './token-stream.ts';

/** How deep parentheses and control structures may stand in each other. Go allows 10,000 parentheses. */
const MAX_NESTING = 250;

const OPERAND_STARTS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool',
  'rune',
  'complex',
  'dot',
  'field',
  'identifier',
  'left parenthesis',
  'nil',
  'number',
  'raw string',
  'string',
  'variable',
]);

/** Reads what stands in actions, and knows the variables that it may use. */
export class PipelineParser {
  readonly #tokens: TokenStream;
  #variables: ByteText[] = ['$'];
  #nesting = 0;

  constructor(tokens: TokenStream) {
    this.#tokens = tokens;
  }

  /** Reads with `read` what ends the life of the variables declared in it. */
  inBlock<T>(read: () => T): T {
    const known = this.#variables.length;
    const result = this.nested(read);
    this.#variables.length = known;
    return result;
  }

  /** Reads with `read` what sees none of the variables outside. */
  inTemplate<T>(read: () => T): T {
    const outer = this.#variables;
    this.#variables = ['$'];
    const result = this.nested(read);
    this.#variables = outer;
    return result;
  }

  nested<T>(read: () => T): T {
    this.#nesting += 1;
    if (this.#nesting > MAX_NESTING) this.#tokens.fail('max expression depth exceeded');
    const result = read();
    this.#nesting -= 1;
    return result;
  }

  /** Reads up to a right delimiter or parenthesis, and over it. */
  read(context: string, end: TokenKind = 'right delimiter'): Pipeline {
    const { at } = this.#tokens.peekNonSpace();
    const targets = this.#targets(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#tokens.peekNonSpace();
      if (token.kind === end) break;
      if (!OPERAND_STARTS.has(token.kind)) this.#tokens.unexpected(token, context);
      commands.push(this.#command());
    }
    this.#tokens.next();
    this.#checkCommands(commands, context);
    return { kind: 'pipeline', at, ...targets, commands };
  }

  /** The variables in front of `:=` or `=`. Like Go, takes an assignment for a declaration until it is executed. */
  #targets(context: string): Pick<Pipeline, 'variables' | 'assigns'> {
    const variables: ByteText[] = [];
    while (this.#tokens.peekNonSpace().kind === 'variable') {
      const start = this.#tokens.mark();
      const name = this.#tokens.next().text;
      const follower = this.#tokens.peekNonSpace();
      const isComma = follower.kind === 'character' && follower.text === ',';
      if (follower.kind !== 'assign' && follower.kind !== 'declare' && !isComma) {
        this.#tokens.backTo(start);
        break;
      }
      this.#tokens.next();
      variables.push(name);
      this.#variables.push(name);
      if (!isComma) return { variables, assigns: follower.kind === 'assign' };
      if (context !== 'range' || variables.length > 1) this.#tokens.fail(`too many declarations in ${context}`);
      const { kind } = this.#tokens.peekNonSpace();
      if (kind !== 'variable' && kind !== 'right delimiter' && kind !== 'right parenthesis') {
        this.#tokens.fail('range can only initialize variables');
      }
    }
    return { variables, assigns: false };
  }

  #checkCommands(commands: readonly Command[], context: string): void {
    if (commands.length === 0) this.#tokens.fail(`missing value for ${context}`);
    for (const [index, { first }] of commands.entries()) {
      if (index > 0 && isConstant(first)) this.#tokens.fail(`non executable command in pipeline stage ${index + 1}`);
    }
  }

  /** Operands up to a pipe, which is consumed, or to what ends the pipeline, which is not. */
  #command(): Command {
    const { at } = this.#tokens.peekNonSpace();
    const operands: Operand[] = [];
    for (;;) {
      this.#tokens.peekNonSpace();
      const operand = this.#operand();
      if (operand) operands.push(operand);
      const { kind } = this.#tokens.peek();
      if (kind === 'right delimiter' || kind === 'right parenthesis') break;
      const token = this.#tokens.next();
      if (kind === 'pipe') break;
      if (kind !== 'space') this.#tokens.unexpected(token, 'operand');
    }
    const [first, ...rest] = operands;
    return first ? { kind: 'command', at, first, rest } : this.#tokens.fail('empty command');
  }

  /** A term and the fields behind it; undefined when the next token begins no term. */
  #operand(): Operand | undefined {
    const term = this.#term();
    const { kind, at } = this.#tokens.peek();
    if (!term || kind !== 'field') return term;
    const path: ByteText[] = [];
    while (this.#tokens.peek().kind === 'field') path.push(this.#tokens.next().text.slice(1));
    if (term.kind === 'field') return { kind: 'field', at, path: [...term.path, ...path] };
    if (term.kind === 'variable') return { ...term, at, path };
    if (isConstant(term)) this.#tokens.fail(`unexpected . after term ${quote(nodeText(term))}`);
    return { kind: 'chain', at, of: term, path };
  }

  #term(): Operand | undefined {
    const start = this.#tokens.mark();
    const { kind, text, at } = this.#tokens.nextNonSpace();
    switch (kind) {
      case 'identifier':
        if (!findFunction(text)) this.#tokens.fail(`function ${quote(text)} not defined`);
        return { kind: 'function', at, name: text };
      case 'dot':
      case 'nil':
        return { kind, at };
      case 'variable':
        if (!this.#variables.includes(text)) this.#tokens.fail(`undefined variable ${quote(text)}`);
        return { kind, at, name: text, path: [] };
      case 'field':
        return { kind, at, path: [text.slice(1)] };
      case 'bool':
        return { kind, at, value: text === 'true' };
      case 'number':
        return { kind: 'number', at, text, value: this.#good(parseNumberLiteral(text)) };
      case 'complex':
        return { kind: 'number', at, text, value: this.#good(parseComplexLiteral(text)) };
      case 'rune':
        return { kind: 'number', at, text, value: this.#good(parseRuneLiteral(text)) };
      case 'left parenthesis':
        return this.nested(() => this.read('parenthesized pipeline', 'right parenthesis'));
      case 'string':
      case 'raw string':
        return { kind: 'string', at, quoted: text, value: this.#tokens.unquoted(text) };
      default:
        this.#tokens.backTo(start);
        return undefined;
    }
  }

  #good<T>(result: Parsed<T>): T {
    return result.ok ? result.value : this.#tokens.fail(result.problem);
  }
}

/** What stands for itself: it has no fields and takes nothing from a pipe. */
function isConstant({ kind }: Operand): boolean {
  return kind === 'bool' || kind === 'dot' || kind === 'nil' || kind === 'number' || kind === 'string';
}
