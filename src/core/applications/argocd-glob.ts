import { RE2JS } from 're2js';
import { type Parsed, parsed, unparsable } from '../parsed.ts';

/**
 * A glob of Argo CD: `**` is any text, `?` one character, `[a-z]` and `[!a-z]` are classes, `{a,b}` alternatives (which
 * nest), a backslash takes the next character as it is. Neither `*` nor `?` goes past a separator.
 * @param separator  "/" for the repoURLs of an AppProject; "" for paths of `directory.include` and `exclude`, where
 *   nothing is one
 * @returns whether a text matches as a whole; in linear time
 * @see Argo CD, "Directory" and "Projects", and github.com/gobwas/glob
 */
export function parseArgocdGlob(glob: string, separator: '/' | ''): Parsed<(text: string) => boolean> {
  try {
    const expression = RE2JS.compile(`(?s:${toExpression(glob, separator === '' ? '.' : '[^/]')})`);
    return parsed((text) => expression.testExact(text));
  } catch {
    return unparsable(`"${glob}" is not a glob`);
  }
}

const TOKEN = /\\(?:.|$)|\*\*|\[[^\]]+\]|[\s\S]/gu;

/** @param one  what a character is that is no separator */
function toExpression(glob: string, one: string): string {
  let depth = 0;
  let expression = '';
  for (const [token] of glob.matchAll(TOKEN)) {
    if (token === '{') depth += 1;
    expression += translate(token, depth > 0, one);
    if (token === '}' && depth > 0) depth -= 1;
  }
  return expression;
}

function translate(token: string, inAlternatives: boolean, one: string): string {
  if (token === '{') return '(?:';
  if (token === '}' && inAlternatives) return ')';
  if (token === ',' && inAlternatives) return '|';
  if (token === '**') return '.*';
  if (token === '*') return `${one}*`;
  if (token === '?') return one;
  if (token.length > 1 && token.startsWith('[')) return toClass(token.slice(1, -1));
  return RE2JS.quote(token.startsWith('\\') ? token.slice(1) : token);
}

function toClass(content: string): string {
  const negated = content.startsWith('!');
  return `[${negated ? '^' : ''}${content.slice(negated ? 1 : 0).replace(/[\\\]^[&]/g, '\\$&')}]`;
}
