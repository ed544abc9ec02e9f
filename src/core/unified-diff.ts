import { createTwoFilesPatch } from 'diff';

/**
 * A unified diff as git prints it (three lines of context, "a/" and "b/"), fit for `git apply`.
 * @param before the file's text, undefined when it is new
 * @returns "" when nothing differs
 */
export function unifiedDiff(path: string, before: string | undefined, after: string): string {
  if (before === after) return '';
  const from = before === undefined ? '/dev/null' : `a/${path}`;
  const patch = createTwoFilesPatch(from, `b/${path}`, before ?? '', after, undefined, undefined, { context: 3 });
  const body = patch.slice(patch.indexOf('--- '));
  const header = `diff --git a/${path} b/${path}\n${before === undefined ? 'new file mode 100644\n' : ''}`;
  return `${header}${body}`;
}
