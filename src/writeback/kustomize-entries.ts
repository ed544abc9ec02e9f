import { RE2JS } from 're2js';
import { isMap } from 'yaml';
import { textUnder } from '../core/edits/set-key.ts';
import type { YamlFile, YamlList, YamlMapping } from '../core/edits/yaml-file.ts';
import type { ImageVersion } from '../core/image-version.ts';
import { versionOf } from '../core/kustomize-image.ts';
import { canonicalName, formatImageName, type ImageName, parseImageReference } from '../core/reference.ts';
import type { TargetImage } from '../core/target.ts';

/** One entry of a kustomization's `images`, as kustomize reads it: merges and aliases followed, "" as absent. */
export interface Entry {
  readonly index: number;
  readonly mapping: YamlMapping;
  /** False for an item that is an alias: what is written there is written elsewhere. */
  readonly own: boolean;
  readonly name: string;
  /** What the name matches when it is more than a name: kustomize takes it for a regular expression, and `*` for all. */
  readonly pattern: ((name: string) => boolean) | undefined;
  readonly newName: string | undefined;
  readonly newTag: string | undefined;
  readonly digest: string | undefined;
}

/**
 * What becomes of images that the manifests call `start`. Kustomize applies the entries in turn, each to what the one
 * before made of it. (kustomize 5.8.1: a tag or digest replaces both; `tagSuffix` counts only where neither is set.)
 */
export interface Chain {
  readonly start: string;
  /** The last entry that applies. */
  readonly last: Entry;
  /** The last entry that sets a tag or digest; where none does, the last one. */
  readonly decisive: Entry;
  /** The name that comes out. */
  readonly finalName: string;
}

export interface Entries {
  chainOf(start: string): Chain | undefined;
  /** The chains in which the image comes out; else those that start with it and give it another name. */
  chainsOf(image: ImageName): readonly Chain[];
}

export function readEntries(file: YamlFile, list: YamlList | undefined): Entries {
  const entries = (list?.items ?? []).flatMap((item, index): readonly Entry[] => {
    const mapping = file.resolve(item);
    return isMap(mapping) ? [readEntry(file, mapping, mapping === item, index)] : [];
  });
  const byName = Map.groupBy(entries, ({ name }) => name);
  const patterns = entries.filter(({ pattern }) => pattern);
  const chainOf = (start: string) => follow(start, byName, patterns);
  const chains = [...byName.values()].flatMap(([first]) => {
    const chain = first && !first.pattern ? chainOf(first.name) : undefined;
    return chain ? [chain] : [];
  });
  const byResult = Map.groupBy(chains, ({ finalName }) => canonicalText(finalName));
  const byStart = Map.groupBy(chains, ({ start }) => canonicalText(start));
  return {
    chainOf,
    chainsOf: (image) => byResult.get(canonicalName(image)) ?? byStart.get(canonicalName(image)) ?? [],
  };
}

function readEntry(file: YamlFile, mapping: YamlMapping, own: boolean, index: number): Entry {
  const name = textUnder(file, mapping, 'name') ?? '';
  return {
    index,
    mapping,
    own,
    name,
    pattern: patternOf(name),
    newName: textUnder(file, mapping, 'newName'),
    newTag: textUnder(file, mapping, 'newTag'),
    digest: textUnder(file, mapping, 'digest'),
  };
}

const PLAIN_NAME = /^[\w./:@-]*$/;

function patternOf(name: string): ((name: string) => boolean) | undefined {
  if (PLAIN_NAME.test(name)) return undefined;
  if (name === '*') return () => true;
  try {
    const expression = RE2JS.compile(name);
    return (text) => expression.matches(text);
  } catch {
    // Kustomize refuses the file for it, and says why; nothing matches until then.
    return () => false;
  }
}

function follow(
  start: string,
  byName: ReadonlyMap<string, readonly Entry[]>,
  patterns: readonly Entry[],
): Chain | undefined {
  let last: Entry | undefined;
  let decisive: Entry | undefined;
  let finalName = start;
  const nextEntry = () => {
    const behind = (entry: Entry) => entry.index > (last?.index ?? -1);
    const named = byName.get(finalName)?.find((entry) => behind(entry));
    const matching = patterns.find((entry) => behind(entry) && entry.pattern?.(finalName));
    return named && matching ? (named.index < matching.index ? named : matching) : (named ?? matching);
  };
  for (let entry = nextEntry(); entry; entry = nextEntry()) {
    last = entry;
    finalName = entry.newName ?? finalName;
    if (entry.newTag !== undefined || entry.digest !== undefined) decisive = entry;
  }
  return last && { start, last, decisive: decisive ?? last, finalName };
}

export function versionStated({ decisive }: Chain): ImageVersion | undefined {
  return versionOf(decisive.newTag, decisive.digest);
}

/** The canonical name of an image as it is written; what is no image name stands for itself. */
export function canonicalText(name: string): string {
  const reference = parseImageReference(name);
  return reference.ok ? canonicalName(reference.value) : name;
}

/** What a kustomization makes of one image, and the name under which a new entry must catch it, when one is missing. */
export interface Selection {
  readonly chains: readonly Chain[];
  readonly missing: string | undefined;
}

/**
 * The chains that yield the image: that of the configured name alone, where one is configured; else all of which the
 * image comes out, and that of the name that the manifests use.
 */
export function select(entries: Entries, { image, keys, usedAs }: TargetImage): Selection {
  if (keys.kustomizeName !== undefined) {
    const chain = entries.chainOf(keys.kustomizeName);
    return chain ? { chains: [chain], missing: undefined } : { chains: [], missing: keys.kustomizeName };
  }
  const chains = entries.chainsOf(image);
  const incoming = incomingName(image, usedAs);
  if (incoming === undefined) return { chains, missing: chains.length > 0 ? undefined : formatImageName(image) };
  if (chains.some(({ start }) => start === incoming)) return { chains, missing: undefined };
  const used = entries.chainOf(incoming);
  return used ? { chains: [...chains, used], missing: undefined } : { chains, missing: incoming };
}

/**
 * The name under which an image comes into the last kustomization: as the manifests write it, unless that is another
 * image's name, which a kustomization in between has replaced then.
 */
export function incomingName(image: ImageName, usedAs: string | undefined): string | undefined {
  return usedAs !== undefined && canonicalText(usedAs) === canonicalName(image) ? usedAs : undefined;
}
