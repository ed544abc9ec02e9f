import { endsLine, lineStart, nextLine, startsLine } from './layout.ts';
import { endOfPair, startOfPair } from './place.ts';
import type { Splice } from './splice.ts';
import type { YamlFile, YamlMapping, YamlPair } from './yaml-file.ts';

/** The splice that takes a pair out of its mapping: its line with the comment on it, or its part of a line. */
export function removeEntry(file: YamlFile, mapping: YamlMapping, pair: YamlPair): Splice {
  const { text } = file;
  const start = startOfPair(pair);
  const end = endOfPair(text, mapping, pair);
  const index = mapping.items.indexOf(pair);
  const previous = mapping.items[index - 1];
  const next = mapping.items[index + 1];
  if (!mapping.flow && startsLine(text, start) && endsLine(text, end)) return wholeLines(text, start, end);
  if (mapping.flow && previous) return { start: endOfPair(text, mapping, previous), end, text: '' };
  // The first key behind a dash or a brace: the next one takes its place, unless a comment stands between them.
  const between = next ? text.slice(end, startOfPair(next)) : '';
  const joins = next && /^[\s,]*$/.test(between);
  return { start, end: joins ? startOfPair(next) : end, text: '' };
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
