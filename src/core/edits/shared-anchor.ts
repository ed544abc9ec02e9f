import { isAlias, isMap, isSeq } from 'yaml';
import type { EditProblem } from '../target.ts';
import { type Operation, slotKey } from './draft.ts';
import type { YamlFile, YamlNode } from './yaml-file.ts';

/**
 * What stands in the way of operations inside an anchored value that aliases elsewhere repeat: they would change as
 * well. Aliases that the same operations replace or remove do not count.
 */
export function sharedAnchor(file: YamlFile, operations: readonly Operation[]): EditProblem | undefined {
  const replaced = new Set(operations.map(replacedBy));
  const places = new Set(operations.map(touchedBy));
  const touched = file.documents.flatMap((root) => nodesAround(root, places));
  const shared = touched.find((node) => file.aliasesOf(node).some((alias) => !replaced.has(alias)));
  if (!shared || isAlias(shared)) return undefined;
  return {
    code: 'TARGET_REFUSED',
    message: `the place to change is inside the anchor &${shared.anchor}, whose aliases would change as well`,
    fix: `write out the aliases *${shared.anchor}, or track the images that share it together`,
  };
}

function replacedBy(operation: Operation): YamlNode | null | undefined {
  if (operation.kind === 'remove') return operation.pair.value;
  if (operation.kind !== 'set') return undefined;
  return operation.slot.kind === 'pair' ? operation.slot.pair.value : operation.slot.item;
}

function touchedBy(operation: Operation): object {
  if (operation.kind === 'set') return slotKey(operation.slot);
  if (operation.kind === 'remove') return operation.pair;
  const { soil } = operation;
  if (soil.kind === 'document') return soil;
  return soil.kind === 'null' ? soil.slot.pair : soil.node;
}

/** The nodes below `root` that hold one of `places` (pairs or nodes), those inside first. */
function nodesAround(root: YamlNode | null, places: ReadonlySet<object>): readonly YamlNode[] {
  const around: YamlNode[] = [];
  const holds = (node: YamlNode | null, isPlace: boolean): boolean => {
    if (!node) return isPlace;
    let touched = isPlace || places.has(node);
    if (isSeq(node)) for (const item of node.items) touched = holds(item, false) || touched;
    if (isMap(node)) for (const pair of node.items) touched = holds(pair.value, places.has(pair)) || touched;
    if (touched) around.push(node);
    return touched;
  };
  holds(root, false);
  return around;
}
