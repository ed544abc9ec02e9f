import { isMap, isSeq } from 'yaml';
import {
  allOf,
  type Editor,
  editText,
  type Planned,
  parseForEdit,
  planned,
  refused,
} from '../../../core/edits/edit-text.ts';
import { setPath } from '../../../core/edits/key-path.ts';
import {
  effectivePlace,
  effectiveValue,
  openYaml,
  scalarText,
  type YamlFile,
  type YamlMapping,
} from '../../../core/edits/yaml-file.ts';
import { readParameters, setParameter } from '../../../writeback/helm-parameters.ts';
import type { KeyEdit } from './key-edits.ts';
import { imageKeys, type StatedKey, statedAt } from './value-places.ts';

/** One of the places where Argo CD takes Helm values from. */
export interface HelmLayer {
  /** Below the source: "helm.parameters". */
  readonly path: string;
  stated(key: string): string | undefined;
  set(edits: readonly KeyEdit[]): Planned;
  /** What is there, for whoever looked for something else. */
  readonly present: readonly StatedKey[];
}

/**
 * The layers of a source's `helm` block, strongest first: to Argo CD parameters win over values, and `values` counts only
 * without a `valuesObject`.
 */
export function helmLayers(yaml: YamlFile, source: YamlMapping): readonly HelmLayer[] {
  const helm = effectiveValue(yaml, source, 'helm');
  if (!isMap(helm)) return [];
  const layers = [parametersLayer(yaml, helm), objectLayer(yaml, helm) ?? textLayer(yaml, helm)];
  return layers.filter((layer) => layer !== undefined);
}

function parametersLayer(yaml: YamlFile, helm: YamlMapping): HelmLayer | undefined {
  const list = effectiveValue(yaml, helm, 'parameters');
  if (!isSeq(list)) return undefined;
  const parameters = readParameters(yaml, list);
  return {
    path: 'helm.parameters',
    stated: (key) => parameters.get(key)?.value,
    set: (edits) =>
      allOf(
        edits.map(({ key, to }) => {
          const parameter = parameters.get(key);
          if (!parameter || parameter.value === to) return planned([]);
          return setParameter(parameter, { key, value: to }, 'forceString');
        }),
      ),
    present: [...parameters].map(([key, { value }]) => ({ key, text: value })),
  };
}

function objectLayer(yaml: YamlFile, helm: YamlMapping): HelmLayer | undefined {
  const root = effectiveValue(yaml, helm, 'valuesObject');
  // The same file, seen from there.
  return isMap(root) ? valuesLayer('helm.valuesObject', { ...yaml, root }) : undefined;
}

/** Values, by their keys. @param path  empty for those of a file of their own */
export function valuesLayer(path: string, yaml: YamlFile): HelmLayer {
  return {
    path,
    stated: (key) => statedAt(yaml, key),
    set: (edits) => allOf(edits.map(({ key, to }) => setPath(yaml, key, to))),
    present: imageKeys(yaml),
  };
}

/** Values as a text inside the file, which is edited as a file of its own. */
function textLayer(yaml: YamlFile, helm: YamlMapping): HelmLayer | undefined {
  const place = effectivePlace(yaml, helm, 'values');
  const text = place && scalarText(yaml.resolve(place.pair.value));
  const inner = text === undefined ? undefined : openYaml(text);
  if (!place || !inner?.ok || !isMap(inner.value.root)) return undefined;
  const layer = valuesLayer('helm.values', inner.value);
  return {
    ...layer,
    set: (edits) => {
      const plan = layer.set(edits);
      if (!plan.ok || plan.operations.length === 0) return plan;
      const edited = editText(valuesEditor, { yaml: inner.value }, [edits]);
      const problem = edited.problems.get(0);
      if (problem) return refused(`in helm.values: ${problem.message}`, problem.fix);
      return planned([{ kind: 'set', slot: { kind: 'pair', ...place }, value: edited.text }]);
    },
  };
}

const valuesEditor: Editor<{ readonly yaml: YamlFile }, readonly KeyEdit[]> = {
  parse: parseForEdit,
  plan: ({ yaml }, edits) => valuesLayer('helm.values', yaml).set(edits),
  says: ({ yaml }, edits) => edits.every(({ key, to }) => statedAt(yaml, key) === to),
};
