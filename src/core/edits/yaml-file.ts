import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { BOUNDED, composeYaml, TooManyParts, type YamlBounds } from '../bounded-yaml.ts';
import { type Parsed, parsed, unparsable } from '../parsed.ts';

export type YamlNode = ParsedNode;
export type YamlMapping = YAMLMap.Parsed;
export type YamlList = YAMLSeq.Parsed;
export type YamlPair = Pair<ParsedNode, ParsedNode | null>;

/** What a mapping holds under a key. `several` is a duplicate key, of which readers choose different ones. */
type Lookup =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly pair: YamlPair }
  | { readonly kind: 'several' };

/**
 * A YAML text, parsed to find places in it and never to print it. Kustomize, Helm and Argo CD read the first document
 * of a file; so does this. Offsets are UTF-16 code units.
 */
export interface YamlFile {
  readonly text: string;
  /** The first document's content; undefined when it is empty. */
  readonly root: YamlNode | undefined;
  /** The contents of all documents, for comparisons. */
  readonly documents: readonly (YamlNode | null)[];
  /** By the key's text: `1` and `"1"` are the same key. */
  lookup(mapping: YamlMapping, key: string): Lookup;
  /** What an alias stands for; any other node is itself. Undefined for an alias without anchor. */
  resolve(node: YamlNode | null): YamlNode | undefined;
  /** The aliases that stand for this very node. */
  aliasesOf(node: YamlNode): readonly Alias.Parsed[];
}

/** @returns a problem that names the line and the kind of error, and never quotes the text */
export function openYaml(text: string, bounds: YamlBounds = { lexemes: BOUNDED.lexemes }): Parsed<YamlFile> {
  try {
    const options = { keepSourceTokens: true, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;
    const documents = composeYaml(text, options, bounds);
    const error = documents.flatMap((document) => document.errors)[0];
    if (error)
      return unparsable(`line ${lineOf(text, error.pos[0])}: ${error.code.toLowerCase().replaceAll('_', ' ')}`);
    return parsed(
      fileOf(
        text,
        documents.map(({ contents }) => contents),
      ),
    );
  } catch (error) {
    if (error instanceof TooManyParts) return unparsable(error.message);
    if (error instanceof RangeError) return unparsable('nested too deeply');
    throw error;
  }
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function fileOf(text: string, documents: readonly (YamlNode | null)[]): YamlFile {
  const [first] = documents;
  const keys = new Map<YamlMapping, ReadonlyMap<string, readonly YamlPair[]>>();
  const anchors = text.includes('*') ? anchorsOf(documents) : NO_ANCHORS;
  return {
    text,
    root: first === undefined || isEmpty(first) ? undefined : (first ?? undefined),
    documents,
    lookup: (mapping, key) => {
      const [pair, second] = keys.getOrInsertComputed(mapping, indexPairs).get(key) ?? [];
      if (!pair) return { kind: 'none' };
      return second ? { kind: 'several' } : { kind: 'one', pair };
    },
    resolve: (node) => (isAlias(node) ? anchors.targets.get(node) : (node ?? undefined)),
    aliasesOf: (node) => anchors.users.get(node) ?? [],
  };
}

function indexPairs(mapping: YamlMapping): ReadonlyMap<string, readonly YamlPair[]> {
  return Map.groupBy(mapping.items, (pair) => keyText(pair) ?? '');
}

/** A key's text; undefined for the keys that are no scalars. */
export function keyText(pair: YamlPair): string | undefined {
  return isScalar(pair.key) ? (scalarText(pair.key) ?? '') : undefined;
}

/** A scalar's text: `1.10` is "1.10" whatever its type; undefined for null and for what is no scalar. */
export function scalarText(node: YamlNode | null | undefined): string | undefined {
  if (!isScalar(node) || node.value === null || node.value === undefined) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

/** Whether nothing is written: `key:` and an empty document, but not `~`. */
export function isEmpty(node: YamlNode | null): boolean {
  return node === null || (isScalar(node) && node.value === null && node.range[0] === node.range[1]);
}

/** Whether a value is null, written or not. */
export function isNull(node: YamlNode | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

interface Anchors {
  readonly targets: ReadonlyMap<Alias.Parsed, YamlNode>;
  readonly users: ReadonlyMap<YamlNode, readonly Alias.Parsed[]>;
}

const NO_ANCHORS: Anchors = { targets: new Map(), users: new Map() };

/** An anchor may be given again; an alias stands for the last one before it (YAML 1.2.2, 3.2.2.2). */
function anchorsOf(documents: readonly (YamlNode | null)[]): Anchors {
  const targets = new Map<Alias.Parsed, YamlNode>();
  const users = new Map<YamlNode, Alias.Parsed[]>();
  for (const contents of documents) {
    const named = new Map<string, YamlNode>();
    walk(contents, (node) => {
      if (!isAlias(node)) {
        if (node.anchor) named.set(node.anchor, node);
        return;
      }
      const target = named.get(node.source);
      if (!target) return;
      targets.set(node, target);
      users.getOrInsertComputed(target, () => []).push(node);
    });
  }
  return { targets, users };
}

/** Every node in the order of the text, a collection before what it holds. */
function walk(node: YamlNode | null, visit: (node: YamlNode) => void): void {
  if (!node) return;
  visit(node);
  if (isSeq(node)) for (const item of node.items) walk(item, visit);
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    walk(key, visit);
    walk(value, visit);
  }
}

/** Mappings that one look-up may visit; a hostile file can chain them without end. */
const MAX_MERGES = 100;

/** A key with its value, and the mapping that it is written in. */
export interface PairPlace {
  readonly mapping: YamlMapping;
  readonly pair: YamlPair;
}

/**
 * The value that readers find under `key`: the mapping's own, else that of the mappings merged by `<<` (YAML 1.1),
 * of which the first wins. Aliases are followed. Undefined when there is none or when the key is there twice.
 */
export function effectiveValue(file: YamlFile, mapping: YamlMapping, key: string): YamlNode | undefined {
  const place = effectivePlace(file, mapping, key);
  return place && file.resolve(place.pair.value);
}

/** Where that value is written. */
export function effectivePlace(file: YamlFile, mapping: YamlMapping, key: string): PairPlace | undefined {
  return placeWithMerges(file, mapping, key, new Set());
}

function placeWithMerges(
  file: YamlFile,
  mapping: YamlMapping,
  key: string,
  seen: Set<YamlMapping>,
): PairPlace | undefined {
  if (seen.has(mapping) || seen.size === MAX_MERGES) return undefined;
  seen.add(mapping);
  const own = file.lookup(mapping, key);
  if (own.kind === 'several') return undefined;
  if (own.kind === 'one') return { mapping, pair: own.pair };
  for (const merged of mergedInto(file, mapping)) {
    const place = placeWithMerges(file, merged, key, seen);
    if (place) return place;
  }
  return undefined;
}

function mergedInto(file: YamlFile, mapping: YamlMapping): readonly YamlMapping[] {
  const merge = file.lookup(mapping, '<<');
  if (merge.kind !== 'one') return [];
  const value = file.resolve(merge.pair.value);
  const sources = isSeq(value) ? value.items.map((item) => file.resolve(item)) : [value];
  return sources.filter((source) => isMap(source));
}
