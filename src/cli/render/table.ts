import type { Palette } from '../palette.ts';

/** Rows below their headings, columns as wide as their content. @param paint colours a whole row, by its index */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  palette: Palette,
  paint: (text: string, index: number) => string = (text) => text,
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${[palette.heading(line(headings)), ...rows.map((cells, index) => paint(line(cells), index))].join('\n')}\n`;
}
