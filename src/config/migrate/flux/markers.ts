import { type Document, isMap, isPair, isSeq, type Scalar, visit } from 'yaml';
import type { FieldPath } from '../../../core/field-path.ts';
import { parseYamlDocuments } from '../../../core/yaml-documents.ts';

/** A file among the input. */
export interface GivenFile {
  readonly place: string;
  readonly text: string;
}

/** A value that Flux writes: `tag: 1.0.0 # {"$imagepolicy": "flux-system:podinfo:tag"}`. */
export interface Marker {
  readonly file: string;
  readonly line: number;
  readonly policy: { readonly namespace: string; readonly name: string };
  readonly part: 'image' | 'tag' | 'name' | 'digest';
  readonly path: FieldPath;
  /** The kind of the manifest that it stands in; undefined in a plain file of values. */
  readonly kind: string | undefined;
  /** The name of the image that it stands at, in a kustomization. */
  readonly entry: string | undefined;
}

const MARKER = /\{\s*"\$imagepolicy"\s*:\s*"([^":\s]+):([^":\s]+)(?::(tag|name|digest))?"\s*\}/;

/** Every marker of a file, and how many more there are that stand behind no value. */
export function findMarkers({ place, text }: GivenFile): {
  readonly markers: readonly Marker[];
  readonly lost: number;
} {
  const written = [...text.matchAll(new RegExp(MARKER, 'g'))].length;
  if (written === 0) return { markers: [], lost: 0 };
  const markers = readMarkers(place, text);
  return { markers, lost: written - markers.length };
}

function readMarkers(place: string, text: string): readonly Marker[] {
  try {
    const { documents, lines } = parseYamlDocuments(text);
    return documents.flatMap((document) => {
      const kind = kindOf(document);
      return markedScalars(document).flatMap(({ scalar, path }): Marker[] => {
        const [, namespace = '', name = '', part] = MARKER.exec(scalar.comment ?? '') ?? [];
        const { line } = lines.linePos(scalar.range?.[0] ?? 0);
        const marked = part === 'tag' || part === 'name' || part === 'digest' ? part : 'image';
        const entry = entryName(document, path);
        return [{ file: place, line, policy: { namespace, name }, part: marked, path, kind, entry }];
      });
    });
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

interface MarkedScalar {
  readonly scalar: Scalar;
  readonly path: FieldPath;
}

function markedScalars(document: Document.Parsed): readonly MarkedScalar[] {
  const found: MarkedScalar[] = [];
  visit(document, {
    Scalar(key, scalar, ancestors) {
      if (key === 'key' || !MARKER.test(scalar.comment ?? '')) return;
      found.push({ scalar, path: pathOf([...ancestors, scalar]) });
    },
  });
  return found;
}

function pathOf(nodes: readonly unknown[]): FieldPath {
  return nodes.flatMap((node, index): (string | number)[] => {
    if (isPair(node)) return [String(node.key)];
    return isSeq(node) ? [node.items.indexOf(nodes[index + 1])] : [];
  });
}

function kindOf({ contents }: Document.Parsed): string | undefined {
  const kind = isMap(contents) ? contents.get('kind') : undefined;
  return typeof kind === 'string' ? kind : undefined;
}

function entryName({ contents }: Document.Parsed, [images, index]: FieldPath): string | undefined {
  if (images !== 'images' || index === undefined || !isMap(contents)) return undefined;
  const name = contents.getIn([images, index, 'name']);
  return typeof name === 'string' ? name : undefined;
}
