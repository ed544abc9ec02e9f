import type { Source, SourceType } from '../core/applications/application.ts';
import { KUSTOMIZATION_NAMES } from '../core/target-path.ts';
import type { Tree } from '../ports/git.ts';
import { indexOf, inFolder } from './tree-index.ts';

/** The type that a source states by one of its tool blocks; a chart is one without a block. */
export function statedType(source: Source): SourceType | undefined {
  if (source.chart !== undefined || source.helm) return 'Helm';
  if (source.kustomize) return 'Kustomize';
  if (source.plugin) return 'Plugin';
  return source.directory ? 'Directory' : undefined;
}

/**
 * What Argo CD takes a source for: what it states, else what lies in its folder. Plugins that discover their folders
 * on their own are not known here.
 * @see Argo CD, "Tool detection"
 */
export function detectSourceType(source: Source, tree: Tree): SourceType {
  const stated = statedType(source);
  if (stated) return stated;
  const { isFile } = indexOf(tree);
  const has = (name: string): boolean => isFile(inFolder(source.path ?? '', name));
  // A folder with both is a Kustomize folder to Argo CD, against what its documentation says.
  if (KUSTOMIZATION_NAMES.some(has)) return 'Kustomize';
  return has('Chart.yaml') ? 'Helm' : 'Directory';
}
