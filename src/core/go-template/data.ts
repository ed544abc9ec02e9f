import { type Parsed, parsed, unparsable } from '../parsed.ts';
import { isUntyped, type Untyped } from '../untyped.ts';
import { toBytes } from './byte-text.ts';
import { type GoType, type GoValue, goBool, goInt, goString, type StructType, unbox, zeroValue } from './value.ts';

export const STRING: GoType = { kind: 'string' };

export function goText(text: string): GoValue {
  return goString(toBytes(text));
}

export function goList(element: GoType, items: readonly GoValue[]): GoValue {
  return { kind: 'slice', type: { kind: 'slice', element }, items };
}

/** A map[string]string. */
export function goTextMap(texts: Readonly<Record<string, string>>): GoValue {
  const entries = Object.entries(texts).map(([key, text]) => [toBytes(key), goText(text)] as const);
  return { kind: 'map', type: { kind: 'map', element: STRING }, entries: new Map(entries) };
}

/** @param fields  one value for each field of the type, in its order */
export function goStruct(type: StructType, fields: readonly GoValue[]): GoValue {
  return { kind: 'struct', type, fields };
}

/** How deep data may be nested. */
const MAX_DEPTH = 100;

const ANYTHING: GoType = { kind: 'interface' };

/**
 * Data as a template sees it, with Go types: the fields of `type` must have the types it says and are their zero values
 * when absent. Further data has the type that its JSON shows; a whole number is an int, unlike in Go.
 * @returns  the problem names the place: `AppChanges[0].Image: a string is wanted`
 */
export function decodeData(data: unknown, type: GoType): Parsed<GoValue> {
  return decode(data, type, '', 0);
}

function decode(data: unknown, type: GoType, path: string, depth: number): Parsed<GoValue> {
  if (depth > MAX_DEPTH) return unparsable(`${path.slice(0, 100)}...: the data is nested more than ${MAX_DEPTH} deep`);
  if (data === null || data === undefined) return parsed(zeroValue(type));
  switch (type.kind) {
    case 'slice':
      return Array.isArray(data) ? decodeList(data, type.element, path, depth) : wanted(path, 'a list');
    case 'map':
      return isUntyped(data) ? decodeMap(data, type.element, path, depth) : wanted(path, 'a mapping');
    case 'struct':
      return isUntyped(data) ? decodeStruct(data, type, path, depth) : wanted(path, 'a mapping');
    case 'interface': {
      const value = decodeAnything(data, path, depth);
      return value.ok ? parsed({ kind: 'interface', value: unbox(value.value) }) : value;
    }
    default: {
      const value = decodeAnything(data, path, depth);
      if (!value.ok || value.value.kind === type.kind) return value;
      return wanted(path, type.kind === 'string' ? 'a string' : `a value of type ${type.kind}`);
    }
  }
}

function wanted(path: string, what: string): { readonly ok: false; readonly problem: string } {
  return unparsable(`${path === '' ? 'the data' : path}: ${what} is wanted`);
}

function decodeAnything(data: unknown, path: string, depth: number): Parsed<GoValue> {
  if (typeof data === 'string') return parsed(goText(data));
  if (typeof data === 'boolean') return parsed(goBool(data));
  if (typeof data === 'number') return decodeNumber(data, path);
  if (Array.isArray(data)) return decodeList(data, ANYTHING, path, depth);
  return isUntyped(data) ? decodeMap(data, ANYTHING, path, depth) : wanted(path, 'JSON');
}

function decodeNumber(data: number, path: string): Parsed<GoValue> {
  if (Number.isSafeInteger(data)) return parsed(goInt(data));
  return Number.isFinite(data)
    ? parsed({ kind: 'float64', value: data })
    : wanted(path, 'a number that is not so large');
}

function decodeList(data: readonly unknown[], element: GoType, path: string, depth: number): Parsed<GoValue> {
  const items: GoValue[] = [];
  for (const [index, item] of data.entries()) {
    const value = decode(item, element, `${path}[${index}]`, depth + 1);
    if (!value.ok) return value;
    items.push(value.value);
  }
  return parsed(goList(element, items));
}

function decodeMap(data: Untyped, element: GoType, path: string, depth: number): Parsed<GoValue> {
  const entries = new Map<string, GoValue>();
  for (const [key, item] of Object.entries(data)) {
    const value = decode(item, element, `${path}.${key}`, depth + 1);
    if (!value.ok) return value;
    entries.set(toBytes(key), value.value);
  }
  return parsed({ kind: 'map', type: { kind: 'map', element }, entries });
}

function decodeStruct(data: Untyped, type: StructType, path: string, depth: number): Parsed<GoValue> {
  const own = new Map(Object.entries(data));
  const known = new Set(type.fields.map((field) => field.name));
  const others = [...own.keys()].filter((key) => !known.has(key)).map((name) => ({ name, type: ANYTHING }));
  const fields = [...type.fields, ...others];
  const values: GoValue[] = [];
  for (const field of fields) {
    const value = decode(
      own.get(field.name),
      field.type,
      path === '' ? field.name : `${path}.${field.name}`,
      depth + 1,
    );
    if (!value.ok) return value;
    values.push(value.value);
  }
  const extended = others.map(({ name, type: other }) => ({ name: toBytes(name), type: other }));
  return parsed({
    kind: 'struct',
    type: others.length === 0 ? type : { ...type, fields: [...type.fields, ...extended] },
    fields: values,
  });
}
