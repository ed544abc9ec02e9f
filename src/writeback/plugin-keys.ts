import { formatHelmTag, type ImageVersion } from '../core/image-version.ts';
import { formatImageName, type ImageName, parseImageReference, sameImage } from '../core/reference.ts';
import type { WantedImage } from '../core/target.ts';
import type { TargetKeys } from '../core/tracked-image.ts';
import { type Stated, specText, specVersion, tagVersion } from './image-texts.ts';

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
      : [{ name: pluginSpec, value: specText(stated(pluginSpec), version, (now) => nameText(now, image)) }];
  return wanted.filter(({ name, value }) => stated(name) !== value);
}

/** The version that the variables state. */
export function pluginVersion({ pluginSpec, pluginTag }: TargetKeys, stated: Stated): ImageVersion | undefined {
  if (pluginSpec !== undefined) {
    return specVersion(stated(pluginSpec));
  }
  return pluginTag === undefined ? undefined : tagVersion(stated(pluginTag));
}

function nameText(now: string | undefined, image: ImageName): string {
  const reference = now ? parseImageReference(now) : undefined;
  return now && reference?.ok && sameImage(reference.value, image) ? now : formatImageName(image);
}
