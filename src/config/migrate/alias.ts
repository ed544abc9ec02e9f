import type { ListedImage } from '../annotations/image-list.ts';

// What an ImageUpdater admits as an alias (reference part 1, 1.2).
const ALIAS = /^[a-zA-Z0-9][a-zA-Z0-9-._]*$/;

/**
 * An alias for each listed image, in their order, as an ImageUpdater admits them and each only once. An image without
 * an alias is called after the last part of its name; what no alias may have becomes "_", as in annotation keys.
 * @param taken aliases that would mean something else
 */
export function aliasesFor(images: readonly ListedImage[], taken: readonly string[]): readonly string[] {
  const used = new Set([...taken, ...images.flatMap(({ keyAlias }) => keyAlias ?? [])]);
  return images.map(({ keyAlias, image }) => {
    if (keyAlias !== undefined && ALIAS.test(keyAlias)) return keyAlias;
    const alias = unusedName(keyAlias ?? image.repository.slice(image.repository.lastIndexOf('/') + 1), used);
    used.add(alias);
    return alias;
  });
}

/** The name in letters that an alias may have; with `-2` and so on where that is used already. */
export function unusedName(wanted: string, used: ReadonlySet<string>): string {
  const name = wanted.replace(/[^a-zA-Z0-9-._]/g, '_').replace(/^[^a-zA-Z0-9]+/, '') || 'image';
  let alias = name;
  for (let number = 2; used.has(alias); number += 1) alias = `${name}-${number}`;
  return alias;
}
