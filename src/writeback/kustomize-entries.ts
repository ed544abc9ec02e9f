import { RE2JS } from 're2js';
import { isMap } from 'yaml';
import { textUnder } from '../core/edits/set-key.ts';
import type { YamlFile, YamlList, YamlMapping } from '../core/edits/yaml-file.ts';
import type { ImageVersion } from '../core/image-version.ts';
import { isPlainName, versionOf } from '../core/kustomize-image.ts';
import { canonicalName, formatImageName, type ImageName, parseImageReference } from '../core/reference.ts';
import type { TargetImage } from '../core/target.ts';

/** One entry of a kustomization's `images`, as kustomize reads it: merges and aliases followed, "" as absent. */
export interface Entry {
  readonly index: number;
  readonly mapping: YamlMapping;
  /** False for an item that is an alias: what is written there is written elsewhere. */
  readonly own: boolean;
  readonly name: string;
  readonly newName: string | undefined;
  readonly newTag: string | undefined;
  readonly digest: string | undefined;
  readonly tagSuffix: string | undefined;
}

/**
 * What becomes of images that the manifests call `start`. Kustomize applies the entries in turn, each to what the one
 * before made of it. (kustomize 5.8.1: a tag or digest replaces both; `tagSuffix` counts only where neither is set.)
 */
export interface Chain {
  readonly start: string;
  /** The last entry that applies. */
  readonly last: Entry;
  /** The last entry that sets a tag or digest, or puts a suffix on one; where none does, the last one. */
  readonly decisive: Entry;
  /** The name that comes out. */
  readonly finalName: string;
}

export interface Entries {
  chainOf(start: string): Chain | undefined;
  /** The chains in which the image comes out; else those that start with it and give it another name. */
  chainsOf(image: ImageName): readonly Chain[];
  /**
   * The entry that is for a whole class of names and has the last word on one of these: one with a new name anywhere,
   * one with a version behind `index`.
   */
  patternOver(names: readonly string[], index: number): Entry | undefined;
}

export function readEntries(file: YamlFile, list: YamlList | undefined): Entries {
  const entries = (list?.items ?? []).flatMap((item, index): readonly Entry[] => {
    const mapping = file.resolve(item);
    return isMap(mapping) ? [readEntry(file, mapping, mapping === item, index)] : [];
  });
  const chains = followAll(entries.filter(({ name }) => isPlainName(name)));
  const patterns = entries.filter(({ name }) => !isPlainName(name));
  const byResult = Map.groupBy(chains.values(), ({ finalName }) => canonicalText(finalName));
  const byStart = Map.groupBy(chains.values(), ({ start }) => canonicalText(start));
  return {
    chainOf: (start) => chains.get(start),
    chainsOf: (image) => byResult.get(canonicalName(image)) ?? byStart.get(canonicalName(image)) ?? [],
    patternOver: (names, index) =>
      patterns.find((entry) => (entry.newName || entry.index > index) && names.some((name) => matches(entry, name))),
  };
}

function readEntry(file: YamlFile, mapping: YamlMapping, own: boolean, index: number): Entry {
  return {
    index,
    mapping,
    own,
    name: textUnder(file, mapping, 'name') ?? '',
    newName: textUnder(file, mapping, 'newName'),
    newTag: textUnder(file, mapping, 'newTag'),
    digest: textUnder(file, mapping, 'digest'),
    tagSuffix: textUnder(file, mapping, 'tagSuffix'),
  };
}

/** From the last entry to the first, so that what follows an entry is known when it is met. */
function followAll(entries: readonly Entry[]): ReadonlyMap<string, Chain> {
  const behind = new Map<string, Chain>();
  for (const entry of entries.toReversed()) {
    const result = entry.newName ?? entry.name;
    const rest = behind.get(result);
    const isLastWord = !rest || (setsVersion(entry) && !setsVersion(rest.decisive));
    behind.set(entry.name, {
      start: entry.name,
      last: rest?.last ?? entry,
      decisive: isLastWord ? entry : rest.decisive,
      finalName: rest?.finalName ?? result,
    });
  }
  return behind;
}

/** A suffix alone is put on whatever version came before. */
function setsVersion({ newTag, digest, tagSuffix }: Entry): boolean {
  return newTag !== undefined || digest !== undefined || tagSuffix !== undefined;
}

function matches({ name: pattern }: Entry, name: string): boolean {
  if (pattern === '*') return true;
  try {
    return RE2JS.compile(pattern).matches(name);
  } catch {
    // Kustomize refuses the file for it, and says why; nothing matches until then.
    return false;
  }
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
