import { BOUNDED } from '../core/bounded-yaml.ts';
import { decodeText } from '../core/edits/text-file.ts';
import { Failure } from '../core/failure.ts';
import { readYamlDocuments } from '../core/yaml-documents.ts';
import type { Tree } from '../ports/git.ts';
import { containerImages } from './container-images.ts';
import { type FoundImage, foundImage } from './used-images.ts';

/** A file's text, or why there is none, as a phrase for `UsedImages.unread`. */
export type FileText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unread'; readonly reason: string };

/**
 * A file that is only looked at: one that is too large, or a link that leads out, is no reason to give up the rest.
 * @throws {Failure} when the repository itself cannot be read
 */
export async function readFileText(tree: Tree, path: string): Promise<FileText> {
  try {
    const bytes = await tree.read(path);
    if (bytes === undefined) return { kind: 'missing' };
    const text = decodeText(bytes);
    return text.ok ? { kind: 'text', text: text.value } : { kind: 'unread', reason: `${path}: ${text.problem}` };
  } catch (error) {
    if (!(error instanceof Failure) || !error.code.startsWith('TARGET_')) throw error;
    return { kind: 'unread', reason: `${path}: ${error.message}` };
  }
}

/** What a manifest file says: the images of its containers, and the documents that could not be read. */
export interface ManifestImages {
  readonly images: readonly FoundImage[];
  readonly unread: readonly string[];
}

export function manifestImages(text: string, file: string): ManifestImages {
  // Most files of a large repository run nothing, and parsing is what costs.
  if (!text.includes('image')) return { images: [], unread: [] };
  const documents = readYamlDocuments(text, {}, BOUNDED);
  return {
    images: documents
      .flatMap((document) => (document.ok ? [...containerImages(document.value)] : []))
      .map((image) => foundImage(image, file)),
    unread: documents.flatMap((document) =>
      document.ok ? [] : [`${file}, line ${document.line}: ${document.problem}`],
    ),
  };
}
