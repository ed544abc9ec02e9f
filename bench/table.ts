export interface Row {
  readonly what: string;
  readonly value: string;
  readonly ratio?: string;
}

/** Three aligned columns, for a terminal and for a commit message. */
export function table(rows: readonly Row[]): string {
  const widths = [Math.max(...rows.map(({ what }) => what.length)), Math.max(...rows.map(({ value }) => value.length))];
  const line = ({ what, value, ratio = '' }: Row) =>
    `${what.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${ratio}`.trimEnd();
  return rows.map(line).join('\n');
}
