import { type Parsed, parsed, unparsable } from '../parsed.ts';
import type { Budget } from './budget.ts';
import type { ByteText } from './byte-text.ts';
import { PLAIN } from './format-spec.ts';
import { formatValue } from './format-value.ts';
import { type GoType, type GoValue, type InterfaceValue, typeName, unbox } from './value.ts';

type Value = Exclude<GoValue, InterfaceValue>;
type Typed = Exclude<Value, { kind: 'nil' }>;

/** Kinds that are compared with each other; undefined for what `lt` cannot order and `eq` looks at more closely. */
function basicKind({ kind }: Value): 'int' | 'float' | 'string' | 'bool' | 'complex' | undefined {
  switch (kind) {
    case 'int':
    case 'uint8':
      return 'int';
    case 'float64':
      return 'float';
    case 'complex128':
      return 'complex';
    case 'string':
    case 'bool':
      return kind;
    default:
      return undefined;
  }
}

/** Whether the first equals any of the others. */
export function isEqual(first: GoValue, others: readonly GoValue[], budget: Budget): Parsed<boolean> {
  if (others.length === 0) return unparsable('missing argument for comparison');
  for (const other of others) {
    const equal = equals(unbox(first), unbox(other), budget);
    if (!equal.ok || equal.value) return equal;
  }
  return parsed(false);
}

function equals(a: Value, b: Value, budget: Budget): Parsed<boolean> {
  if (basicKind(a) !== basicKind(b)) {
    return a.kind === 'nil' || b.kind === 'nil' ? parsed(false) : incompatible(a, b);
  }
  if (basicKind(a) !== undefined) return parsed(sameScalar(a, b));
  if (a.kind === 'nil' || b.kind === 'nil') return parsed(isNil(a) === isNil(b));
  if (a.kind !== b.kind) {
    const [left, right] = [shown(a, 's', budget), shown(b, 'v', budget)];
    return unparsable(`non-comparable types ${left}: ${typeName(a)}, ${typeName(b)}: ${right}`);
  }
  if (isNil(a) || isNil(b)) return parsed(isNil(a) === isNil(b));
  if (b.kind !== 'struct' || !isComparable(b.type)) {
    return unparsable(`non-comparable type ${shown(b, 's', budget)}: ${typeName(b)}`);
  }
  return parsed(
    a.kind === 'struct' && a.type === b.type && a.fields.every((field, at) => sameField(field, b.fields[at])),
  );
}

function incompatible(a: Typed, b: Typed): { readonly ok: false; readonly problem: string } {
  return unparsable(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
}

function sameScalar(a: Value, b: Value): boolean {
  if (a.kind === 'complex128') return b.kind === 'complex128' && a.real === b.real && a.imaginary === b.imaginary;
  return 'value' in a && 'value' in b && a.value === b.value;
}

function isNil(value: Value): boolean {
  return (
    value.kind === 'nil' ||
    (value.kind === 'slice' && value.items === undefined) ||
    (value.kind === 'map' && value.entries === undefined)
  );
}

/** Whether `==` compiles for a type: not for slices and maps, nor for what holds one. */
function isComparable(type: GoType): boolean {
  if (type.kind === 'struct') return type.fields.every((field) => isComparable(field.type));
  return type.kind !== 'slice' && type.kind !== 'map';
}

/** The fields of comparable structs are scalars and such structs. */
function sameField(a: GoValue, b: GoValue | undefined): boolean {
  if (a.kind === 'struct' && b?.kind === 'struct') return a.fields.every((field, at) => sameField(field, b.fields[at]));
  return b !== undefined && a.kind === b.kind && sameScalar(unbox(a), unbox(b));
}

function shown(value: Typed, verb: ByteText, budget: Budget): ByteText {
  const out = budget.writer();
  formatValue(value, verb, PLAIN, out);
  return out.text();
}

const BAD_TYPE = unparsable('invalid type for comparison');

/** Whether the first comes before the second: numbers by size, strings by their bytes. */
export function isLess(first: GoValue, second: GoValue): Parsed<boolean> {
  const [a, b] = [unbox(first), unbox(second)];
  const kind = basicKind(a);
  if (kind === undefined || basicKind(b) === undefined || a.kind === 'nil' || b.kind === 'nil') return BAD_TYPE;
  if (kind !== basicKind(b)) return incompatible(a, b);
  if (kind === 'bool' || kind === 'complex' || !('value' in a) || !('value' in b)) return BAD_TYPE;
  return parsed(a.value < b.value);
}
