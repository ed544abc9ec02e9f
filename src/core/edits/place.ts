import { isMap, isScalar, isSeq, Scalar } from 'yaml';
import { lineStart } from './layout.ts';
import { blockBodyStart, endOfIndicators } from './set-value.ts';
import { isEmpty, type YamlFile, type YamlList, type YamlMapping, type YamlNode, type YamlPair } from './yaml-file.ts';

/** The column of a block collection's keys or dashes. */
export function columnOf(text: string, node: YamlMapping | YamlList): number {
  const token = node.srcToken;
  if (token?.type === 'block-map' || token?.type === 'block-seq') return token.indent;
  return node.range[0] - lineStart(text, node.range[0]);
}

/** Where a pair starts: its key, or the question mark before an explicit one. */
export function startOfPair(pair: YamlPair): number {
  const [first] = pair.srcToken?.start.filter(({ type }) => STARTS.has(type)) ?? [];
  return first?.offset ?? pair.key.range[0];
}

const STARTS: ReadonlySet<string> = new Set(['explicit-key-ind', 'anchor', 'tag']);

/** Behind the last character that belongs to a pair, comments not counted. */
export function endOfPair(text: string, mapping: YamlMapping, pair: YamlPair): number {
  const end = pair.value && !isEmpty(pair.value) ? endOfNode(text, pair.value) : undefined;
  return end ?? endOfIndicators({ kind: 'pair', mapping, pair }) ?? pair.key.range[1];
}

/** Behind the last character that belongs to an item of a list. */
export function endOfItem(text: string, list: YamlList, index: number): number {
  const item = list.items[index];
  if (!item) return list.range[0];
  if (isEmpty(item)) return endOfIndicators({ kind: 'item', list, index, item }) ?? item.range[1];
  return endOfNode(text, item);
}

function endOfNode(text: string, node: YamlNode): number {
  if (isMap(node) && !node.flow) {
    const last = node.items.at(-1);
    return last ? endOfPair(text, node, last) : node.range[1];
  }
  if (isSeq(node) && !node.flow) return endOfItem(text, node, node.items.length - 1);
  if (isScalar(node) && (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED)) {
    return endOfBlockScalar(text, node);
  }
  return node.range[1];
}

/** Blank lines at the end are text under "keep" (`|+`); under the others they are layout. */
function endOfBlockScalar(text: string, node: Scalar.Parsed): number {
  const body = text.slice(blockBodyStart(node), node.range[1]);
  const keeps = /^[|>][-0-9]*\+/.test(text.slice(node.range[0], node.range[0] + 4));
  if (keeps) return node.range[1];
  return body.trim() === '' ? node.range[0] + 1 : blockBodyStart(node) + body.trimEnd().length;
}

/** How far the file indents a mapping below its key; 2 where none is. */
export function indentStep(file: YamlFile): number {
  return firstOffset(file, (value) => isMap(value)) ?? 2;
}

/** How far the file indents the dashes of a list below its key; 0 where there is none. */
export function dashIndent(file: YamlFile): number {
  return firstOffset(file, (value) => isSeq(value)) ?? 0;
}

function firstOffset(file: YamlFile, wanted: (value: YamlNode) => boolean): number | undefined {
  const queue: YamlNode[] = file.root ? [file.root] : [];
  // Grows while it is walked, so that what stands further up comes first.
  for (const node of queue) {
    if (isSeq(node)) for (const item of node.items) queue.push(item);
    if (!isMap(node)) continue;
    for (const { value } of node.items) {
      if (!value) continue;
      if (!node.flow && (isMap(value) || isSeq(value)) && !value.flow && wanted(value)) {
        return columnOf(file.text, value) - columnOf(file.text, node);
      }
      queue.push(value);
    }
  }
  return undefined;
}
