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

/** An image override string, read once for any number of questions. */
export interface Override {
  readonly text: string;
  readonly image: KustomizeImage;
  /** Canonical name of the image that it gives. */
  readonly gives: string;
}

export function readOverride(text: string): Override {
  const image = parseKustomizeImage(text);
  return { text, image, gives: canonicalText(image.newName) };
}

/** The version that a list of image override strings, such as an Application's, states for an image. */
export function overrideVersion(texts: readonly string[], image: TargetImage): ImageVersion | undefined {
  return statedVersion(texts.map(readOverride), image);
}

export function statedVersion(overrides: readonly Override[], image: TargetImage): ImageVersion | undefined {
  for (const index of matching(overrides, image)) {
    const version = versionOf(overrides[index]?.image.tag, overrides[index]?.image.digest);
    if (version) return version;
  }
  return undefined;
}

export function changeOverrides(overrides: readonly Override[], wanted: WantedImage): OverrideChange {
  const replaced = new Map<number, string>();
  const found: KustomizeImage[] = [];
  for (const index of matching(overrides, wanted)) {
    const old = overrides[index];
    if (!old) continue;
    found.push(old.image);
    const text = formatKustomizeImage({ ...namesOf(old.image, wanted), ...wanted.version });
    if (text !== old.text) replaced.set(index, text);
  }
  return { replaced, added: isCaught(found, wanted) ? undefined : newOverride(wanted) };
}

/** The list after the change. */
export function applyOverrides(
  overrides: readonly Override[],
  { replaced, added }: OverrideChange,
): readonly Override[] {
  const list = overrides.map((override, index) => {
    const text = replaced.get(index);
    return text === undefined ? override : readOverride(text);
  });
  return added === undefined ? list : [...list, readOverride(added)];
}

/**
 * Entries that mean the image, by index: with a configured name those for that name, else those without a name of
 * their own that give the image; without one those that give the image, else those that give it another name.
 * The registry counts, which upstream does not look at.
 */
function matching(overrides: readonly Override[], { image, keys }: TargetImage): readonly number[] {
  const wanted = canonicalName(image);
  const where = (test: (override: Override) => boolean) =>
    overrides.flatMap((override, index) => (test(override) ? [index] : []));
  if (keys.kustomizeName !== undefined) {
    const named = where((override) => override.image.name === keys.kustomizeName);
    return named.length > 0
      ? named
      : where((override) => override.image.name === undefined && override.gives === wanted);
  }
  const giving = where(({ gives }) => gives === wanted);
  if (giving.length > 0) return giving;
  return where((override) => override.image.name !== undefined && canonicalText(override.image.name) === wanted);
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
