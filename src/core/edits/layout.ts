const BYTE_ORDER_MARK = '\ufeff';

/** Where the line of `offset` starts, behind a byte order mark. */
export function lineStart(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && text.startsWith(BYTE_ORDER_MARK) ? 1 : start;
}

/** Where the line of `offset` ends: at its line break, or at the end of the text. */
export function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  if (newline < 0) return text.length;
  return newline > offset && text[newline - 1] === '\r' ? newline - 1 : newline;
}

/** Where the line behind that of `offset` starts; the end of the text when there is none. */
export function nextLine(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  return newline < 0 ? text.length : newline + 1;
}

/** The line break that ends the line of `offset`, else the one before it, else a line feed. */
export function lineBreakNear(text: string, offset: number): string {
  const end = lineEnd(text, offset);
  if (end < text.length) return text[end] === '\r' ? '\r\n' : '\n';
  const before = text.lastIndexOf('\n');
  return before > 0 && text[before - 1] === '\r' ? '\r\n' : '\n';
}

/** Whether only blanks stand between the start of the line and `offset`. */
export function startsLine(text: string, offset: number): boolean {
  return /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));
}

/** Whether only blanks and a comment stand between `offset` and the end of the line. */
export function endsLine(text: string, offset: number): boolean {
  return /^[ \t]*(?:#.*)?$/.test(text.slice(offset, lineEnd(text, offset)));
}

/** The comma behind an entry of a flow collection; blanks, line breaks and comments may stand before it. */
export function trailingComma(text: string, offset: number): number | undefined {
  for (let at = offset; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === ',') return at;
    if (character === '#') at = lineEnd(text, at);
    else if (!/\s/.test(character)) return undefined;
  }
  return undefined;
}

/**
 * What has to stand in front of a comma or bracket in flow style: a blank behind the colon of a key without a value,
 * because kustomize and Helm read `{digest:, tag: 1}` as a key "digest:".
 */
export function gapBehindColon(text: string, offset: number): string {
  return text[offset - 1] === ':' ? ' ' : '';
}
