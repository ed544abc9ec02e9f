import type { Sprout } from '../core/edits/draft.ts';
import { allOf, type Planned, planned } from '../core/edits/edit-text.ts';
import { scalarText, type YamlFile, type YamlList } from '../core/edits/yaml-file.ts';
import type { WantedImage } from '../core/target.ts';
import type { OverrideList } from './override-list.ts';
import { applyOverrides, changeOverrides, type Override, readOverride, statedVersion } from './overrides.ts';

/** `kustomize.images`: image override strings. */
export const kustomizeOverrides: OverrideList<readonly Override[]> = {
  path: ['kustomize', 'images'],
  ofSource: ({ kustomize }) => (kustomize?.images ?? []).map(readOverride),
  ofFile: (yaml: YamlFile, list: YamlList) =>
    list.items.map((item) => readOverride(scalarText(yaml.resolve(item)) ?? '')),
  version: statedVersion,
  says: (state, wanted) => {
    const { replaced, added } = changeOverrides(state, wanted);
    return replaced.size === 0 && added === undefined;
  },
  change: (state, wanted) => applyOverrides(state, changeOverrides(state, wanted)),
  items: (state) => state.map(({ text }) => text),
  plan,
};

function plan(
  state: readonly Override[],
  list: YamlList,
  wanted: WantedImage,
  append: (item: Sprout) => Planned,
): Planned {
  const { replaced, added } = changeOverrides(state, wanted);
  const sets = [...replaced].flatMap(([index, value]) => {
    const item = list.items[index];
    return item ? [planned([{ kind: 'set', slot: { kind: 'item', list, index, item }, value }])] : [];
  });
  return allOf([...sets, ...(added === undefined ? [] : [append(added)])]);
}
