import { parseKustomizeImage } from '../core/kustomize-image.ts';
import { type ImageReference, parseImageReference } from '../core/reference.ts';

/** An image that something in the tree runs. */
export interface UsedImage {
  /** What comes out in the end, after every override on the way. */
  readonly reference: ImageReference;
  /** The image's name as its manifest writes it, which is the name that a kustomization's entry must have. */
  readonly written: string;
  /** The manifest that holds it. */
  readonly file: string;
}

export interface UsedImages {
  readonly images: readonly UsedImage[];
  /** What could use images too but cannot be read here, each as a phrase: "remote base https://...". */
  readonly unread: readonly string[];
}

/** An image on its way from its manifest through the kustomizations above it. */
export interface FoundImage {
  readonly text: string;
  readonly written: string;
  readonly file: string;
}

export function foundImage(text: string, file: string): FoundImage {
  return { text, written: parseKustomizeImage(text).newName, file };
}

/** The same image in the same file once, in the order met. */
export function distinct(images: readonly FoundImage[]): readonly FoundImage[] {
  return [...new Map(images.map((image) => [JSON.stringify(image), image])).values()];
}

/** Images whose text is a reference; variables that something else fills in later are none. */
export function asUsed(images: readonly FoundImage[]): readonly UsedImage[] {
  return distinct(images).flatMap(({ text, written, file }) => {
    const reference = parseImageReference(text);
    return reference.ok ? [{ reference: reference.value, written, file }] : [];
  });
}
