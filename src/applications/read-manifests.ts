import type { Problem } from '../core/failure.ts';
import type { FieldPath } from '../core/field-path.ts';
import type { Origin } from '../core/origin.ts';
import { isUntyped, listAt, textAt, type Untyped } from '../core/untyped.ts';
import { readYamlDocuments, type YamlDocument } from '../core/yaml-documents.ts';
import { yamlPositions } from '../core/yaml-positions.ts';
import type { Input } from './read-inputs.ts';

/** One object of a text, lists taken apart. */
export interface Manifest {
  /** "apps/shop.yaml", "apps/all.yaml:12" in a file of several documents, "apps/all.yaml items[3]" in a list. */
  readonly place: string;
  /** "group/Kind", the group "" for the core: "argoproj.io/Application", "/Secret". */
  readonly groupKind: string;
  readonly object: Untyped;
  readonly origin: Origin;
}

export interface Manifests {
  readonly manifests: readonly Manifest[];
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const OURS = /kind["']?\s*:\s*["']?(?:Application|ImageUpdater)\b/;

/**
 * Every object of one text, whatever its kind. A document that does not parse hides no other one; it is a failure when
 * the text itself was given or seems to hold an object of ours, which would go unnoticed otherwise. It is a warning when
 * a folder holds it and it is none of ours, and when it is a template that nobody has rendered.
 */
export function readManifests({ place, text, isNamed }: Input): Manifests {
  const documents = readYamlDocuments(text, { below: 'valuesObject', kinds: ['ImageUpdater'] });
  const positions = yamlPositions(text);
  const manifests = documents.flatMap((document, index) => {
    if (!document.ok) return [];
    const where = { place: documents.length === 1 ? place : `${place}:${document.line}`, path: [] };
    return flatten(where, document.value, (path) => {
      return { file: place, positionOf: (field) => positions(index, [...path, ...field]) };
    });
  });
  const broken = documents.filter((document) => !document.ok).map((document) => notYaml(place, document, text));
  const isFailure = (isNamed || OURS.test(text)) && !isTemplate(text);
  return { manifests, failures: isFailure ? broken : [], warnings: isFailure ? [] : broken };
}

/** Whether a text is one that Helm, or anything else of Go's templates, still has to fill in. */
export function isTemplate(text: string): boolean {
  return text.includes('{{');
}

/** Where an object is: as a person knows it, and from its document's root. */
interface Where {
  readonly place: string;
  readonly path: FieldPath;
}

/** `kind: List`, `kind: ApplicationList` and the like, nested too, as the objects in them. */
function flatten({ place, path }: Where, value: unknown, originAt: (path: FieldPath) => Origin): readonly Manifest[] {
  if (!isUntyped(value)) return [];
  const kind = textAt(value, 'kind') ?? '';
  if (kind.endsWith('List') && Array.isArray(value['items'])) {
    return listAt(value, 'items').flatMap((item, index) =>
      flatten({ place: `${place} items[${index}]`, path: [...path, 'items', index] }, item, originAt),
    );
  }
  const apiVersion = textAt(value, 'apiVersion') ?? '';
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return [{ place, groupKind: `${group}/${kind}`, object: value, origin: originAt(path) }];
}

function notYaml(place: string, document: YamlDocument & { readonly ok: false }, text: string): Problem {
  const { line, column, problem } = document;
  return {
    code: 'INPUT_UNREADABLE',
    object: place,
    message: `is not YAML at line ${line}, column ${column}: ${problem}`,
    fix: isTemplate(text)
      ? 'give what its template renders to instead: helm template ... | tiphys plan -f -'
      : 'correct the file',
    location: { origin: { file: place, positionOf: () => ({ line, column }) }, path: [] },
  };
}
