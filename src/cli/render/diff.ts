import type { FileReport } from '../../core/report.ts';
import type { Palette } from '../palette.ts';
import { printableBlock } from '../printable.ts';

/** All diffs as one patch for `git apply`: bytes as they are, colours never. */
export function renderPatch(files: readonly Pick<FileReport, 'diff'>[]): string {
  return files.map(({ diff }) => withFinalNewline(diff)).join('');
}

/** One file's diff for a person: coloured by line, with nothing in it that a terminal could obey. */
export function renderDiff(diff: string, palette: Palette): string {
  const lines = withFinalNewline(printableBlock(diff)).split('\n').slice(0, -1);
  let inHunk = false;
  return lines
    .map((line) => {
      inHunk = line.startsWith('@@') || (inHunk && !line.startsWith('diff --git '));
      return `${paintLine(line, inHunk, palette)}\n`;
    })
    .join('');
}

// Inside a hunk a removed line "-- x" reads "--- x", which is no header; so headers are told by place, not by look.
function paintLine(line: string, inHunk: boolean, palette: Palette): string {
  if (line.startsWith('@@')) return palette.place(line);
  if (!inHunk) return palette.heading(line);
  if (line.startsWith('+')) return palette.added(line);
  if (line.startsWith('-')) return palette.removed(line);
  return line;
}

function withFinalNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
