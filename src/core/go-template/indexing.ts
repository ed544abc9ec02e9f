import { type Parsed, parsed, unparsable } from '../parsed.ts';
import { type GoValue, goInt, goString, type MapValue, type SliceValue, typeName, unbox, zeroValue } from './value.ts';

/** How many bytes, items or entries. */
export function lengthOf(boxed: GoValue): Parsed<GoValue> {
  const value = unbox(boxed);
  switch (value.kind) {
    case 'string':
      return parsed(goInt(value.value.length));
    case 'slice':
      return parsed(goInt(value.items?.length ?? 0));
    case 'map':
      return parsed(goInt(value.entries?.size ?? 0));
    case 'nil':
      return unparsable(
        boxed.kind === 'interface' ? 'len of nil pointer' : 'reflect: call of reflect.Value.Type on zero Value',
      );
    default:
      return unparsable(`len of type ${typeName(value)}`);
  }
}

/** `index x 1 "a"` is x[1]["a"]. A missing key gives the zero value. */
export function indexOf(boxed: GoValue, indexes: readonly GoValue[]): Parsed<GoValue> {
  let item = boxed;
  if (unbox(item).kind === 'nil') return unparsable('index of untyped nil');
  for (const index of indexes) {
    const next = indexOnce(item, index);
    if (!next.ok) return next;
    item = next.value;
  }
  return parsed(item);
}

function indexOnce(boxed: GoValue, index: GoValue): Parsed<GoValue> {
  const item = unbox(boxed);
  switch (item.kind) {
    case 'string':
    case 'slice':
      return itemAt(item, index);
    case 'map':
      return entryAt(item, index);
    case 'nil':
      return unparsable('index of nil pointer');
    default:
      return unparsable(`can't index item of type ${typeName(item)}`);
  }
}

function itemAt(list: SliceValue | Extract<GoValue, { kind: 'string' }>, index: GoValue): Parsed<GoValue> {
  const length = list.kind === 'string' ? list.value.length : (list.items?.length ?? 0);
  const at = position(unbox(index), length);
  if (!at.ok) return at;
  if (list.kind === 'string' && at.value < length) {
    return parsed({ kind: 'uint8', value: BigInt(list.value.charCodeAt(at.value)) });
  }
  const item = list.kind === 'slice' ? list.items?.[at.value] : undefined;
  return item ? parsed(item) : unparsable(`reflect: ${list.kind} index out of range`);
}

function entryAt(map: MapValue, index: GoValue): Parsed<GoValue> {
  const key = unbox(index);
  if (key.kind === 'nil') return unparsable('value is nil; should be of type string');
  if (key.kind !== 'string') return unparsable(`value has type ${typeName(key)}; should be string`);
  return parsed(map.entries?.get(key.value) ?? zeroValue(map.type.element));
}

/** A whole number from 0 to `limit`. */
function position(index: GoValue, limit: number): Parsed<number> {
  if (index.kind === 'nil') return unparsable('cannot index slice/array with nil');
  if (index.kind !== 'int' && index.kind !== 'uint8') {
    return unparsable(`cannot index slice/array with type ${typeName(index)}`);
  }
  if (index.value < 0n || index.value > BigInt(limit)) return unparsable(`index out of range: ${index.value}`);
  return parsed(Number(index.value));
}

/** `slice x 1 2` is x[1:2]. Unlike `index` it takes no number out of a box, which is an oversight of Go's. */
export function sliceOf(boxed: GoValue, indexes: readonly GoValue[]): Parsed<GoValue> {
  const item = unbox(boxed);
  if (item.kind === 'nil') return unparsable('slice of untyped nil');
  if (indexes.length > 3) return unparsable(`too many slice indexes: ${indexes.length}`);
  if (item.kind !== 'string' && item.kind !== 'slice') return unparsable(`can't slice item of type ${typeName(item)}`);
  if (item.kind === 'string' && indexes.length === 3) return unparsable('cannot 3-index slice a string');
  const length = item.kind === 'string' ? item.value.length : (item.items?.length ?? 0);
  const bounds: number[] = [];
  for (const index of indexes) {
    const bound = position(index, length);
    if (!bound.ok) return bound;
    bounds.push(bound.value);
  }
  const [start = 0, end = length, capacity = length] = bounds;
  if (start > end) return unparsable(`invalid slice index: ${start} > ${end}`);
  if (end > capacity) return unparsable(`invalid slice index: ${end} > ${capacity}`);
  if (item.kind === 'string') return parsed(goString(item.value.slice(start, end)));
  return parsed({ ...item, items: item.items?.slice(start, end) });
}
