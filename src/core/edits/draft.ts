import type { YamlList, YamlMapping, YamlNode, YamlPair } from './yaml-file.ts';

/** New YAML in the form of data: text, a boolean, a list or a mapping whose keys keep their order. */
export type Sprout = string | boolean | readonly Sprout[] | ReadonlyMap<string, Sprout>;

export function isSproutMapping(content: Sprout | undefined): content is ReadonlyMap<string, Sprout> {
  return content instanceof Map;
}

export function isSproutList(content: Sprout | undefined): content is readonly Sprout[] {
  return Array.isArray(content);
}

/** A place that holds a value: behind a key, or an item of a list. */
export type Slot =
  | { readonly kind: 'pair'; readonly mapping: YamlMapping; readonly pair: YamlPair }
  | { readonly kind: 'item'; readonly list: YamlList; readonly index: number; readonly item: YamlNode };

/** A place where something new can grow: a collection, a key without value, or an empty document. */
export type Soil =
  | { readonly kind: 'mapping'; readonly node: YamlMapping }
  | { readonly kind: 'list'; readonly node: YamlList; readonly slot: Slot | undefined }
  | { readonly kind: 'null'; readonly slot: Extract<Slot, { kind: 'pair' }> }
  | { readonly kind: 'document' };

/** One step of an edit, in terms of the parsed text. */
export type Operation =
  /** Another scalar where one stands. An alias is replaced, so that what it stands for does not change. */
  | { readonly kind: 'set'; readonly slot: Slot; readonly value: string | boolean }
  /** A scalar under the new key at the end of `path`, with the mappings on the way there. */
  | { readonly kind: 'put'; readonly soil: Soil; readonly path: readonly string[]; readonly value: string | boolean }
  /** An item at the end of the list at `path`, with the list and the mappings on the way there when they are new. */
  | { readonly kind: 'append'; readonly soil: Soil; readonly path: readonly string[]; readonly item: Sprout }
  /** A key with its value goes. */
  | { readonly kind: 'remove'; readonly mapping: YamlMapping; readonly pair: YamlPair };

/** The operations of many edits together, by place; the last one for a place counts. */
export interface Draft {
  /** By pair or list item. */
  readonly values: ReadonlyMap<object, { readonly slot: Slot; readonly value: string | boolean }>;
  /** By collection, by pair without value, or DOCUMENT. */
  readonly growths: ReadonlyMap<object, { readonly soil: Soil; readonly content: Sprout }>;
  readonly removed: ReadonlyMap<YamlPair, YamlMapping>;
}

/** The key in `Draft.growths` of what grows in an empty document. */
export const DOCUMENT = {};

export function draftOf(operations: readonly Operation[]): Draft {
  const values = new Map<object, { slot: Slot; value: string | boolean }>();
  const growths = new Map<object, { soil: Soil; content: Sprout }>();
  const removed = new Map<YamlPair, YamlMapping>();
  const appended = new Set<string>();
  for (const operation of operations) {
    if (operation.kind === 'set') values.set(slotKey(operation.slot), operation);
    else if (operation.kind === 'remove') removed.set(operation.pair, operation.mapping);
    else {
      // Two images may want one and the same new item.
      if (operation.kind === 'append' && !addNew(appended, spell([...operation.path, operation.item]))) continue;
      const key = soilKey(operation.soil);
      const content = graft(growths.get(key)?.content, operation.path, operation);
      growths.set(key, { soil: operation.soil, content });
    }
  }
  return { values, growths, removed };
}

function addNew(seen: Set<string>, text: string): boolean {
  const size = seen.size;
  return seen.add(text).size > size;
}

function spell(content: Sprout): string {
  return JSON.stringify(content, (_, value: unknown) => (value instanceof Map ? [...value] : value));
}

export function slotKey(slot: Slot): object {
  return slot.kind === 'pair' ? slot.pair : slot.item;
}

function soilKey(soil: Soil): object {
  if (soil.kind === 'document') return DOCUMENT;
  return soil.kind === 'null' ? soil.slot.pair : soil.node;
}

type Leaf = Extract<Operation, { kind: 'put' | 'append' }>;

// Many items are appended to one list, so what was made here before is extended in place.
function graft(grown: Sprout | undefined, path: readonly string[], leaf: Leaf): Sprout {
  const [key, ...rest] = path;
  if (key !== undefined) {
    const mapping: Map<string, Sprout> = grown instanceof Map ? grown : new Map();
    return mapping.set(key, graft(mapping.get(key), rest, leaf));
  }
  if (leaf.kind === 'put') return leaf.value;
  const list: Sprout[] = Array.isArray(grown) ? grown : [];
  list.push(leaf.item);
  return list;
}
