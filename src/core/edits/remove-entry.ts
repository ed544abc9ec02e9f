import { endsLine, gapBehindColon, lineEnd, lineStart, nextLine, startsLine, trailingComma } from './layout.ts';
import { endOfPair, startOfPair } from './place.ts';
import type { Splice } from './splice.ts';
import type { YamlFile, YamlMapping, YamlPair } from './yaml-file.ts';

/** Pairs that go and stand next to each other, each with nothing behind it but a comment on its own line. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly previous: YamlPair | undefined;
  readonly next: YamlPair | undefined;
}

/** The splices that take pairs out of their mapping: their lines with the comments on them, or their part of a line. */
export function removeEntries(
  file: YamlFile,
  mapping: YamlMapping,
  removed: ReadonlyMap<YamlPair, unknown>,
): readonly Splice[] {
  const { text } = file;
  const runs = runsOf(text, mapping, removed);
  return runs.map((run) => (mapping.flow ? removeFromFlow(text, mapping, run) : removeFromBlock(text, run)));
}

function runsOf(text: string, mapping: YamlMapping, removed: ReadonlyMap<YamlPair, unknown>): readonly Run[] {
  const runs: Run[] = [];
  for (const [index, pair] of mapping.items.entries()) {
    if (!removed.has(pair)) continue;
    const start = startOfPair(pair);
    const here = { end: endOfPair(text, mapping, pair), next: mapping.items[index + 1] };
    const last = runs.at(-1);
    if (last?.next === pair && BETWEEN.test(text.slice(last.end, start))) runs.splice(-1, 1, { ...last, ...here });
    else runs.push({ start, previous: mapping.items[index - 1], ...here });
  }
  return runs;
}

// Blanks can be read in one way only: where there are several, a megabyte of them takes years.
const BETWEEN = /^\s*(?:(?:,[ \t]*)?#.*(?:[\n\r]\s*)?|,\s*)?$/;

function removeFromBlock(text: string, run: Run): Splice {
  const { start, end } = run;
  if (startsLine(text, start) && endsLine(text, end)) return wholeLines(text, start, end);
  // A comment that stays must not stand behind a tab, which kustomize takes for the start of a value there.
  const blanks = /^[ \t]*/.exec(text.slice(end, lineEnd(text, end)))?.[0].length ?? 0;
  return { start, end: placeOfNext(text, run) ?? end + blanks, text: '' };
}

/** With the comma behind the pairs, or else the one before them. */
function removeFromFlow(text: string, mapping: YamlMapping, run: Run): Splice {
  const { start, end, previous } = run;
  const comma = trailingComma(text, end);
  const behind = comma === undefined ? end : comma + 1;
  const isAlone = startsLine(text, start) && endsLine(text, behind);
  if (isAlone && comma !== undefined) return wholeLines(text, start, behind);
  const before = previous ? endOfPair(text, mapping, previous) : start;
  // A comment on the entry before stays, and the comma with it, which may be the last thing in the mapping.
  if (previous && !text.slice(before, start).includes('#')) {
    return { start: before, end, text: gapBehindColon(text, before) };
  }
  if (isAlone) return wholeLines(text, start, behind);
  return { start, end: placeOfNext(text, run) ?? behind, text: '' };
}

/** Where the next entry starts, which takes their place; undefined where a comment stands between them. */
function placeOfNext(text: string, { end, next }: Run): number | undefined {
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
