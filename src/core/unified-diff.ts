import { createTwoFilesPatch, formatPatch } from 'diff';

/** Lines that came or went, above which the least difference is not looked for: that takes their square. */
const MOST_EDITS = 2_000;
const NO_END = '\\ No newline at end of file';

/**
 * A unified diff as git prints it (three lines of context, "a/" and "b/"), fit for `git apply`. Where very much has
 * changed it is the whole file, before and after.
 * @param before the file's text, undefined when it is new
 * @returns "" when nothing differs
 */
export function unifiedDiff(path: string, before: string | undefined, after: string): string {
  if (before === after) return '';
  const from = before === undefined ? '/dev/null' : `a/${path}`;
  const options = { context: 3, maxEditLength: MOST_EDITS };
  const patch =
    createTwoFilesPatch(from, `b/${path}`, before ?? '', after, undefined, undefined, options) ??
    wholeFiles(from, `b/${path}`, before ?? '', after);
  const body = patch.slice(patch.indexOf('--- '));
  const header = `diff --git a/${path} b/${path}\n${before === undefined ? 'new file mode 100644\n' : ''}`;
  return `${header}${body}`;
}

function wholeFiles(oldFileName: string, newFileName: string, before: string, after: string): string {
  const [gone, come] = [markedLines('-', before), markedLines('+', after)];
  const lines = [...gone, ...come];
  const [oldLines, newLines] = [gone, come].map((marked) => marked.filter((line) => line !== NO_END).length);
  const hunk = { oldStart: 1, oldLines: oldLines ?? 0, newStart: 1, newLines: newLines ?? 0, lines };
  const named = { oldFileName, newFileName, oldHeader: undefined, newHeader: undefined };
  return formatPatch({ ...named, hunks: [hunk] });
}

function markedLines(mark: '-' | '+', text: string): readonly string[] {
  const lines = text.split('\n').map((line) => `${mark}${line}`);
  const last = lines.pop();
  return last === mark || last === undefined ? lines : [...lines, last, NO_END];
}
