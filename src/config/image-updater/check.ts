import type { FailureCode } from '../../core/failure.ts';
import { type FieldPath, formatFieldPath } from '../../core/field-path.ts';
import { nearest } from '../../core/nearest.ts';
import { isUntyped, type Untyped } from '../../core/untyped.ts';
import type { IntegerSchema, ListSchema, ObjectSchema, Schema, TextSchema, ValueOf } from './schema.ts';

/** What is wrong with one field; the message begins with the field's path. */
export interface FieldProblem {
  readonly code: FailureCode;
  readonly path: FieldPath;
  readonly message: string;
  readonly fix: string;
}

export type Admitted<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/**
 * What the API server would say: the value with its defaults filled in, or every problem at once. Unknown keys are
 * problems, as to a client that validates strictly (kubectl does).
 */
export function admit<S extends Schema>(schema: S, given: unknown, path: FieldPath): Admitted<ValueOf<S>> {
  const value = withDefaults(schema, given);
  const problems = [...problemsOf(schema, value, path)];
  // The only cast: a value without problems is what the schema's type says.
  return problems.length === 0 ? { ok: true, value: value as ValueOf<S> } : { ok: false, problems };
}

export function fieldProblem(path: FieldPath, problem: string, fix: string): FieldProblem {
  return { code: 'CONFIG_INVALID', path, message: `${formatFieldPath(path)}: ${problem}`, fix };
}

function withDefaults(schema: Schema, value: unknown): unknown {
  if (schema.type === 'array' && Array.isArray(value)) return value.map((item) => withDefaults(schema.items, item));
  if (schema.type !== 'object' || !isUntyped(value)) return value;
  const given = Object.entries(value).map(([key, inner]) => [key, withField(schema, key, inner)]);
  const missing = Object.entries(schema.fields).flatMap(([key, field]) =>
    'default' in field && field.default !== undefined && !Object.hasOwn(value, key) ? [[key, field.default]] : [],
  );
  return Object.fromEntries([...given, ...missing]);
}

function withField({ fields }: ObjectSchema, key: string, value: unknown): unknown {
  const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return field ? withDefaults(field, value) : value;
}

function* problemsOf(schema: Schema, value: unknown, path: FieldPath): Generator<FieldProblem> {
  if (!isOfType(schema, value)) {
    yield wrongType(schema, value, path);
    return;
  }
  if (schema.type === 'string' && typeof value === 'string') yield* problemsOfText(schema, value, path);
  if (schema.type === 'integer' && Number(value) < schema.minimum) yield tooSmall(schema, path);
  if (schema.type === 'array' && Array.isArray(value)) yield* problemsOfList(schema, value, path);
  if (schema.type === 'map' && isUntyped(value)) {
    for (const [key, inner] of Object.entries(value)) yield* problemsOf(schema.values, inner, [...path, key]);
  }
  if (schema.type === 'object' && isUntyped(value)) yield* problemsOfObject(schema, value, path);
}

function isOfType({ type }: Schema, value: unknown): boolean {
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof value === type;
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'map':
    case 'object':
      return isUntyped(value);
    default:
      return type satisfies never;
  }
}

const WORDS = {
  string: 'a text',
  boolean: 'true or false',
  integer: 'a whole number',
  array: 'a list',
  map: 'a mapping',
  object: 'a mapping',
} as const;

function wrongType({ type }: Schema, value: unknown, path: FieldPath): FieldProblem {
  if (value === null || value === undefined) {
    return fieldProblem(path, `is empty, but must be ${WORDS[type]}`, 'give it a value, or remove it');
  }
  const quotes = type === 'string' && (typeof value === 'number' || typeof value === 'boolean');
  const noQuotes = type === 'boolean' && (value === 'true' || value === 'false');
  const fix = quotes ? 'write it in quotes' : noQuotes ? 'write it without quotes' : `write ${WORDS[type]}`;
  return fieldProblem(path, `must be ${WORDS[type]}, but is ${wordFor(value)}`, fix);
}

function wordFor(value: unknown): string {
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  return Array.isArray(value) ? 'a list' : 'a mapping';
}

function tooSmall({ minimum }: IntegerSchema, path: FieldPath): FieldProblem {
  return fieldProblem(path, `must be ${minimum} or more`, `write ${minimum} or more`);
}

function* problemsOfText(schema: TextSchema, value: string, path: FieldPath): Generator<FieldProblem> {
  const { pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY, oneOf } = schema;
  const length = [...value].length;
  if (length < minLength) yield fieldProblem(path, 'is empty', 'give it a value, or remove it');
  if (length > maxLength) {
    yield fieldProblem(path, `has ${length} characters, more than ${maxLength}`, 'write a shorter text');
  }
  if (pattern !== undefined && !new RegExp(pattern).test(value)) {
    yield fieldProblem(path, `"${value}" does not match ${pattern}`, schema.description);
  }
  if (oneOf && !oneOf.includes(value)) {
    const fix = `write ${nearest(value, oneOf) ?? oneOf.join(', ')}`;
    yield fieldProblem(path, `there is no "${value}" here`, fix);
  }
}

function* problemsOfList(schema: ListSchema, items: readonly unknown[], path: FieldPath): Generator<FieldProblem> {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, key } = schema;
  if (items.length < minItems) yield fieldProblem(path, `must have at least ${minItems} item`, 'add one');
  if (items.length > maxItems) {
    yield fieldProblem(path, `has ${items.length} items, more than ${maxItems}`, 'remove some');
  }
  for (const [index, item] of items.entries()) yield* problemsOf(schema.items, item, [...path, index]);
  if (key !== undefined) yield* duplicates(items, key, path);
}

function* duplicates(items: readonly unknown[], key: string, path: FieldPath): Generator<FieldProblem> {
  const seen = new Map<unknown, number>();
  for (const [index, item] of items.entries()) {
    const value = isUntyped(item) ? item[key] : undefined;
    const before = seen.get(value);
    if (typeof value !== 'string') continue;
    if (before === undefined) seen.set(value, index);
    else {
      const first = formatFieldPath([...path, before]);
      yield fieldProblem(
        [...path, index, key],
        `"${value}" stands at ${first} already`,
        'merge the two, or rename one',
      );
    }
  }
}

function* problemsOfObject(schema: ObjectSchema, value: Untyped, path: FieldPath): Generator<FieldProblem> {
  for (const [key, inner] of Object.entries(value)) {
    const field = Object.hasOwn(schema.fields, key) ? schema.fields[key] : undefined;
    if (field) yield* problemsOf(field, inner, [...path, key]);
    else yield unknownKey(schema, key, path);
  }
  for (const key of schema.required) {
    if (!Object.hasOwn(value, key)) yield fieldProblem([...path, key], 'is missing', `add ${key}`);
  }
  for (const { holds, message, fix } of schema.rules) {
    if (!holds(value)) yield fieldProblem(path, message, fix);
  }
}

/** The nearest key of this mapping, else the mapping below where the key belongs. */
function unknownKey({ fields }: ObjectSchema, key: string, path: FieldPath): FieldProblem {
  const names = Object.keys(fields);
  const below = Object.entries(fields).find(([, field]) => field.type === 'object' && Object.hasOwn(field.fields, key));
  const meant = nearest(key, names) ?? (below && `${below[0]}.${key}`);
  return {
    code: 'CONFIG_UNKNOWN_KEY',
    path: [...path, key],
    message: `${formatFieldPath([...path, key])}: there is no such field`,
    fix: meant ? `write ${meant}` : names.length === 0 ? 'remove it' : `write one of ${names.join(', ')}`,
  };
}
