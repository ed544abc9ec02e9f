import { type ByteText, fromBytes } from './byte-text.ts';
import { PipelineParser } from './pipeline-parser.ts';
import { quote } from './quote.ts';
import type { BranchStatement, CallStatement, Statement, Template } from './syntax.ts';
import type { Token } from './token.ts';
import { TokenStream } from './token-stream.ts';

type Item = Statement | { readonly kind: 'end' } | { readonly kind: 'else' };

interface List {
  readonly statements: readonly Statement[];
  readonly end: 'end' | 'else';
}

/**
 * Reads a template.
 * @throws {TemplateFault}  for what Go's parser refuses, and for nesting beyond any sensible depth
 */
export function parse(name: ByteText, source: ByteText): Template {
  return new Parser(name, source).parse();
}

class Parser {
  readonly #name: ByteText;
  readonly #source: ByteText;
  readonly #tokens: TokenStream;
  readonly #definitions = new Map<ByteText, readonly Statement[]>();
  readonly #pipelines: PipelineParser;
  #rangeDepth = 0;

  constructor(name: ByteText, source: ByteText) {
    this.#name = name;
    this.#source = source;
    this.#tokens = new TokenStream(name, source);
    this.#pipelines = new PipelineParser(this.#tokens);
  }

  parse(): Template {
    const statements: Statement[] = [];
    while (this.#tokens.peek().kind !== 'end of text') {
      if (this.#skipDefinition()) continue;
      const item = this.#item();
      if (item.kind === 'end' || item.kind === 'else') return this.#tokens.fail(`unexpected {{${item.kind}}}`);
      statements.push(item);
    }
    this.#define(this.#name, statements);
    return { name: this.#name, source: this.#source, definitions: this.#definitions };
  }

  #skipDefinition(): boolean {
    const start = this.#tokens.mark();
    if (this.#tokens.next().kind === 'left delimiter' && this.#tokens.nextNonSpace().kind === 'define') {
      this.#inOwnTemplate(() => this.#readDefinition());
      return true;
    }
    this.#tokens.backTo(start);
    return false;
  }

  #readDefinition(): void {
    const context = 'define clause';
    const name = this.#tokens.unquoted(this.#tokens.expect(['string', 'raw string'], context).text);
    this.#tokens.expect(['right delimiter'], context);
    const { statements, end } = this.#list();
    if (end !== 'end') this.#tokens.fail(`unexpected {{else}} in ${context}`);
    this.#define(name, statements);
  }

  /** Of two definitions of one name the one that is not blank counts; two such are an error. */
  #define(name: ByteText, statements: readonly Statement[]): void {
    const known = this.#definitions.get(name);
    if (!known || isBlank(known)) this.#definitions.set(name, statements);
    else if (!isBlank(statements)) this.#tokens.fail(`template: multiple definition of template ${quote(name)}`);
  }

  /** Variables and loops outside a template are not seen inside it. */
  #inOwnTemplate<T>(read: () => T): T {
    const rangeDepth = this.#rangeDepth;
    this.#rangeDepth = 0;
    const result = this.#tokens.inOwnScope(() => this.#pipelines.inTemplate(read));
    this.#rangeDepth = rangeDepth;
    return result;
  }

  /** Statements up to the `end` or `else` that closes them. */
  #list(): List {
    const statements: Statement[] = [];
    while (this.#tokens.peekNonSpace().kind !== 'end of text') {
      const item = this.#item();
      if (item.kind === 'end' || item.kind === 'else') return { statements, end: item.kind };
      statements.push(item);
    }
    return this.#tokens.fail('unexpected EOF');
  }

  #item(): Item {
    const token = this.#tokens.nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', text: token.text };
    if (token.kind !== 'left delimiter') return this.#tokens.unexpected(token, 'input');
    return this.#tokens.inAction(token.at, () => this.#action());
  }

  #action(): Item {
    const start = this.#tokens.mark();
    const token = this.#tokens.nextNonSpace();
    switch (token.kind) {
      case 'block':
        return this.#block();
      case 'break':
      case 'continue':
        return this.#jump(token.kind);
      case 'else':
        return this.#else();
      case 'end':
        this.#tokens.expect(['right delimiter'], 'end');
        return { kind: 'end' };
      case 'if':
      case 'range':
      case 'with':
        return this.#branch(token.kind);
      case 'template':
        return this.#call();
      default:
        this.#tokens.backTo(start);
        return { kind: 'action', pipeline: this.#pipelines.read('command') };
    }
  }

  #jump(kind: 'break' | 'continue'): Statement {
    this.#tokens.expect(['right delimiter'], `{{${kind}}}`);
    if (this.#rangeDepth === 0) this.#tokens.fail(`{{${kind}}} outside {{range}}`);
    return { kind };
  }

  /** The `if` or `with` of an `else if` is left for whoever reads the structure that this closes. */
  #else(): Item {
    const { kind } = this.#tokens.peekNonSpace();
    if (kind !== 'if' && kind !== 'with') this.#tokens.expect(['right delimiter'], 'else');
    return { kind: 'else' };
  }

  #branch(kind: BranchStatement['kind']): BranchStatement {
    return this.#pipelines.inBlock(() => {
      const pipeline = this.#pipelines.read(kind);
      if (kind === 'range') this.#rangeDepth += 1;
      const { statements: body, end } = this.#list();
      if (kind === 'range') this.#rangeDepth -= 1;
      const otherwise = end === 'else' ? this.#otherwise(kind) : undefined;
      return { kind, pipeline, body, otherwise };
    });
  }

  #otherwise(kind: BranchStatement['kind']): readonly Statement[] {
    if (kind !== 'range' && this.#tokens.peek().kind === kind) {
      this.#tokens.next();
      return [this.#branch(kind)];
    }
    const { statements, end } = this.#list();
    if (end === 'else') this.#tokens.fail('expected end; found {{else}}');
    return statements;
  }

  #block(): CallStatement {
    const context = 'block clause';
    const token = this.#tokens.nextNonSpace();
    const name = this.#templateName(token, context);
    const pipeline = this.#pipelines.read(context);
    const end = this.#inOwnTemplate(() => {
      const list = this.#list();
      if (list.end === 'end') this.#define(name, list.statements);
      return list.end;
    });
    if (end !== 'end') this.#tokens.fail(`unexpected {{else}} in ${context}`);
    return { kind: 'template', at: token.at, name, pipeline };
  }

  #call(): CallStatement {
    const context = 'template clause';
    const token = this.#tokens.nextNonSpace();
    const name = this.#templateName(token, context);
    if (this.#tokens.peekNonSpace().kind !== 'right delimiter') {
      return { kind: 'template', at: token.at, name, pipeline: this.#pipelines.read(context) };
    }
    this.#tokens.next();
    return { kind: 'template', at: token.at, name, pipeline: undefined };
  }

  #templateName(token: Token, context: string): ByteText {
    if (token.kind !== 'string' && token.kind !== 'raw string') return this.#tokens.unexpected(token, context);
    return this.#tokens.unquoted(token.text);
  }
}

// What unicode.IsSpace takes for white space.
const BLANK = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/;

function isBlank(statements: readonly Statement[]): boolean {
  return statements.every((statement) => statement.kind === 'text' && BLANK.test(fromBytes(statement.text)));
}
