import { formatHelmTag, type ImageVersion } from '../core/image-version.ts';
import { formatImageName, type ImageName, parseImageReference, sameImage } from '../core/reference.ts';
import type { WantedImage } from '../core/target.ts';
import type { TargetKeys } from '../core/tracked-image.ts';
import { type Stated, specText, specVersion, tagVersion } from './image-texts.ts';

/** A Helm key or parameter and the text that it shall hold. */
export interface HelmEntry {
  readonly key: string;
  readonly value: string;
}

const DEFAULT_TAG = 'image.tag';
const DEFAULT_NAME = 'image.name';

/**
 * What must be written so that the keys say the wanted image; empty when they do. The name only where its key is
 * configured, or there already, and says another image; upstream writes it always.
 */
export function helmEntries({ image, keys, version }: WantedImage, stated: Stated): readonly HelmEntry[] {
  if (keys.helmSpec !== undefined) {
    const value = specText(stated(keys.helmSpec), version, (now) => nameText(now, image));
    return value === stated(keys.helmSpec) ? [] : [{ key: keys.helmSpec, value }];
  }
  const tag = { key: keys.helmTag ?? DEFAULT_TAG, value: formatHelmTag(version) };
  const nameKey = keys.helmName ?? DEFAULT_NAME;
  const name = keys.helmName !== undefined || stated(nameKey) ? nameText(stated(nameKey), image) : undefined;
  return [
    ...(stated(tag.key) === tag.value ? [] : [tag]),
    ...(name === undefined || name === stated(nameKey) ? [] : [{ key: nameKey, value: name }]),
  ];
}

/** The version that the keys state. */
export function helmVersion(keys: TargetKeys, stated: Stated): ImageVersion | undefined {
  if (keys.helmSpec !== undefined) {
    return specVersion(stated(keys.helmSpec));
  }
  return tagVersion(stated(keys.helmTag ?? DEFAULT_TAG));
}

/**
 * The name as the file should hold it: as it is there when it is this image in another spelling, or its repository
 * without the registry; without registry where the name in the file has none, for charts that keep the two apart.
 */
function nameText(now: string | undefined, image: ImageName): string {
  if (!now) return formatImageName(image);
  const reference = parseImageReference(now);
  if (reference.ok && sameImage(reference.value, image)) return now;
  const hasRegistry = reference.ok ? reference.value.registry !== '' : now.includes('.');
  return hasRegistry ? formatImageName(image) : image.repository;
}
