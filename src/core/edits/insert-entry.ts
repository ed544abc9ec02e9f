import { isMap } from 'yaml';
import { isSproutList, isSproutMapping, type Slot, type Soil, type Sprout } from './draft.ts';
import { endsLine, gapBehindColon, lineBreakNear, lineEnd, lineStart, startsLine, trailingComma } from './layout.ts';
import { columnOf, dashIndent, endOfItem, endOfPair, indentStep, startOfPair } from './place.ts';
import { removeEntries } from './remove-entry.ts';
import { endOfIndicators } from './set-value.ts';
import type { Splice } from './splice.ts';
import { blockLines, flowEntries, flowText, quotesLike, type SproutStyle } from './sprout-text.ts';
import { isEmpty, type YamlFile, type YamlList, type YamlMapping, type YamlNode, type YamlPair } from './yaml-file.ts';

type FileStyle = Pick<SproutStyle, 'step' | 'dashIndent'>;

export function fileStyle(file: YamlFile): FileStyle {
  return { step: indentStep(file), dashIndent: dashIndent(file) };
}

/**
 * The splices that let `content` grow in `soil`, written as what stands beside it.
 * @param removed pairs that go in the same edit, behind which nothing can be put
 */
export function insertEntry(
  file: YamlFile,
  soil: Soil,
  content: Sprout,
  style: FileStyle,
  removed: ReadonlyMap<YamlPair, unknown>,
): readonly Splice[] {
  switch (soil.kind) {
    case 'document':
      return insertAtEnd(file.text, blockLines(content, 0, styleLike(file, undefined, style)));
    case 'mapping':
      return insertIntoMapping(file, soil.node, content, style, removed);
    case 'list':
      return insertIntoList(file, soil.node, soil.slot, content, style, removed);
    case 'null':
      return insertBehindKey(file, soil.slot, content, style);
    default:
      return soil satisfies never;
  }
}

/** How deep a growth stands: of two at one place the deeper one comes first. */
export function depthOf(file: YamlFile, soil: Soil): number {
  if (soil.kind === 'document') return 0;
  return columnOf(file.text, soil.kind === 'null' ? soil.slot.mapping : soil.node);
}

function styleLike(file: YamlFile, model: YamlNode | undefined, style: FileStyle): SproutStyle {
  const padded = isMap(model) && model.flow === true && file.text[model.range[0] + 1] === ' ';
  return { ...style, dashGap: 1, padded, ...quotesLike(model) };
}

function insertAtEnd(text: string, lines: readonly string[]): readonly Splice[] {
  const lineBreak = lineBreakNear(text, text.length);
  const behindLine = text.length > lineStart(text, text.length);
  const added = `${behindLine ? lineBreak : ''}${lines.map((line) => line + lineBreak).join('')}`;
  return [{ start: text.length, end: text.length, text: added }];
}

function insertIntoMapping(
  file: YamlFile,
  mapping: YamlMapping,
  content: Sprout,
  fileWide: FileStyle,
  removed: ReadonlyMap<YamlPair, unknown>,
): readonly Splice[] {
  const style = styleLike(file, mapping, fileWide);
  const last = mapping.items.findLast((pair) => !removed.has(pair));
  if (mapping.flow) {
    const isFinal = last === mapping.items.at(-1);
    const entry = last && { start: startOfPair(last), end: endOfPair(file.text, mapping, last), isFinal };
    return insertIntoFlow(file.text, mapping, entry, flowEntries(content, style));
  }
  if (!last) return [];
  const lines = blockLines(content, columnOf(file.text, mapping), style);
  return [insertLines(file.text, endOfPair(file.text, mapping, last), lines)];
}

function insertIntoList(
  file: YamlFile,
  list: YamlList,
  slot: Slot | undefined,
  content: Sprout,
  fileWide: FileStyle,
  removed: ReadonlyMap<YamlPair, unknown>,
): readonly Splice[] {
  const last = list.items.at(-1);
  const style = styleLike(file, last, fileWide);
  if (!list.flow) {
    const lines = itemLines(
      content,
      columnOf(file.text, list),
      { ...style, dashGap: dashGapOf(file.text, list) },
      last,
    );
    const end = endOfRemoved(file, last, removed) ?? endOfItem(file.text, list, list.items.length - 1);
    return [insertLines(file.text, end, lines)];
  }
  if (last) {
    const entry = { start: last.range[0], end: endOfItem(file.text, list, list.items.length - 1), isFinal: true };
    return insertIntoFlow(file.text, list, entry, flowEntries(content, style));
  }
  const unfold = slot?.kind === 'pair' && !slot.mapping.flow && isOneLine(file.text, list);
  return unfold
    ? replaceByBlock(file, slot, list, content, style)
    : insertIntoFlow(file.text, list, undefined, flowEntries(content, style));
}

/** Where the last lines of a node end that the same edit removes; undefined when its last line stays. */
function endOfRemoved(
  file: YamlFile,
  node: YamlNode | null | undefined,
  removed: ReadonlyMap<YamlPair, unknown>,
): number | undefined {
  if (!isMap(node) || node.flow) return undefined;
  const last = node.items.at(-1);
  if (!last) return undefined;
  return removed.has(last) ? removeEntries(file, node, removed).at(-1)?.end : endOfRemoved(file, last.value, removed);
}

/** New items beside flow mappings are flow mappings as well. */
function itemLines(content: Sprout, column: number, style: SproutStyle, last: YamlNode | undefined): readonly string[] {
  if (!isMap(last) || !last.flow || !isSproutList(content)) return blockLines(content, column, style);
  const dash = `${' '.repeat(column)}-${' '.repeat(style.dashGap)}`;
  return content.map((item) => dash + flowText(item, style));
}

function dashGapOf(text: string, list: YamlList): number {
  const dash = list.srcToken?.items[list.items.length - 1]?.start.findLast(({ type }) => type === 'seq-item-ind');
  const last = list.items.at(-1);
  const between = dash && last ? text.slice(dash.offset + 1, last.range[0]) : '';
  return /^ +$/.test(between) ? between.length : 1;
}

function isOneLine(text: string, node: YamlNode): boolean {
  return !text.slice(node.range[0], node.range[1]).includes('\n');
}

/** What grows where a key has no value: below the key in block style, behind the colon in flow style. */
function insertBehindKey(
  file: YamlFile,
  slot: Extract<Slot, { kind: 'pair' }>,
  content: Sprout,
  fileWide: FileStyle,
): readonly Splice[] {
  const { mapping, pair } = slot;
  const style = styleLike(file, mapping, fileWide);
  if (!mapping.flow) return replaceByBlock(file, slot, pair.value, content, styleLike(file, undefined, fileWide));
  const colon = endOfIndicators(slot);
  const start = colon ?? pair.key.range[1];
  const end = pair.value && !isEmpty(pair.value) ? pair.value.range[1] : start;
  return [{ start, end, text: `${colon === undefined ? ':' : ''} ${flowText(content, style)}` }];
}

/** `[]`, `~` or nothing behind a key gives way to lines below the key; a comment on the key's line stays there. */
function replaceByBlock(
  file: YamlFile,
  slot: Extract<Slot, { kind: 'pair' }>,
  old: YamlNode | null,
  content: Sprout,
  style: SproutStyle,
): readonly Splice[] {
  const written = old && !isEmpty(old) ? old : undefined;
  const start = endOfIndicators(slot) ?? slot.pair.key.range[1];
  const end = written?.range[1] ?? start;
  const column = columnOf(file.text, slot.mapping);
  const lines = blockLines(content, column + (isSproutMapping(content) ? style.step : style.dashIndent), style);
  return [...(written ? [{ start, end, text: '' }] : []), insertLines(file.text, end, lines)];
}

/** Whole lines behind the line of `offset`; a file without a line break at its end stays so. */
function insertLines(text: string, offset: number, lines: readonly string[]): Splice {
  const lineBreak = lineBreakNear(text, offset);
  // Behind a block scalar that keeps its blank lines the next line has begun already.
  if (offset > 0 && text[offset - 1] === '\n') {
    return { start: offset, end: offset, text: lines.map((line) => line + lineBreak).join('') };
  }
  const at = lineEnd(text, offset);
  return { start: at, end: at, text: lines.map((line) => lineBreak + line).join('') };
}

/**
 * Entries behind the last one of a flow collection: on lines of their own where the last one has its own.
 * @param last the last entry that stays; not `isFinal` when the same edit removes others behind it
 */
function insertIntoFlow(
  text: string,
  node: YamlMapping | YamlList,
  last: { readonly start: number; readonly end: number; readonly isFinal: boolean } | undefined,
  entries: readonly string[],
): readonly Splice[] {
  const added = entries.join(', ');
  if (!last) {
    const inside = node.range[0] + 1;
    return [{ start: inside, end: inside, text: text[inside] === ' ' ? ` ${added}` : added }];
  }
  const comma = last.isFinal ? trailingComma(text, last.end) : undefined;
  const behind = comma === undefined ? last.end : comma + 1;
  const separator = comma === undefined ? `${gapBehindColon(text, behind)},` : '';
  if (!last.isFinal || !startsLine(text, last.start) || !endsLine(text, behind)) {
    return [{ start: behind, end: behind, text: `${separator} ${added}` }];
  }
  const indent = lineBreakNear(text, behind) + text.slice(lineStart(text, last.start), last.start);
  const at = lineEnd(text, behind);
  const closing = comma === undefined ? '' : ',';
  return [
    { start: behind, end: behind, text: separator },
    { start: at, end: at, text: indent + entries.join(`,${indent}`) + closing },
  ];
}
