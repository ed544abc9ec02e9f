import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import { DOCUMENT, type Draft, isSproutList, isSproutMapping, type Sprout } from './draft.ts';
import type { YamlFile, YamlNode, YamlPair } from './yaml-file.ts';

/**
 * What a text says, as a flat list: keys, values, types, anchors, aliases and their order, without layout. With a
 * draft: what the text must say once the draft is carried out. Two texts with equal outlines say the same.
 */
export function outline(file: YamlFile, draft?: Draft): readonly string[] {
  const out: string[] = [];
  const grown = draft?.growths.get(DOCUMENT);
  if (grown) outlineSprout(out, grown.content);
  else if (file.root) outlineNode(out, file.root, draft);
  for (const contents of file.documents.slice(1)) {
    out.push('---');
    outlineNode(out, contents, draft);
  }
  return out;
}

export function sameOutline(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((token, index) => token === b[index]);
}

function outlineNode(out: string[], node: YamlNode | null, draft: Draft | undefined): void {
  if (isAlias(node)) {
    out.push(`*${node.source}`);
    return;
  }
  outlineProperties(out, node);
  if (isMap(node)) {
    out.push('{');
    for (const pair of node.items) if (!draft?.removed.has(pair)) outlinePair(out, pair, draft);
    outlineNew(out, draft?.growths.get(node)?.content);
    out.push('}');
  } else if (isSeq(node)) {
    out.push('[');
    for (const item of node.items) {
      const value = draft?.values.get(item);
      if (value) outlineValue(out, item, value.value);
      else outlineNode(out, item, draft);
    }
    outlineNew(out, draft?.growths.get(node)?.content);
    out.push(']');
  } else {
    out.push(isScalar(node) ? scalarToken(node.value) : scalarToken(null));
  }
}

function outlinePair(out: string[], pair: YamlPair, draft: Draft | undefined): void {
  outlineNode(out, pair.key, undefined);
  const value = draft?.values.get(pair);
  const grown = draft?.growths.get(pair);
  if (value) outlineValue(out, pair.value, value.value);
  else if (grown) {
    outlineProperties(out, pair.value);
    outlineSprout(out, grown.content);
  } else outlineNode(out, pair.value, draft);
}

function outlineValue(out: string[], old: YamlNode | null, value: string | boolean): void {
  outlineProperties(out, old);
  out.push(scalarToken(value));
}

function outlineProperties(out: string[], node: YamlNode | null): void {
  if (node === null || isAlias(node)) return;
  if (node.anchor) out.push(`&${node.anchor}`);
  if (node.tag) out.push(`!${node.tag}`);
}

/** What grows inside a collection that is there: its brackets are written by the caller. */
function outlineNew(out: string[], content: Sprout | undefined): void {
  if (isSproutMapping(content)) for (const [key, value] of content) outlineEntry(out, key, value);
  else if (isSproutList(content)) for (const item of content) outlineSprout(out, item);
}

function outlineEntry(out: string[], key: string, value: Sprout): void {
  out.push(scalarToken(key));
  outlineSprout(out, value);
}

function outlineSprout(out: string[], content: Sprout): void {
  if (isSproutMapping(content) || isSproutList(content)) {
    out.push(isSproutList(content) ? '[' : '{');
    outlineNew(out, content);
    out.push(isSproutList(content) ? ']' : '}');
  } else out.push(scalarToken(content));
}

function scalarToken(value: unknown): string {
  return `${typeof value} ${String(value)}`;
}
