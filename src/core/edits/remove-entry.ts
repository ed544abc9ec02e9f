import { endsLine, lineStart, nextLine, startsLine, trailingComma } from './layout.ts';
import { endOfPair, startOfPair } from './place.ts';
import type { Splice } from './splice.ts';
import type { YamlFile, YamlMapping, YamlPair } from './yaml-file.ts';

/** The splice that takes a pair out of its mapping: its line with the comment on it, or its part of a line. */
export function removeEntry(file: YamlFile, mapping: YamlMapping, pair: YamlPair): Splice {
  const { text } = file;
  const start = startOfPair(pair);
  const end = endOfPair(text, mapping, pair);
  if (mapping.flow) return removeFromFlow(text, mapping, pair, { start, end });
  if (startsLine(text, start) && endsLine(text, end)) return wholeLines(text, start, end);
  return { start, end: placeOfNext(text, mapping, pair, end) ?? end, text: '' };
}

/** With the comma behind the pair, or else the one before it. */
function removeFromFlow(
  text: string,
  mapping: YamlMapping,
  pair: YamlPair,
  { start, end }: Omit<Splice, 'text'>,
): Splice {
  const comma = trailingComma(text, end);
  const behind = comma === undefined ? end : comma + 1;
  const isAlone = startsLine(text, start) && endsLine(text, behind);
  if (isAlone && comma !== undefined) return wholeLines(text, start, behind);
  const previous = mapping.items[mapping.items.indexOf(pair) - 1];
  const before = previous ? endOfPair(text, mapping, previous) : start;
  // A comment on the entry before stays, and the comma with it, which may be the last thing in the mapping.
  if (previous && !text.slice(before, start).includes('#')) return { start: before, end, text: '' };
  if (isAlone) return wholeLines(text, start, behind);
  return { start, end: placeOfNext(text, mapping, pair, end) ?? behind, text: '' };
}

/** Where the next entry starts, which takes this one's place; undefined where a comment stands between them. */
function placeOfNext(text: string, mapping: YamlMapping, pair: YamlPair, end: number): number | undefined {
  const next = mapping.items[mapping.items.indexOf(pair) + 1];
  return next && /^[\s,]*$/.test(text.slice(end, startOfPair(next))) ? startOfPair(next) : undefined;
}

function wholeLines(text: string, start: number, end: number): Splice {
  // Behind a block scalar the next line has begun already.
  const behind = text[end - 1] === '\n' ? end : nextLine(text, end);
  if (behind < text.length || text.endsWith('\n')) return { start: lineStart(text, start), end: behind, text: '' };
  // The last line of a file without a line break at its end: the line before it becomes the last.
  const from = lineStart(text, start);
  const lineBreak = /\r?\n$/.exec(text.slice(0, from))?.[0].length ?? 0;
  return { start: from - lineBreak, end: text.length, text: '' };
}
