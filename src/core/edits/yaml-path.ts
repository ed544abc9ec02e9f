import { isAlias, isMap, isSeq } from 'yaml';
import type { Slot, Soil } from './draft.ts';
import { isNull, type YamlFile, type YamlList, type YamlNode } from './yaml-file.ts';

/** What stands at a path of keys from the root, or the soil in which it can grow. */
type Found =
  | { readonly kind: 'node'; readonly node: YamlNode; readonly slot: Slot | undefined }
  /** `path` are the keys that are missing. */
  | { readonly kind: 'soil'; readonly soil: Soil; readonly path: readonly string[] }
  | { readonly kind: 'blocked'; readonly why: string; readonly fix: string };

/** Walks mappings by key. A null on the way, and an empty document, are soil; aliases, duplicates and scalars block. */
function findPath(file: YamlFile, path: readonly string[]): Found {
  if (!file.root) return { kind: 'soil', soil: { kind: 'document' }, path };
  let node: YamlNode = file.root;
  let slot: Slot | undefined;
  for (const [index, key] of path.entries()) {
    if (!isMap(node)) return blocked(node, path.slice(0, index));
    const found = file.lookup(node, key);
    if (found.kind === 'several') return { kind: 'blocked', ...duplicateKey(key) };
    if (found.kind === 'none') return { kind: 'soil', soil: { kind: 'mapping', node }, path: path.slice(index) };
    const here: Extract<Slot, { kind: 'pair' }> = { kind: 'pair', mapping: node, pair: found.pair };
    const { value } = found.pair;
    if (!value || isNull(value))
      return { kind: 'soil', soil: { kind: 'null', slot: here }, path: path.slice(index + 1) };
    slot = here;
    node = value;
  }
  return { kind: 'node', node, slot };
}

/** A list at a path, or the soil for one. */
export type FoundList =
  | { readonly kind: 'list'; readonly list: YamlList; readonly soil: Soil }
  | Exclude<Found, { kind: 'node' }>;

export function findList(file: YamlFile, path: readonly string[]): FoundList {
  const found = findPath(file, path);
  if (found.kind !== 'node') return found;
  if (!isSeq(found.node)) return blocked(found.node, path);
  return { kind: 'list', list: found.node, soil: { kind: 'list', node: found.node, slot: found.slot } };
}

function blocked(node: YamlNode, path: readonly string[]): Extract<Found, { kind: 'blocked' }> {
  const name = path.length === 0 ? 'the document' : path.join('.');
  if (isAlias(node)) {
    return {
      kind: 'blocked',
      why: `${name} is an alias (*${node.source})`,
      fix: `write ${name} out in place of the alias`,
    };
  }
  return { kind: 'blocked', why: `${name} holds another kind of value`, fix: `make ${name} what its tool expects` };
}

/** Why a place cannot be written, and what to do about it. */
export function duplicateKey(key: string): { readonly why: string; readonly fix: string } {
  return { why: `the key "${key}" is there twice`, fix: `remove one of the two "${key}"` };
}
