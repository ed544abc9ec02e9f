import type { ImageVersion } from '../core/image-version.ts';
import { formatKustomizeImage, type KustomizeImage, parseKustomizeImage, versionOf } from '../core/kustomize-image.ts';
import { canonicalName, formatImageName } from '../core/reference.ts';
import type { TargetImage, WantedImage } from '../core/target.ts';
import { canonicalText, incomingName } from './kustomize-entries.ts';

/** What to do with a list of image override strings so that it says a wanted image. */
export interface OverrideChange {
  /** New texts by index; only those that change. */
  readonly replaced: ReadonlyMap<number, string>;
  readonly added: string | undefined;
}

/** The version that a list of image override strings states for an image. */
export function overrideVersion(overrides: readonly string[], image: TargetImage): ImageVersion | undefined {
  const parsed = overrides.map(parseKustomizeImage);
  for (const index of matching(parsed, image)) {
    const version = versionOf(parsed[index]?.tag, parsed[index]?.digest);
    if (version) return version;
  }
  return undefined;
}

export function changeOverrides(overrides: readonly string[], wanted: WantedImage): OverrideChange {
  const parsed = overrides.map(parseKustomizeImage);
  const replaced = new Map<number, string>();
  const matches = matching(parsed, wanted);
  for (const index of matches) {
    const old = parsed[index];
    const text = old && formatKustomizeImage({ ...namesOf(old, wanted), ...wanted.version });
    if (text !== undefined && text !== overrides[index]) replaced.set(index, text);
  }
  const found = matches.flatMap((index) => parsed[index] ?? []);
  return { replaced, added: isCaught(found, wanted) ? undefined : newOverride(wanted) };
}

/** The list after the change. */
export function applyOverrides(overrides: readonly string[], { replaced, added }: OverrideChange): readonly string[] {
  const texts = overrides.map((text, index) => replaced.get(index) ?? text);
  return added === undefined ? texts : [...texts, added];
}

/**
 * Entries that mean the image, by index: with a configured name those for that name, else those without a name of
 * their own that give the image; without one those that give the image, else those that give it another name.
 * The registry counts, which upstream does not look at.
 */
function matching(overrides: readonly KustomizeImage[], { image, keys }: TargetImage): readonly number[] {
  const wanted = canonicalName(image);
  const where = (test: (override: KustomizeImage) => boolean) =>
    overrides.flatMap((override, index) => (test(override) ? [index] : []));
  const gives = (override: KustomizeImage) => canonicalText(override.newName) === wanted;
  if (keys.kustomizeName !== undefined) {
    const named = where(({ name }) => name === keys.kustomizeName);
    return named.length > 0 ? named : where((override) => override.name === undefined && gives(override));
  }
  const giving = where(gives);
  if (giving.length > 0) return giving;
  return where(({ name }) => name !== undefined && canonicalText(name) === wanted);
}

/** Spellings stay as they are, except where a configured name asks for the image itself. */
function namesOf({ name, newName }: KustomizeImage, { image, keys }: WantedImage): KustomizeImage {
  if (keys.kustomizeName === undefined) return name === undefined ? { newName } : { name, newName };
  const isImage = canonicalText(newName) === canonicalName(image);
  return { name: keys.kustomizeName, newName: isImage ? newName : formatImageName(image) };
}

/** Whether the entries catch the image under the name that the manifests use. */
function isCaught(found: readonly KustomizeImage[], { image, keys, usedAs }: WantedImage): boolean {
  const incoming = keys.kustomizeName === undefined ? incomingName(image, usedAs) : undefined;
  if (incoming === undefined) return found.length > 0;
  return found.some(({ name, newName }) => (name ?? newName) === incoming);
}

function newOverride({ image, keys, usedAs, version }: WantedImage): string {
  const full = formatImageName(image);
  const { kustomizeName } = keys;
  const names =
    kustomizeName === undefined
      ? { newName: incomingName(image, usedAs) ?? full }
      : { name: kustomizeName, newName: full };
  return formatKustomizeImage({ ...names, ...version });
}
