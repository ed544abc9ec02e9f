import { isMap } from 'yaml';
import { textUnder } from '../core/edits/set-key.ts';
import type { YamlFile } from '../core/edits/yaml-file.ts';
import { KUSTOMIZATION_NAMES } from '../core/target-path.ts';
import type { FileKind } from './file-plan.ts';
import { kustomizationImages } from './kustomization-images.ts';

/** What a file is, by its name and by what it says; undefined for what can state no image. */
export function kindOfFile(path: string, yaml: YamlFile): FileKind | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (KUSTOMIZATION_NAMES.includes(name) || isKustomization(yaml)) return kustomizationImages;
  return undefined;
}

function isKustomization(yaml: YamlFile): boolean {
  const version = isMap(yaml.root) ? textUnder(yaml, yaml.root, 'apiVersion') : undefined;
  return version?.startsWith('kustomize.config.k8s.io/') ?? false;
}
