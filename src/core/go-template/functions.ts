import { type Parsed, parsed, unparsable } from '../parsed.ts';
import type { Budget } from './budget.ts';
import type { ByteText } from './byte-text.ts';
import { isEqual, isLess } from './compare.ts';
import { escapeHtml, escapeJs, escapeQuery } from './escape.ts';
import { indexOf, lengthOf, sliceOf } from './indexing.ts';
import { print, println } from './print.ts';
import { printf } from './printf.ts';
import { type GoValue, goBool, goString, isTrue, NIL, typeName, unbox } from './value.ts';

/** What a parameter takes: any value as it is, any value out of its box, or a string only. */
export type Parameter = 'reflected' | 'any' | 'string';

export interface TemplateFunction {
  readonly parameters: readonly Parameter[];
  /** What the arguments beyond those are; none may follow when undefined. */
  readonly rest?: Parameter;
  /** `and` and `or` evaluate their arguments only as far as needed: up to the first that is true, or is not. */
  readonly stopsAt?: boolean;
  call(args: readonly GoValue[], budget: Budget, first: () => ByteText): Parsed<GoValue>;
}

const comparison = (compare: (a: GoValue, b: GoValue, budget: Budget) => Parsed<boolean>): TemplateFunction => ({
  parameters: ['reflected', 'reflected'],
  call: ([a = NIL, b = NIL], budget) => asValue(compare(a, b, budget)),
});

const escaper = (escaped: (text: ByteText) => ByteText): TemplateFunction => ({
  parameters: [],
  rest: 'any',
  call: (args, budget) => parsed(goString(escaped(print(args.map(orNoValue), budget)))),
});

const shortCircuit = (stopsAt: boolean): TemplateFunction => ({
  parameters: ['reflected'],
  rest: 'reflected',
  stopsAt,
  call: (args) => parsed(args.at(-1) ?? NIL),
});

const FUNCTIONS: ReadonlyMap<ByteText, TemplateFunction> = new Map<ByteText, TemplateFunction>([
  ['and', shortCircuit(false)],
  ['or', shortCircuit(true)],
  ['not', { parameters: ['reflected'], call: ([value = NIL]) => parsed(goBool(!isTrue(value))) }],
  ['call', { parameters: ['reflected'], rest: 'reflected', call: ([value = NIL], _, first) => callOf(value, first()) }],
  ['len', { parameters: ['reflected'], call: ([value = NIL]) => lengthOf(value) }],
  ['index', { parameters: ['reflected'], rest: 'reflected', call: ([item = NIL, ...at]) => indexOf(item, at) }],
  ['slice', { parameters: ['reflected'], rest: 'reflected', call: ([item = NIL, ...at]) => sliceOf(item, at) }],
  ['print', { parameters: [], rest: 'any', call: (args, budget) => parsed(goString(print(args, budget))) }],
  ['println', { parameters: [], rest: 'any', call: (args, budget) => parsed(goString(println(args, budget))) }],
  [
    'printf',
    { parameters: ['string'], rest: 'any', call: ([format = NIL, ...args], budget) => printfOf(format, args, budget) },
  ],
  ['html', escaper(escapeHtml)],
  ['js', escaper(escapeJs)],
  ['urlquery', escaper(escapeQuery)],
  [
    'eq',
    { parameters: ['reflected'], rest: 'reflected', call: ([a = NIL, ...b], budget) => asValue(isEqual(a, b, budget)) },
  ],
  ['ne', comparison((a, b, budget) => negated(isEqual(a, [b], budget)))],
  ['lt', comparison(isLess)],
  ['le', comparison(isLessOrEqual)],
  ['gt', comparison((a, b, budget) => negated(isLessOrEqual(a, b, budget)))],
  ['ge', comparison((a, b) => negated(isLess(a, b)))],
]);

export function findFunction(name: ByteText): TemplateFunction | undefined {
  return FUNCTIONS.get(name);
}

function asValue(result: Parsed<boolean>): Parsed<GoValue> {
  return result.ok ? parsed(goBool(result.value)) : result;
}

function negated(result: Parsed<boolean>): Parsed<boolean> {
  return result.ok ? parsed(!result.value) : result;
}

function isLessOrEqual(a: GoValue, b: GoValue, budget: Budget): Parsed<boolean> {
  const less = isLess(a, b);
  return !less.ok || less.value ? less : isEqual(a, [b], budget);
}

/** Nothing that a template is given can be called. */
function callOf(boxed: GoValue, name: ByteText): Parsed<GoValue> {
  const value = unbox(boxed);
  return unparsable(value.kind === 'nil' ? 'call of nil' : `non-function ${name} of type ${typeName(value)}`);
}

function printfOf(format: GoValue, args: readonly GoValue[], budget: Budget): Parsed<GoValue> {
  return parsed(goString(format.kind === 'string' ? printf(format.value, args, budget) : ''));
}

/** The escaping functions write nil as an action would. */
function orNoValue(value: GoValue): GoValue {
  return value.kind === 'nil' ? goString('<no value>') : value;
}
