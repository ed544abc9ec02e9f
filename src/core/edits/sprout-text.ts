import { isMap, isScalar } from 'yaml';
import { isSproutList, isSproutMapping, type Sprout } from './draft.ts';
import { type QuoteStyle, renderScalar } from './scalar-text.ts';
import { quoteStyleOf } from './set-value.ts';
import type { YamlNode } from './yaml-file.ts';

/** How new YAML is written; taken from what stands beside it. */
export interface SproutStyle {
  /** Blanks by which a mapping is indented below its key. */
  readonly step: number;
  /** Blanks by which the dashes of a list are indented below its key. */
  readonly dashIndent: number;
  /** Blanks between a dash and what follows. */
  readonly dashGap: number;
  /** Whether flow mappings have blanks inside their braces. */
  readonly padded: boolean;
  /** The quotes of a new key. */
  readonly keyQuotes: QuoteStyle;
  /** The quotes of a new value under `key`. */
  valueQuotes(key: string | undefined): QuoteStyle;
}

/** The quotes of keys and values as `model` has them: under the same key, else those of its last text. */
export function quotesLike(model: YamlNode | undefined): Pick<SproutStyle, 'keyQuotes' | 'valueQuotes'> {
  const pairs = isMap(model) ? model.items : [];
  const texts = pairs.filter(({ value }) => isScalar(value) && typeof value.value === 'string');
  const fallback = isScalar(model) ? quoteStyleOf(model) : quoteStyleOf(texts.at(-1)?.value);
  return {
    keyQuotes: quoteStyleOf(pairs.at(-1)?.key),
    valueQuotes: (key) => {
      const same = texts.find((pair) => isScalar(pair.key) && pair.key.value === key);
      return same ? quoteStyleOf(same.value) : fallback;
    },
  };
}

/** A mapping's or a list's content in block style: lines without line breaks, indented by `column`. */
export function blockLines(content: Sprout, column: number, style: SproutStyle): readonly string[] {
  const indent = ' '.repeat(column);
  if (isSproutMapping(content)) {
    return [...content].flatMap(([key, value]) => blockEntry(key, value, column, style));
  }
  if (!isSproutList(content)) return [`${indent}${scalar(content, undefined, style, false)}`];
  return content.flatMap((item) => {
    const inner = column + 1 + style.dashGap;
    const [first = '', ...rest] = blockLines(item, inner, style);
    return [`${indent}-${' '.repeat(style.dashGap)}${first.slice(inner)}`, ...rest];
  });
}

function blockEntry(key: string, value: Sprout, column: number, style: SproutStyle): readonly string[] {
  const start = `${' '.repeat(column)}${renderScalar(key, { style: style.keyQuotes, flow: false })}:`;
  if (isSproutMapping(value)) return [start, ...blockLines(value, column + style.step, style)];
  if (isSproutList(value)) return [start, ...blockLines(value, column + style.dashIndent, style)];
  return [`${start} ${scalar(value, key, style, false)}`];
}

/** The same in flow style, on one line. */
export function flowText(content: Sprout, style: SproutStyle, key?: string): string {
  if (isSproutMapping(content)) {
    const pad = style.padded ? ' ' : '';
    return `{${pad}${flowEntries(content, style).join(', ')}${pad}}`;
  }
  if (isSproutList(content)) return `[${flowEntries(content, style).join(', ')}]`;
  return scalar(content, key, style, true);
}

/** What stands between the braces or brackets, entry by entry. */
export function flowEntries(content: Sprout, style: SproutStyle): readonly string[] {
  if (isSproutMapping(content)) {
    return [...content].map(
      ([key, value]) => `${renderScalar(key, { style: style.keyQuotes, flow: true })}: ${flowText(value, style, key)}`,
    );
  }
  return isSproutList(content) ? content.map((item) => flowText(item, style)) : [];
}

function scalar(value: Sprout, key: string | undefined, style: SproutStyle, flow: boolean): string {
  return typeof value === 'string' ? renderScalar(value, { style: style.valueQuotes(key), flow }) : String(value);
}
