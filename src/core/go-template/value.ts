import type { ByteText } from './byte-text.ts';

/** The Go types that data, literals and functions bring into a template. Maps are keyed by strings. */
export type GoType =
  | { readonly kind: 'bool' | 'int' | 'uint8' | 'float64' | 'complex128' | 'string' | 'interface' }
  | SliceType
  | MapType
  | StructType;

interface SliceType {
  readonly kind: 'slice';
  readonly element: GoType;
}
interface MapType {
  readonly kind: 'map';
  readonly element: GoType;
}
interface StructField {
  readonly name: string;
  readonly type: GoType;
  /** Left out when the struct is printed as a whole: upstream does not have it. */
  readonly isOurs?: true;
}
export interface StructType {
  readonly kind: 'struct';
  /** With its package, as error texts and `%T` show it. */
  readonly name: string;
  readonly fields: readonly StructField[];
}

/**
 * A value as Go's reflection sees it. `nil` has no type at all: the literal, a missing map key. `interface` is the box
 * in which a `[]interface {}` or `map[string]interface {}` holds each of its items; an empty one holds nil.
 */
export type GoValue =
  | { readonly kind: 'nil' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int' | 'uint8'; readonly value: bigint }
  /** Always finite: neither JSON nor a literal can say anything else. */
  | { readonly kind: 'float64'; readonly value: number }
  | { readonly kind: 'complex128'; readonly real: number; readonly imaginary: number }
  | { readonly kind: 'string'; readonly value: ByteText }
  | SliceValue
  | MapValue
  | StructValue
  | InterfaceValue;

export interface SliceValue {
  readonly kind: 'slice';
  readonly type: SliceType;
  /** Undefined is Go's nil slice: empty, and equal to nil. */
  readonly items: readonly GoValue[] | undefined;
}
export interface MapValue {
  readonly kind: 'map';
  readonly type: MapType;
  /** Undefined is Go's nil map. */
  readonly entries: ReadonlyMap<ByteText, GoValue> | undefined;
}
export interface StructValue {
  readonly kind: 'struct';
  readonly type: StructType;
  /** One for each field of the type, in its order. */
  readonly fields: readonly GoValue[];
}
export interface InterfaceValue {
  readonly kind: 'interface';
  readonly value: Exclude<GoValue, InterfaceValue>;
}

export const NIL: GoValue = { kind: 'nil' };

export function goString(value: ByteText): GoValue {
  return { kind: 'string', value };
}

export function goInt(value: number): GoValue {
  return { kind: 'int', value: BigInt(value) };
}

export function goBool(value: boolean): GoValue {
  return { kind: 'bool', value };
}

/** What a box holds; any other value is itself. */
export function unbox(value: GoValue): Exclude<GoValue, InterfaceValue> {
  return value.kind === 'interface' ? value.value : value;
}

/** The name of a type as Go prints it: "[]string", "map[string]interface {}". */
function typeText(type: GoType): string {
  switch (type.kind) {
    case 'slice':
      return `[]${typeText(type.element)}`;
    case 'map':
      return `map[string]${typeText(type.element)}`;
    case 'struct':
      return type.name;
    case 'interface':
      return 'interface {}';
    default:
      return type.kind;
  }
}

/** The name of a value's type. */
export function typeName(value: Exclude<GoValue, { kind: 'nil' }>): string {
  return value.kind === 'slice' || value.kind === 'map' || value.kind === 'struct'
    ? typeText(value.type)
    : typeText({ kind: value.kind });
}

/** The zero value of a type: what `index` gives for a missing key. */
export function zeroValue(type: GoType): GoValue {
  switch (type.kind) {
    case 'bool':
      return { kind: 'bool', value: false };
    case 'int':
    case 'uint8':
      return { kind: type.kind, value: 0n };
    case 'float64':
      return { kind: 'float64', value: 0 };
    case 'complex128':
      return { kind: 'complex128', real: 0, imaginary: 0 };
    case 'string':
      return { kind: 'string', value: '' };
    case 'interface':
      return { kind: 'interface', value: { kind: 'nil' } };
    case 'slice':
      return { kind: 'slice', type, items: undefined };
    case 'map':
      return { kind: 'map', type, entries: undefined };
    case 'struct':
      return { kind: 'struct', type, fields: type.fields.map((field) => zeroValue(field.type)) };
    default:
      return type satisfies never;
  }
}

/** What `if`, `and` and `not` take for true: not empty, not zero. A struct always is. */
export function isTrue(boxed: GoValue): boolean {
  const value = unbox(boxed);
  switch (value.kind) {
    case 'nil':
      return false;
    case 'bool':
      return value.value;
    case 'int':
    case 'uint8':
      return value.value !== 0n;
    case 'float64':
      return value.value !== 0;
    case 'complex128':
      return value.real !== 0 || value.imaginary !== 0;
    case 'string':
      return value.value !== '';
    case 'slice':
      return (value.items?.length ?? 0) > 0;
    case 'map':
      return (value.entries?.size ?? 0) > 0;
    case 'struct':
      return true;
    default:
      return value satisfies never;
  }
}

/** The entries of a map in the order in which Go prints it and ranges over it: by the bytes of the keys. */
export function sortedEntries(map: MapValue): readonly (readonly [key: ByteText, value: GoValue])[] {
  return [...(map.entries ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
}
