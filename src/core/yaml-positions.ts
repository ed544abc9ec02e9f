import { type Document, isAlias, isMap, isNode, isSeq, type LineCounter } from 'yaml';
import type { FieldPath } from './field-path.ts';
import type { TextPosition } from './origin.ts';
import { parseYamlDocuments } from './yaml-documents.ts';

/**
 * Tells where fields stand in a text that `readYamlDocuments` could read: a key's own place, or a list item's. For a
 * field that is not there, the nearest thing above it. The text is parsed when it is first asked about, and once.
 */
export function yamlPositions(text: string): (document: number, path: FieldPath) => TextPosition {
  let parsed: { readonly documents: readonly Document.Parsed[]; readonly lines: LineCounter } | undefined;
  return (index, path) => {
    parsed ??= parseYamlDocuments(text);
    const document = parsed.documents[index];
    const offset = document ? offsetOf(document, path) : 0;
    const { line, col } = parsed.lines.linePos(offset);
    return { line, column: col };
  };
}

function offsetOf(document: Document.Parsed, path: FieldPath): number {
  let offset = document.contents?.range?.[0] ?? document.range[0];
  let node: unknown = document.contents;
  for (const step of path) {
    const found = childOf(isAlias(node) ? node.resolve(document) : node, step);
    if (!found) return offset;
    offset = found.offset;
    node = found.node;
  }
  return offset;
}

interface Child {
  readonly node: unknown;
  readonly offset: number;
}

function childOf(node: unknown, step: string | number): Child | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    const start = startOf(item);
    return start === undefined ? undefined : { node: item, offset: start };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => String(key) === String(step));
  const start = startOf(pair?.key);
  return start === undefined ? undefined : { node: pair?.value, offset: start };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
