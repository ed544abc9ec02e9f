import { BOUNDED } from '../core/bounded-yaml.ts';
import { isUntyped, listAt, textsAt } from '../core/untyped.ts';
import { readYamlDocuments } from '../core/yaml-documents.ts';
import { type ImageOverride, readImageOverrides } from './image-override.ts';

/** A kustomization, as far as it says which images are used. */
export interface Kustomization {
  /** `resources`, and `bases` as they were called before. */
  readonly resources: readonly string[];
  readonly components: readonly string[];
  readonly images: readonly ImageOverride[];
  /** What else could bring images and is not read, as phrases. */
  readonly unread: readonly string[];
}

/** Whatever makes resources by running something. */
const GENERATORS = ['helmCharts', 'helmChartInflationGenerator', 'generators', 'transformers'];

export function readKustomization(text: string, file: string): Kustomization {
  const [document] = readYamlDocuments(text, {}, BOUNDED);
  if (document?.ok === false) return unreadKustomization(`${file}, line ${document.line}: ${document.problem}`);
  if (!isUntyped(document?.value)) return unreadKustomization(`${file} is no kustomization`);
  const content = document.value;
  return {
    resources: [...textsAt(content, 'resources'), ...textsAt(content, 'bases')],
    components: textsAt(content, 'components'),
    images: readImageOverrides(content),
    unread: GENERATORS.filter((key) => listAt(content, key).length > 0).map((key) => `${key} of ${file}`),
  };
}

function unreadKustomization(reason: string): Kustomization {
  return { resources: [], components: [], images: [], unread: [reason] };
}
