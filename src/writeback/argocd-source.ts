import { isMap } from 'yaml';
import { openYaml, type YamlFile } from '../core/edits/yaml-file.ts';
import { type Parsed, unparsable } from '../core/parsed.ts';
import type { Edited, EditProblem, TargetFile, TargetImage, TargetKind, WantedImage } from '../core/target.ts';
import { helmParameters } from './helm-parameters.ts';
import { kustomizeOverrides } from './kustomize-overrides.ts';
import { openTarget } from './open-target.ts';
import { openList } from './override-list.ts';
import { pluginEnv } from './plugin-env.ts';

/**
 * Argo CD's override file, `.argocd-source-<app>.yaml`: `helm.parameters`, `kustomize.images` or `plugin.env`, each of
 * which takes the place of the Application's whole list. A list that is not there is made, with what the Application's
 * holds.
 */
export const argocdSource: TargetKind = {
  id: 'argocd-source',
  open: (text, path) => {
    const yaml = openTarget(parseOverrides(text ?? ''), path);
    return { read: (image) => openTool(image.tool, yaml).read(image), edit: (wanted) => edit(yaml, path, wanted) };
  },
};

function parseOverrides(text: string): Parsed<YamlFile> {
  const yaml = openYaml(text);
  if (yaml.ok && yaml.value.root && !isMap(yaml.value.root)) return unparsable('the document is not a mapping');
  return yaml;
}

function openTool(tool: TargetImage['tool'], yaml: YamlFile): TargetFile {
  if (tool === 'Plugin') return openList(pluginEnv, yaml);
  return tool === 'Helm' ? openList(helmParameters, yaml) : openList(kustomizeOverrides, yaml);
}

/** One tool after the other; as a rule all images of a file are of one. */
function edit(before: YamlFile, path: string, wanted: readonly WantedImage[]): Edited {
  const problems = new Map<number, EditProblem>();
  let yaml = before;
  for (const same of Map.groupBy(wanted.entries(), ([, { tool }]) => tool).values()) {
    const [first] = same;
    if (!first) continue;
    const edited = openTool(first[1].tool, yaml).edit(same.map(([, one]) => one));
    yaml = openTarget(parseOverrides(edited.text), path);
    for (const [index, problem] of edited.problems) {
      const original = same[index]?.[0];
      if (original !== undefined) problems.set(original, problem);
    }
  }
  return { text: yaml.text, problems };
}
