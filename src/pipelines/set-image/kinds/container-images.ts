import { isMap, isSeq } from 'yaml';
import { textUnder } from '../../../core/edits/set-key.ts';
import {
  effectivePlace,
  keyText,
  type PairPlace,
  scalarText,
  type YamlFile,
  type YamlList,
  type YamlNode,
  type YamlPair,
} from '../../../core/edits/yaml-file.ts';
import type { ManifestObject } from './manifest-objects.ts';

/** The image of one container. */
export interface ContainerImage {
  /** "Deployment/shop/web:spec.template.spec.containers[web].image" */
  readonly field: string;
  /** The container's name. */
  readonly container: string | undefined;
  /** Where it is written, which several containers can share. */
  readonly place: PairPlace;
  readonly text: string;
}

const CONTAINER_LISTS = new Set(['containers', 'initContainers', 'ephemeralContainers']);
/** Aliases let a small text unfold into a huge one. */
const MOST_NODES = 1_000_000;

/**
 * The images of all containers in an object, at whatever depth a pod template lies, as kustomize finds them.
 * @throws {RangeError} for a text that is too deep, or unfolds without end
 */
export function containerImages(yaml: YamlFile, { name, mapping }: ManifestObject): readonly ContainerImage[] {
  let left = MOST_NODES;
  const below = (node: YamlNode | undefined, path: string): readonly ContainerImage[] => {
    left -= 1;
    if (left < 0) throw new RangeError('aliases without end');
    if (isSeq(node)) return itemsOf(yaml, node, path).flatMap((item) => below(item.node, item.path));
    return isMap(node) ? node.items.flatMap((pair) => belowPair(pair, path)) : [];
  };
  const belowPair = (pair: YamlPair, path: string): readonly ContainerImage[] => {
    const key = keyText(pair) ?? '';
    const value = yaml.resolve(pair.value);
    // What is merged stands in the mapping itself.
    const inside = key === '<<' ? path : `${path}${path.endsWith(':') ? '' : '.'}${key}`;
    if (!CONTAINER_LISTS.has(key) || !isSeq(value)) return below(value, inside);
    return itemsOf(yaml, value, inside).flatMap((item) => [
      ...imageOf(yaml, item.node, item.path),
      ...below(item.node, item.path),
    ]);
  };
  return below(mapping, `${name}:`);
}

/** The items of a list, by name where they have one: "containers[web]", "sources[1]". */
function itemsOf(yaml: YamlFile, list: YamlList, path: string) {
  return list.items.map((item, index) => {
    const node = yaml.resolve(item);
    return { node, path: `${path}[${nameOf(yaml, node) ?? index}]` };
  });
}

function imageOf(yaml: YamlFile, container: YamlNode | undefined, path: string): readonly ContainerImage[] {
  const place = isMap(container) ? effectivePlace(yaml, container, 'image') : undefined;
  const text = place && scalarText(yaml.resolve(place.pair.value));
  if (!place || !text) return [];
  return [{ field: `${path}.image`, container: nameOf(yaml, container), place, text }];
}

function nameOf(yaml: YamlFile, node: YamlNode | undefined): string | undefined {
  return isMap(node) ? textUnder(yaml, node, 'name') : undefined;
}
