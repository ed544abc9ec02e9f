import { RE2JS } from 're2js';
import { mappingAt, textAt, type Untyped } from '../../core/untyped.ts';

const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ['**/', '(?:.*/)?'],
  ['**', '.*'],
  ['*', '[^/]*'],
  ['?', '[^/]'],
]);

/** Whether a branch permission is about a branch; undefined where the branching model tells. */
export function matchesBranch(matcher: Untyped, branch: string): boolean | undefined {
  const id = textAt(matcher, 'id') ?? '';
  switch (textAt(mappingAt(matcher, 'type'), 'id')) {
    case 'ANY_REF':
      return true;
    case 'BRANCH':
      return id === `refs/heads/${branch}`;
    case 'PATTERN':
      return matchesPattern(id, branch);
    default:
      return undefined;
  }
}

/**
 * `?` is one character and `*` any, both without slashes; two stars are any folders. A pattern may begin at any folder
 * of the full name, and one that ends with a slash means all below. In linear time: whoever owns the repository wrote it.
 * @see https://confluence.atlassian.com/bitbucketserver/branch-permission-patterns-776639814.html
 */
function matchesPattern(pattern: string, branch: string): boolean {
  const whole = pattern.endsWith('/') ? `${pattern}**` : pattern;
  const source = whole
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => WILDCARDS.get(part) ?? RE2JS.quote(part))
    .join('');
  return RE2JS.compile(`(?:.*/)?${source}`).testExact(`refs/heads/${branch}`);
}
