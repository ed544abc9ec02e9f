/** What docs/errors.md says of each code, as JSON that the program can carry: plain text, without links. */
export function failureHelp(page: string): string {
  const [, ...sections] = page.split(/^## /m);
  const entries = sections.map((section) => {
    const [code = '', ...lines] = section.split('\n');
    return [code, plainText(lines.join('\n'))];
  });
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

/** Paragraphs on one line each, since who shows them breaks lines itself. */
function plainText(text: string): string {
  const withoutLinks = text.trim().replace(/\[([^\]]+)\]\([^)]*\)/g, '$1');
  return withoutLinks.replace(/(?<!\n)\n(?!\n)/g, ' ');
}
