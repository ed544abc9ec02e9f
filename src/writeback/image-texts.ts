import { type ImageVersion, sameVersion } from '../core/image-version.ts';
import { formatKustomizeImage, parseKustomizeImage, versionOf } from '../core/kustomize-image.ts';

/** The text that a key, parameter or variable holds now. */
export type Stated = (key: string) => string | undefined;

/** How a target spells the image's name, where another text or nothing stands now. */
export type Spelling = (now: string | undefined) => string;

/** The version in a text that holds the whole image, `name:tag@digest`. */
export function specVersion(text: string | undefined): ImageVersion | undefined {
  const { tag, digest } = parseKustomizeImage(text ?? '');
  return versionOf(tag, digest);
}

/** The version in a text that holds it alone, `tag@digest`. */
export function tagVersion(text: string | undefined): ImageVersion | undefined {
  const [tag, ...digest] = (text ?? '').split('@');
  return versionOf(tag, digest.join('@'));
}

/** The whole image as one text; as it is there when it says the same. */
export function specText(now: string | undefined, version: ImageVersion, spell: Spelling): string {
  const { newName } = parseKustomizeImage(now ?? '');
  const name = spell(newName);
  if (now !== undefined && name === newName && sameVersion(specVersion(now), version)) return now;
  return formatKustomizeImage({ newName: name, ...version });
}
