import { isPlainName } from '../../core/kustomize-image.ts';
import type { ImageArgument } from './image-argument.ts';

/** Whether an image's name, without tag and digest, is what an argument is for. */
export type NameMatch = (argument: ImageArgument, imageName: string) => boolean;

/**
 * How kustomize finds the images of manifests that an entry is for: by the whole name, spelled the same. Here an image
 * counts, too, that has the argument's new name already, so that the next build finds what the last one has set.
 */
export async function nameMatch(images: readonly ImageArgument[]): Promise<NameMatch> {
  const patterns = await patternsOf(images.map(({ name }) => name).filter((name) => !isPlainName(name)));
  return ({ name, parts }, imageName) =>
    imageName === name || imageName === parts.newName || (patterns.get(name)?.(imageName) ?? false);
}

type Pattern = (imageName: string) => boolean;

/** The library for expressions is loaded only where there is one. */
async function patternsOf(names: readonly string[]): Promise<ReadonlyMap<string, Pattern>> {
  const patterns = new Map<string, Pattern>(names.includes('*') ? [['*', () => true]] : []);
  const expressions = names.filter((name) => name !== '*');
  if (expressions.length === 0) return patterns;
  const { RE2JS, RE2JSSyntaxException } = await import('re2js');
  for (const text of expressions) {
    try {
      const expression = RE2JS.compile(text);
      patterns.set(text, (imageName) => expression.matches(imageName));
    } catch (error) {
      // What is no expression is a name that no image has.
      if (!(error instanceof RE2JSSyntaxException)) throw error;
    }
  }
  return patterns;
}
