import type { ImageVersion } from '../core/image-version.ts';
import type { TargetImage, Tool, WantedImage } from '../core/target.ts';
import { asText, isUntyped, textAt } from '../core/untyped.ts';
import { helmEntries, helmVersion } from './helm-keys.ts';
import type { Stated } from './image-texts.ts';
import { changeOverrides, overrideVersion, readOverride } from './overrides.ts';
import { pluginVariables, pluginVersion } from './plugin-keys.ts';

/** Items as they stand in the object, nothing left out. */
export type Items = readonly unknown[];

/** A list of a source of an Application that can state versions. */
export interface ApplicationList {
  /** Below the source: the tool's block, and the list in it. */
  readonly path: readonly [block: string, list: string];
  version(items: Items, image: TargetImage): ImageVersion | undefined;
  /** The same list when it says what is wanted; else one in which every item that stays is the same value. */
  change(items: Items, wanted: WantedImage): Items;
}

export function listOf(tool: Tool): ApplicationList {
  return LISTS[tool];
}

const LISTS: Readonly<Record<Tool, ApplicationList>> = {
  Helm: {
    path: ['helm', 'parameters'],
    version: (items, { keys }) => helmVersion(keys, valueIn(items)),
    // Otherwise Helm takes a tag like 1.10 for a number.
    change: (items, wanted) =>
      helmEntries(wanted, valueIn(items)).reduce(
        (list, { key, value }) => withNamed(list, { name: key, value, forceString: true }),
        items,
      ),
  },
  Kustomize: {
    path: ['kustomize', 'images'],
    version: (items, image) => overrideVersion(textsOf(items), image),
    change(items, wanted) {
      const { replaced, added } = changeOverrides(textsOf(items).map(readOverride), wanted);
      if (replaced.size === 0 && added === undefined) return items;
      return [...items.map((item, index) => replaced.get(index) ?? item), ...(added === undefined ? [] : [added])];
    },
  },
  Plugin: {
    path: ['plugin', 'env'],
    version: (items, { keys }) => pluginVersion(keys, valueIn(items)),
    change: (items, wanted) => pluginVariables(wanted, valueIn(items)).reduce(withNamed, items),
  },
};

function textsOf(items: Items): readonly string[] {
  return items.map((item) => asText(item) ?? '');
}

/** Of several with one name the last one counts. */
function lastNamed(items: Items, name: string): number {
  return items.findLastIndex((item) => isUntyped(item) && textAt(item, 'name') === name);
}

function valueIn(items: Items): Stated {
  return (name) => {
    const item = items[lastNamed(items, name)];
    return isUntyped(item) ? (textAt(item, 'value') ?? '') : undefined;
  };
}

interface Fields {
  readonly name: string;
  readonly value: string;
  readonly forceString?: true;
}

function withNamed(items: Items, fields: Fields): Items {
  const index = lastNamed(items, fields.name);
  if (index < 0) return [...items, fields];
  return items.map((item, at) => (at === index && isUntyped(item) ? { ...item, ...fields } : item));
}
