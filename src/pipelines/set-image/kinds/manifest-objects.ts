import { isMap, isSeq } from 'yaml';
import { textUnder } from '../../../core/edits/set-key.ts';
import { effectiveValue, type YamlFile, type YamlMapping, type YamlNode } from '../../../core/edits/yaml-file.ts';

/** An object of Kubernetes in a file. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** "Deployment/shop/web", without the namespace where none is written. */
  readonly name: string;
  readonly mapping: YamlMapping;
}

/** The objects of all documents of a file; those in a List come in its place. */
export function manifestObjects(yaml: YamlFile): readonly ManifestObject[] {
  return yaml.documents.flatMap((root) => objectsIn(yaml, root));
}

function objectsIn(yaml: YamlFile, node: YamlNode | null): readonly ManifestObject[] {
  const mapping = yaml.resolve(node);
  if (!isMap(mapping)) return [];
  const apiVersion = textUnder(yaml, mapping, 'apiVersion');
  const kind = textUnder(yaml, mapping, 'kind');
  if (apiVersion === undefined || kind === undefined) return [];
  const items = kind.endsWith('List') ? effectiveValue(yaml, mapping, 'items') : undefined;
  // A List holds no Lists, so that this ends.
  if (isSeq(items)) return items.items.flatMap((item) => (yaml.resolve(item) === mapping ? [] : objectsIn(yaml, item)));
  const metadata = effectiveValue(yaml, mapping, 'metadata');
  const names = ['namespace', 'name'].map((key) => (isMap(metadata) ? textUnder(yaml, metadata, key) : undefined));
  return [{ apiVersion, kind, name: [kind, ...names].filter((part) => part !== undefined).join('/'), mapping }];
}
