import { formatHelmTag, type ImageVersion, sameVersion } from '../core/image-version.ts';
import { formatKustomizeImage, parseKustomizeImage, versionOf } from '../core/kustomize-image.ts';
import { formatImageName, type ImageName, parseImageReference, sameImage } from '../core/reference.ts';
import type { WantedImage } from '../core/target.ts';
import type { TargetKeys } from '../core/tracked-image.ts';

/** The text that a variable holds now. */
type Stated = (name: string) => string | undefined;

/**
 * What must be written so that a plugin's variables say the wanted image; empty when they do. Only variables that are
 * configured: a plugin knows no defaults. The name is written in full, unless it is there in another spelling.
 */
export function pluginVariables(
  { image, keys, version }: WantedImage,
  stated: Stated,
): readonly { readonly name: string; readonly value: string }[] {
  const { pluginSpec, pluginName, pluginTag } = keys;
  const wanted =
    pluginSpec === undefined
      ? [
          ...(pluginName === undefined ? [] : [{ name: pluginName, value: nameText(stated(pluginName), image) }]),
          ...(pluginTag === undefined ? [] : [{ name: pluginTag, value: formatHelmTag(version) }]),
        ]
      : [{ name: pluginSpec, value: specText(stated(pluginSpec), image, version) }];
  return wanted.filter(({ name, value }) => stated(name) !== value);
}

/** The version that the variables state. */
export function pluginVersion({ pluginSpec, pluginTag }: TargetKeys, stated: Stated): ImageVersion | undefined {
  if (pluginSpec !== undefined) {
    const { tag, digest } = parseKustomizeImage(stated(pluginSpec) ?? '');
    return versionOf(tag, digest);
  }
  const [tag, ...digest] = (pluginTag === undefined ? undefined : stated(pluginTag))?.split('@') ?? [];
  return versionOf(tag, digest.join('@'));
}

function specText(now: string | undefined, image: ImageName, version: ImageVersion): string {
  const { newName, tag, digest } = parseKustomizeImage(now ?? '');
  const name = nameText(newName, image);
  if (now !== undefined && name === newName && sameVersion(versionOf(tag, digest), version)) return now;
  return formatKustomizeImage({ newName: name, ...version });
}

function nameText(now: string | undefined, image: ImageName): string {
  const reference = now ? parseImageReference(now) : undefined;
  return now && reference?.ok && sameImage(reference.value, image) ? now : formatImageName(image);
}
