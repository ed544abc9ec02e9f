import type { Budget } from './budget.ts';
import type { ByteText } from './byte-text.ts';
import { locate, TemplateFault } from './fault.ts';
import { findFunction, type Parameter, type TemplateFunction } from './functions.ts';
import { nodeText, type Place } from './node-text.ts';
import { quote } from './quote.ts';
import type { Command, Operand, Pipeline, Template } from './syntax.ts';
import { type GoValue, goBool, goString, isTrue, NIL, typeName, unbox } from './value.ts';

/** How far a look for a variable reaches within one step. */
const VARIABLES_PER_STEP = 16;

/** Evaluates the pipelines of one template: its variables, and the place that an error is about. */
export class Evaluator {
  readonly #template: Template;
  readonly #name: ByteText;
  readonly #budget: Budget;
  readonly #variables: { readonly name: ByteText; value: GoValue }[];
  #place: Place | undefined;

  /** @param place  where the template is called from */
  constructor(template: Template, name: ByteText, root: GoValue, budget: Budget, place: Place | undefined) {
    this.#template = template;
    this.#name = name;
    this.#budget = budget;
    this.#variables = [{ name: '$', value: root }];
    this.#place = place;
  }

  /** Says what an error from now on is about. */
  at(place: Place): void {
    this.#place = place;
  }

  get place(): Place | undefined {
    return this.#place;
  }

  fail(problem: ByteText): never {
    const { name, source } = this.#template;
    if (!this.#place) throw new TemplateFault('execute', `template: ${this.#name}: ${problem}`, { line: 1, column: 1 });
    const { line, byte, column } = locate(source, this.#place.at);
    const where = `${name}:${line}:${byte}: executing ${quote(this.#name)} at <${nodeText(this.#place)}>`;
    throw new TemplateFault('execute', `template: ${where}: ${problem}`, { line, column });
  }

  /** How many variables there are, to forget those that come later. */
  get variableCount(): number {
    return this.#variables.length;
  }

  forgetFrom(count: number): void {
    this.#variables.length = count;
  }

  /** Gives another value to the variable that was declared last, last but one, ... */
  setRecent(fromTop: number, value: GoValue): void {
    const variable = this.#variables.at(-fromTop);
    if (variable) variable.value = value;
  }

  assign(name: ByteText, value: GoValue): void {
    this.#find(name).value = value;
  }

  #find(name: ByteText): { value: GoValue } {
    const index = this.#variables.findLastIndex((variable) => variable.name === name);
    this.#budget.spend((this.#variables.length - Math.max(index, 0)) / VARIABLES_PER_STEP);
    return this.#variables[index] ?? this.fail(`undefined variable: ${name}`);
  }

  /** The value of a pipeline; what it declares stays until it is forgotten. */
  pipeline(dot: GoValue, pipeline: Pipeline): GoValue {
    this.#place = pipeline;
    let value: GoValue | undefined;
    for (const command of pipeline.commands) value = unbox(this.#command(dot, command, value));
    const result = value ?? NIL;
    for (const name of pipeline.variables) {
      if (pipeline.assigns) this.assign(name, result);
      else this.#variables.push({ name, value: result });
    }
    return result;
  }

  /** @param piped  what the command before this one gave, its last argument */
  #command(dot: GoValue, command: Command, piped: GoValue | undefined): GoValue {
    this.#budget.spend(1);
    const { first, rest } = command;
    const hasArguments = rest.length > 0 || piped !== undefined;
    switch (first.kind) {
      case 'function':
        return this.#function(dot, first, command, rest, piped);
      case 'field':
      case 'chain':
      case 'variable':
        return this.#fields(dot, first, hasArguments);
      case 'pipeline':
        this.#refuseArguments(first, hasArguments);
        return this.pipeline(dot, first);
      case 'nil':
        this.#place = first;
        this.#refuseArguments(first, hasArguments);
        return this.fail('nil is not a command');
      default:
        this.#place = first;
        this.#refuseArguments(first, hasArguments);
        return this.#constant(dot, first);
    }
  }

  #refuseArguments(first: Operand, hasArguments: boolean): void {
    if (hasArguments) this.fail(`can't give argument to non-function ${nodeText(first)}`);
  }

  #constant(dot: GoValue, operand: Extract<Operand, { kind: 'dot' | 'bool' | 'number' | 'string' }>): GoValue {
    this.#place = operand;
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'bool':
        return goBool(operand.value);
      case 'number':
        return operand.value ?? this.fail(`${operand.text} overflows int`);
      case 'string':
        return goString(operand.value);
      default:
        return operand satisfies never;
    }
  }

  /** A field of the dot, of a variable or of what a term gives; or the variable itself. */
  #fields(
    dot: GoValue,
    operand: Extract<Operand, { kind: 'field' | 'variable' | 'chain' }>,
    hasArguments: boolean,
  ): GoValue {
    this.#place = operand;
    const owner = this.#owner(dot, operand);
    if (operand.path.length === 0) this.#refuseArguments(operand, hasArguments);
    return operand.path.reduce(
      (value, name, index) => this.#field(value, name, hasArguments && index === operand.path.length - 1),
      owner,
    );
  }

  #owner(dot: GoValue, operand: Extract<Operand, { kind: 'field' | 'variable' | 'chain' }>): GoValue {
    if (operand.kind === 'field') return dot;
    return operand.kind === 'variable' ? this.#find(operand.name).value : this.#operand(dot, operand.of);
  }

  #field(boxed: GoValue, name: ByteText, hasArguments: boolean): GoValue {
    if (boxed.kind === 'nil') return NIL;
    const owner = unbox(boxed);
    const type = boxed.kind === 'interface' ? 'interface {}' : typeName(boxed);
    if (owner.kind === 'nil') return this.fail(`nil pointer evaluating ${type}.${name}`);
    if (owner.kind === 'struct') {
      const field = owner.fields[owner.type.fields.findIndex((candidate) => candidate.name === name)];
      if (field && hasArguments) return this.fail(`${name} has arguments but cannot be invoked as function`);
      if (field) return field;
    }
    if (owner.kind === 'map') {
      if (hasArguments) return this.fail(`${name} is not a method but has arguments`);
      return owner.entries?.get(name) ?? NIL;
    }
    return this.fail(`can't evaluate field ${name} in type ${type}`);
  }

  /** An operand where it is not the beginning of a command. */
  #operand(dot: GoValue, operand: Operand): GoValue {
    this.#budget.spend(1);
    this.#place = operand;
    switch (operand.kind) {
      case 'function':
        return this.#function(dot, operand, operand, [], undefined);
      case 'field':
      case 'chain':
      case 'variable':
        return this.#fields(dot, operand, false);
      case 'pipeline':
        return this.pipeline(dot, operand);
      case 'nil':
        return NIL;
      default:
        return this.#constant(dot, operand);
    }
  }

  #argument(dot: GoValue, operand: Operand, parameter: Parameter): GoValue {
    if (parameter !== 'string') return this.#fit(this.#operand(dot, operand), parameter);
    this.#place = operand;
    if (operand.kind === 'nil') return this.fail('cannot assign nil to string');
    if (operand.kind === 'bool' || operand.kind === 'number') {
      return this.fail(`expected string; found ${nodeText(operand)}`);
    }
    return this.#fit(this.#operand(dot, operand), parameter);
  }

  #fit(boxed: GoValue, parameter: Parameter): GoValue {
    if (parameter === 'reflected') return boxed;
    const value = unbox(boxed);
    if (parameter === 'any' || value.kind === 'string') return value;
    if (boxed.kind === 'nil') return this.fail('invalid value; expected string');
    const type = value.kind === 'nil' ? 'interface {}' : typeName(value);
    return this.fail(`wrong type for value; expected string; got ${type}`);
  }

  /** @param place  what an error of the function is about */
  #function(
    dot: GoValue,
    { kind, at, name }: Extract<Operand, { kind: 'function' }>,
    place: Place,
    operands: readonly Operand[],
    piped: GoValue | undefined,
  ): GoValue {
    this.#place = { kind, at, name };
    const known = findFunction(name) ?? this.fail(`${quote(name)} is not a defined function`);
    const count = operands.length + (piped === undefined ? 0 : 1);
    this.#checkCount(name, known, operands.length, count);
    const parameterAt = (index: number) => known.parameters[index] ?? known.rest ?? 'any';
    const args: GoValue[] = [];
    for (const [index, operand] of operands.entries()) {
      const value = this.#argument(dot, operand, parameterAt(index));
      if (known.stopsAt !== undefined && isTrue(value) === known.stopsAt) return value;
      args.push(value);
    }
    if (piped !== undefined) args.push(this.#fit(piped, parameterAt(count - 1)));
    for (const arg of args.map(unbox)) if (arg.kind === 'string') this.#budget.spendBytes(arg.value.length);
    const result = known.call(args, this.#budget, () => calleeText(operands[0], piped));
    if (result.ok) return result.value;
    this.#place = place;
    return this.fail(`error calling ${name}: ${result.problem}`);
  }

  #checkCount(name: ByteText, { parameters, rest }: TemplateFunction, written: number, count: number): void {
    const wanted = parameters.length;
    if (rest !== undefined && count < wanted) {
      this.fail(`wrong number of args for ${name}: want at least ${wanted} got ${written}`);
    }
    if (rest === undefined && count !== wanted) {
      this.fail(`wrong number of args for ${name}: want ${wanted} got ${count}`);
    }
  }
}

/** How `call` names what it cannot call: as written, or by what came through the pipe. */
function calleeText(written: Operand | undefined, piped: GoValue | undefined): ByteText {
  if (written) return nodeText(written);
  const value = unbox(piped ?? NIL);
  if (value.kind === 'string') return value.value;
  return value.kind === 'nil' ? '<invalid Value>' : `<${typeName(value)} Value>`;
}
