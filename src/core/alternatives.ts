/** "a", "a or b", "a, b or c". Intl's lists take as long to load as everything else that a small command does. */
export function alternatives(values: readonly string[]): string {
  const last = values.at(-1) ?? '';
  return values.length < 2 ? last : `${values.slice(0, -1).join(', ')} or ${last}`;
}
