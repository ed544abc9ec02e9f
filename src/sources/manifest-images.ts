import type { DirectoryBlock, SourceType } from '../core/applications/application.ts';
import type { Tree } from '../ports/git.ts';
import { readDirectoryImages } from './read-directory.ts';
import { readKustomizeImages } from './read-kustomize.ts';
import type { UsedImages } from './used-images.ts';

/**
 * The images that a source's folder uses, read from its files alone: neither kustomize, helm nor a plugin ever runs.
 * Charts are not rendered; see `readHelmValues` for what they are told.
 * @param path the source's folder, "" for the root
 * @param directory the source's own `directory` block
 * @throws {Failure} when the repository itself cannot be read
 */
export async function readManifestImages(
  tree: Tree,
  path: string,
  type: SourceType,
  directory: DirectoryBlock | false = false,
): Promise<UsedImages> {
  switch (type) {
    case 'Directory':
      return readDirectoryImages(tree, path, directory);
    case 'Kustomize':
      return readKustomizeImages(tree, path);
    case 'Helm':
      return { images: [], unread: ["the chart's templates, which are not rendered"] };
    case 'Plugin':
      return { images: [], unread: ['what the plugin makes'] };
    default:
      return type satisfies never;
  }
}
