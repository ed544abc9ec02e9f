import { Budget, type TextWriter } from './budget.ts';
import type { ByteText } from './byte-text.ts';
import { Evaluator } from './evaluator.ts';
import { print } from './print.ts';
import { quote } from './quote.ts';
import type { BranchStatement, CallStatement, Pipeline, Statement, Template } from './syntax.ts';
import { type GoValue, goInt, goString, isTrue, NIL, sortedEntries } from './value.ts';

/** How deep templates and control structures may be entered. Go allows 100,000 templates in each other. */
const MAX_DEPTH = 500;

/** How a list of statements ended: at its end, or because a loop is to end or to go on. */
type Flow = 'end' | 'break' | 'continue';

/**
 * Fills in a template.
 * @throws {TemplateFault}  for what Go's execution refuses, and for too many steps, too much text or too deep a nesting
 */
export function execute(template: Template, data: GoValue): ByteText {
  return new Executor(template, data).run();
}

class Executor {
  readonly #template: Template;
  readonly #data: GoValue;
  readonly #budget: Budget;
  readonly #out: TextWriter;
  #evaluator: Evaluator;
  #depth = 0;

  constructor(template: Template, data: GoValue) {
    this.#template = template;
    this.#data = data;
    this.#budget = new Budget((problem) => this.#evaluator.fail(problem));
    this.#out = this.#budget.writer();
    this.#evaluator = new Evaluator(template, template.name, data, this.#budget, undefined);
  }

  run(): ByteText {
    this.#list(this.#template.definitions.get(this.#template.name) ?? [], this.#data);
    return this.#out.text();
  }

  #list(statements: readonly Statement[], dot: GoValue): Flow {
    for (const statement of statements) {
      const flow = this.#statement(statement, dot);
      if (flow !== 'end') return flow;
    }
    return 'end';
  }

  #statement(statement: Statement, dot: GoValue): Flow {
    this.#budget.spend(1);
    switch (statement.kind) {
      case 'text':
        this.#out.write(statement.text);
        return 'end';
      case 'action': {
        const value = this.#evaluator.pipeline(dot, statement.pipeline);
        if (statement.pipeline.variables.length === 0) this.#print(value);
        return 'end';
      }
      case 'break':
      case 'continue':
        return statement.kind;
      case 'template':
        return this.#nested(() => this.#call(statement, dot));
      default:
        return this.#nested(() => this.#branch(statement, dot));
    }
  }

  #nested(run: () => Flow): Flow {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.#evaluator.fail(`exceeded maximum template depth (${MAX_DEPTH})`);
    const flow = run();
    this.#depth -= 1;
    return flow;
  }

  #print(value: GoValue): void {
    this.#out.write(print([value.kind === 'nil' ? goString('<no value>') : value], this.#budget));
  }

  /** Variables do not cross the border of a template, in either direction. */
  #call(statement: CallStatement, dot: GoValue): Flow {
    const { name, pipeline } = statement;
    const caller = this.#evaluator;
    caller.at(statement);
    const statements = this.#template.definitions.get(name) ?? caller.fail(`template ${quote(name)} not defined`);
    const root = pipeline ? caller.pipeline(dot, pipeline) : NIL;
    this.#evaluator = new Evaluator(this.#template, name, root, this.#budget, caller.place);
    this.#list(statements, root);
    this.#evaluator = caller;
    return 'end';
  }

  #branch(statement: BranchStatement, dot: GoValue): Flow {
    const known = this.#evaluator.variableCount;
    const flow = statement.kind === 'range' ? this.#range(statement, dot) : this.#condition(statement, dot);
    this.#evaluator.forgetFrom(known);
    return flow;
  }

  #condition({ kind, pipeline, body, otherwise }: BranchStatement, dot: GoValue): Flow {
    const value = this.#evaluator.pipeline(dot, pipeline);
    if (isTrue(value)) return this.#list(body, kind === 'with' ? value : dot);
    return this.#list(otherwise ?? [], dot);
  }

  #range({ pipeline, body, otherwise }: BranchStatement, dot: GoValue): Flow {
    const value = this.#evaluator.pipeline(dot, pipeline);
    const known = this.#evaluator.variableCount;
    let isEmpty = true;
    for (const [key, item] of this.#items(value, pipeline)) {
      isEmpty = false;
      this.#budget.spend(1);
      this.#bind(pipeline, key, item);
      const flow = this.#list(body, item);
      this.#evaluator.forgetFrom(known);
      if (flow === 'break') break;
    }
    if (!isEmpty || !otherwise) return 'end';
    // A break in here ends this range, which is over anyway, and not the one around it: so does Go.
    return this.#list(otherwise, dot) === 'continue' ? 'continue' : 'end';
  }

  /** What a range goes through: keys or numbers with their items; a count has no keys. */
  #items(value: GoValue, pipeline: Pipeline): Iterable<readonly [key: GoValue, item: GoValue]> {
    switch (value.kind) {
      case 'slice':
        return numbered(value.items ?? []);
      case 'map':
        this.#budget.spend(value.entries?.size ?? 0);
        return sortedEntries(value).map(([key, item]) => [goString(key), item]);
      case 'nil':
        return [];
      case 'int':
      case 'uint8':
        if (pipeline.variables.length < 2) return countTo(value.kind, value.value);
        return this.#evaluator.fail(`can't use ${this.#shown(value)} to iterate over more than one variable`);
      default:
        return this.#evaluator.fail(`range can't iterate over ${this.#shown(value)}`);
    }
  }

  #shown(value: GoValue): ByteText {
    return print([value], this.#budget);
  }

  /** With one variable it is the item, with two the key comes first. */
  #bind({ variables, assigns }: Pipeline, key: GoValue, item: GoValue): void {
    const values = variables.length > 1 ? [key, item] : [item];
    for (const [index, name] of variables.entries()) {
      if (assigns) this.#evaluator.assign(name, values[index] ?? NIL);
      else this.#evaluator.setRecent(variables.length - index, values[index] ?? NIL);
    }
  }
}

function* numbered(items: readonly GoValue[]): Generator<readonly [GoValue, GoValue]> {
  for (const [index, item] of items.entries()) yield [goInt(index), item];
}

function* countTo(kind: 'int' | 'uint8', count: bigint): Generator<readonly [GoValue, GoValue]> {
  for (let value = 0n; value < count; value += 1n) yield [NIL, { kind, value }];
}
