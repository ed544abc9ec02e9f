import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import { type Parsed, parsed, unparsable } from '../parsed.ts';
import type { Slot, Soil } from './draft.ts';
import { type Planned, planned, refused } from './edit-text.ts';
import { saysText } from './set-key.ts';
import { effectiveValue, isNull, scalarText, type YamlFile, type YamlMapping, type YamlNode } from './yaml-file.ts';
import { duplicateKey } from './yaml-path.ts';

/** One segment of a key path, `name[1][0]`. */
interface Step {
  readonly key: string;
  readonly indexes: readonly number[];
}

/** `a.b[1].c`, without any escapes, as upstream reads it (reference part 2, 2.5); more than one index works here. */
export function parseKeyPath(text: string): Parsed<readonly Step[]> {
  const steps: Step[] = [];
  for (const segment of text.split('.')) {
    const match = /^([^[\]]*)((?:\[[^[\]]*\])+)$/.exec(segment);
    if (!match) {
      steps.push({ key: segment, indexes: [] });
      continue;
    }
    const indexes = [...(match[2] ?? '').matchAll(/\[([^\]]*)\]/g)].map(([, index = '']) => index);
    const wrong = indexes.find((index) => !/^\+?\d{1,9}$/.test(index));
    if (wrong !== undefined) return unparsable(`"[${wrong}]" in the key "${text}" is not an index such as [0]`);
    steps.push({ key: match[1] ?? '', indexes: indexes.map(Number) });
  }
  return parsed(steps);
}

/** The text that Helm finds at a key path, or at the top-level key of that very name; merges and aliases are followed. */
export function textAt(file: YamlFile, path: string): string | undefined {
  const { root } = file;
  if (!isMap(root)) return undefined;
  const steps = parseKeyPath(path);
  const nested = steps.ok ? nodeAt(file, root, steps.value) : undefined;
  return valueText(nested) ?? valueText(effectiveValue(file, root, path));
}

/** A number's text is what is left of it once it has been a number: `tag: 1.10` makes an image with the tag 1.1. */
function valueText(node: YamlNode | undefined): string | undefined {
  return isScalar(node) && typeof node.value === 'number' ? String(node.value) : scalarText(node);
}

function nodeAt(file: YamlFile, root: YamlMapping, steps: readonly Step[]): YamlNode | undefined {
  let node: YamlNode | undefined = root;
  for (const { key, indexes } of steps) {
    if (!isMap(node)) return undefined;
    node = effectiveValue(file, node, key);
    for (const index of indexes) {
      if (!isSeq(node)) return undefined;
      node = file.resolve(node.items[index] ?? null);
    }
  }
  return node;
}

/** What it takes that Helm finds `value` at a key path. The nested place comes before a top-level key of that name. */
export function setPath(file: YamlFile, path: string, value: string): Planned {
  const place = placeOf(file, path);
  if (place.kind === 'blocked') return refused(place.why, place.fix);
  if (place.kind === 'soil') return planned([{ kind: 'put', soil: place.soil, path: place.path, value }]);
  const { slot } = place;
  const old = slot.kind === 'pair' ? slot.pair.value : slot.item;
  const target = file.resolve(old);
  if (target && !isScalar(target)) {
    return refused(`${path} holds a ${isSeq(target) ? 'list' : 'mapping'}`, `name the key inside ${path}`);
  }
  return saysText(target, value) ? planned([]) : planned([{ kind: 'set', slot, value }]);
}

type Place =
  | { readonly kind: 'slot'; readonly slot: Slot }
  | { readonly kind: 'soil'; readonly soil: Soil; readonly path: readonly string[] }
  | { readonly kind: 'blocked'; readonly why: string; readonly fix: string };

function placeOf(file: YamlFile, path: string): Place {
  const steps = parseKeyPath(path);
  if (!steps.ok) return blocked(steps.problem, 'write the key as in a.b.c or list[0].tag');
  if (!file.root) return soilFor({ kind: 'document' }, steps.value, path);
  if (!isMap(file.root)) return NOT_A_MAPPING;
  const nested = walk(file, file.root, steps.value, path);
  if (nested.kind === 'slot') return nested;
  const literal = file.lookup(file.root, path);
  if (literal.kind === 'several') return twice(path);
  return literal.kind === 'one'
    ? { kind: 'slot', slot: { kind: 'pair', mapping: file.root, pair: literal.pair } }
    : nested;
}

const NOT_A_MAPPING = blocked('the document is not a mapping', 'name a Helm values file');

function walk(file: YamlFile, root: YamlMapping, steps: readonly Step[], path: string): Place {
  let node: YamlNode = root;
  let slot: Slot | undefined;
  for (const [depth, step] of steps.entries()) {
    if (!isMap(node)) return entersNode(node, step.key, path);
    const found = file.lookup(node, step.key);
    if (found.kind === 'several') return twice(step.key);
    if (found.kind === 'none') return soilFor({ kind: 'mapping', node }, steps.slice(depth), path);
    slot = { kind: 'pair', mapping: node, pair: found.pair };
    const item = enterList(slot, found.pair.value, step, path);
    if (item.kind === 'blocked') return item;
    slot = item.slot;
    if (depth === steps.length - 1) break;
    if (!item.node || isNull(item.node)) {
      return blocked(`${step.key}, on the way to ${path}, has no value`, `write "${step.key}: {}" there`);
    }
    node = item.node;
  }
  return slot ? { kind: 'slot', slot } : NOT_A_MAPPING;
}

function enterList(
  start: Slot,
  value: YamlNode | null,
  { key, indexes }: Step,
  path: string,
):
  | { readonly kind: 'item'; readonly slot: Slot; readonly node: YamlNode | null }
  | Extract<Place, { kind: 'blocked' }> {
  let slot = start;
  let node = value;
  for (const index of indexes) {
    if (isAlias(node)) return throughAlias(node.source, path);
    if (!isSeq(node)) return blocked(`"${key}" in ${path} is not a list`, 'leave the index out, or correct the key');
    const item: YamlNode | undefined = node.items[index];
    if (!item) {
      return blocked(`"${key}" in ${path} has ${node.items.length} items, none at [${index}]`, 'correct the index');
    }
    slot = { kind: 'item', list: node, index, item };
    node = item;
  }
  return { kind: 'item', slot, node };
}

/** Missing keys are made, missing lists are not: nobody can know what else their items need. */
function soilFor(soil: Soil, steps: readonly Step[], path: string): Place {
  const list = steps.find(({ indexes }) => indexes.length > 0);
  if (list)
    return blocked(`${path} needs the list "${list.key}", which is not there`, 'add the list, or correct the key');
  return { kind: 'soil', soil, path: steps.map(({ key }) => key) };
}

function entersNode(node: YamlNode, key: string, path: string): Place {
  if (isAlias(node)) return throughAlias(node.source, path);
  return isSeq(node)
    ? blocked(`${path} enters a list before "${key}"`, 'give the index of the item, as in list[0].tag')
    : blocked(`${path} enters a plain value before "${key}"`, 'correct the key, or make that value a mapping');
}

function throughAlias(source: string, path: string): Extract<Place, { kind: 'blocked' }> {
  return blocked(
    `${path} leads through the alias *${source}, whose other users would change as well`,
    `write the mapping out there, or as {<<: *${source}}`,
  );
}

function twice(key: string): Place {
  const { why, fix } = duplicateKey(key);
  return blocked(why, fix);
}

function blocked(why: string, fix: string): Extract<Place, { kind: 'blocked' }> {
  return { kind: 'blocked', why, fix };
}
