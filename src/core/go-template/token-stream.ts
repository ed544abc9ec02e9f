import type { ByteText } from './byte-text.ts';
import { locate, TemplateFault } from './fault.ts';
import { Lexer } from './lexer.ts';
import { unquote } from './quote.ts';
import { type Token, type TokenKind, tokenText } from './token.ts';

/** What Go keeps for each template of its own, those inside `define` and `block` included. */
interface Scope {
  /** The token furthest on that this template has looked at: where its errors are reported. */
  latest: number;
  /** Where the action that is being read begins. */
  actionAt: number | undefined;
}

/** The tokens of a template, with any lookahead, and the errors about them. */
export class TokenStream {
  readonly #name: ByteText;
  readonly #source: ByteText;
  readonly #lexer: Lexer;
  readonly #tokens: Token[] = [];
  #position = 0;
  #scope: Scope = { latest: -1, actionAt: undefined };

  constructor(name: ByteText, source: ByteText) {
    this.#name = name;
    this.#source = source;
    this.#lexer = new Lexer(source);
  }

  peek(): Token {
    const known = this.#tokens[this.#position];
    const token = known ?? this.#lexer.next();
    if (!known) this.#tokens.push(token);
    this.#scope.latest = Math.max(this.#scope.latest, this.#position);
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.#position += 1;
    return token;
  }

  peekNonSpace(): Token {
    while (this.peek().kind === 'space') this.#position += 1;
    return this.peek();
  }

  nextNonSpace(): Token {
    const token = this.peekNonSpace();
    this.#position += 1;
    return token;
  }

  /** A place to come back to. */
  mark(): number {
    return this.#position;
  }

  backTo(mark: number): void {
    this.#position = mark;
  }

  /** The next token but blanks, which must be of a kind. */
  expect(kinds: readonly TokenKind[], context: string): Token {
    const token = this.nextNonSpace();
    return kinds.includes(token.kind) ? token : this.unexpected(token, context);
  }

  /** The text of a string literal. */
  unquoted(literal: ByteText): ByteText {
    return unquote(literal) ?? this.fail('invalid syntax');
  }

  /** Reads with `read` what is a template of its own for error reports. */
  inOwnScope<T>(read: () => T): T {
    const outer = this.#scope;
    this.#scope = { latest: outer.latest, actionAt: undefined };
    const result = read();
    this.#scope = outer;
    return result;
  }

  /** Reads an action that began at a byte. */
  inAction<T>(at: number, read: () => T): T {
    this.#scope.actionAt = at;
    const result = read();
    this.#scope.actionAt = undefined;
    return result;
  }

  unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') return this.fail(`unexpected ${tokenText(token)} in ${context}`);
    const { actionAt } = this.#scope;
    const begun = actionAt === undefined ? undefined : this.#lineOf(actionAt);
    if (begun === undefined || begun === this.#lineOf(token.at)) return this.fail(token.text);
    const action = token.text.endsWith(' action') ? '' : ' in action';
    return this.fail(`${token.text}${action} started at ${this.#name}:${begun}`);
  }

  fail(problem: ByteText): never {
    const { line, column } = locate(this.#source, this.#tokens[this.#scope.latest]?.at ?? 0);
    throw new TemplateFault('parse', `template: ${this.#name}:${line}: ${problem}`, { line, column });
  }

  #lineOf(at: number): number {
    return locate(this.#source, at).line;
  }
}
