/** The text of `start` up to but not including `end` (UTF-16 code units) gives way to `text`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * All splices at once. Insertions at one place keep their order and come before what is cut there.
 * Undefined when two splices overlap.
 */
export function applySplices(text: string, splices: readonly Splice[]): string | undefined {
  const ordered = splices.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const pieces: string[] = [];
  let done = 0;
  for (const splice of ordered) {
    if (splice.start < done) return undefined;
    pieces.push(text.slice(done, splice.start), splice.text);
    done = splice.end;
  }
  pieces.push(text.slice(done));
  return pieces.join('');
}
