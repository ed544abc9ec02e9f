import { isAlias, isScalar, Scalar } from 'yaml';
import type { Slot } from './draft.ts';
import { lineEnd, nextLine } from './layout.ts';
import { type QuoteStyle, renderScalar } from './scalar-text.ts';
import type { Splice } from './splice.ts';
import { isEmpty, type YamlFile, type YamlNode } from './yaml-file.ts';

/**
 * The splices that make a slot say `value`: quotes, anchor, tag and the comment behind it stay. Undefined where a
 * collection stands.
 */
export function setValue(file: YamlFile, slot: Slot, value: string | boolean): readonly Splice[] | undefined {
  const node = slot.kind === 'pair' ? slot.pair.value : slot.item;
  const flow = (slot.kind === 'pair' ? slot.mapping : slot.list).flow === true;
  const render = (style: QuoteStyle) =>
    typeof value === 'boolean' ? String(value) : renderScalar(value, { style, flow });
  if (isEmpty(node)) return fillEmpty(slot, render('plain'));
  if (isAlias(node)) return [{ start: node.range[0], end: node.range[1], text: render('plain') }];
  if (!isScalar(node) || hasOtherType(node)) return undefined;
  if (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED) {
    if (typeof value !== 'string') return undefined;
    return value.includes('\n') ? setLiteralLines(file.text, node, value) : setBlockScalar(file.text, node, value);
  }
  return [{ start: node.range[0], end: node.range[1], text: render(quoteStyleOf(node)) }];
}

/** Whether the file says by a tag that the value is no text. */
function hasOtherType({ tag }: Scalar.Parsed): boolean {
  return tag !== undefined && tag !== '!' && tag !== 'tag:yaml.org,2002:str';
}

export function quoteStyleOf(node: YamlNode | null | undefined): QuoteStyle {
  if (!isScalar(node)) return 'plain';
  if (node.type === Scalar.QUOTE_DOUBLE) return 'double';
  return node.type === Scalar.QUOTE_SINGLE ? 'single' : 'plain';
}

/** An empty value has no range of its own: it belongs behind the colon, or behind its anchor and tag. */
function fillEmpty(slot: Slot, text: string): readonly Splice[] | undefined {
  const end = endOfIndicators(slot);
  if (end !== undefined) return [{ start: end, end, text: ` ${text}` }];
  // `{key}` and `? key` have no colon.
  if (slot.kind === 'item' || slot.mapping.flow !== true || !isScalar(slot.pair.key)) return undefined;
  const keyEnd = slot.pair.key.range[1];
  return [{ start: keyEnd, end: keyEnd, text: `: ${text}` }];
}

/** The offset behind the colon or dash that announces a value, and behind the value's anchor and tag. */
export function endOfIndicators(slot: Slot): number | undefined {
  const tokens = slot.kind === 'pair' ? slot.pair.srcToken?.sep : slot.list.srcToken?.items[slot.index]?.start;
  const last = tokens?.findLast(({ type }) => INDICATORS.has(type));
  return last && last.offset + last.source.length;
}

const INDICATORS: ReadonlySet<string> = new Set(['map-value-ind', 'seq-item-ind', 'anchor', 'tag']);

/** Where a block scalar's text starts: on the line behind its header. */
export function blockBodyStart(node: Scalar.Parsed): number {
  return node.range[1] - (node.srcToken?.source.length ?? 0);
}

/**
 * The text inside a block scalar's body becomes `value`, in the indentation that is there; the header says "strip"
 * then, since neither a tag nor an image ends in a line break.
 */
function setBlockScalar(text: string, node: Scalar.Parsed, value: string): readonly Splice[] | undefined {
  const header = /^[|>][-+0-9]*/.exec(text.slice(node.range[0]))?.[0];
  const start = blockBodyStart(node);
  const body = text.slice(start, node.range[1]);
  const content = /\S(?:[\s\S]*\S)?/.exec(body);
  // A value that starts with a blank or a break would not survive the rules for indentation and folding.
  if (header === undefined || content === null || !/^\S+$/.test(value)) return undefined;
  const stripped = header.includes('-') ? header : `${header.replace('+', '')}-`;
  return [
    { start: node.range[0], end: node.range[0] + header.length, text: stripped },
    { start: start + content.index, end: start + content.index + content[0].length, text: value },
  ];
}

/** The lines of a literal block that differ; undefined where other lines would have to come or go. */
function setLiteralLines(text: string, node: Scalar.Parsed, value: string): readonly Splice[] | undefined {
  if (node.type !== Scalar.BLOCK_LITERAL || typeof node.value !== 'string') return undefined;
  const [before, after] = [node.value.split('\n'), value.split('\n')];
  if (before.length !== after.length) return undefined;
  const splices: Splice[] = [];
  let start = blockBodyStart(node);
  for (const [index, line] of before.entries()) {
    const wanted = after[index] ?? '';
    const end = lineEnd(text, start);
    if (line !== wanted) {
      // What is not text of the line is its indentation.
      if (line === '' || !text.slice(start, end).endsWith(line) || /^\s|^$/.test(wanted) !== /^\s|^$/.test(line))
        return undefined;
      splices.push({ start: end - line.length, end, text: wanted });
    }
    start = nextLine(text, end);
  }
  return splices;
}
