import { RE2JS } from 're2js';
import { type Parsed, parsed, unparsable } from '../core/parsed.ts';

/**
 * A glob of Argo CD's `directory.include` and `exclude`: `*` and `**` cross "/", `?` is one character, `[a-z]` and
 * `[!a-z]` are classes, `{a,b}` alternatives (which nest), a backslash takes the next character as it is.
 * @returns whether a path, relative to the source's folder, matches as a whole; in linear time
 * @see Argo CD, "Directory", and github.com/gobwas/glob
 */
export function parseDirectoryGlob(glob: string): Parsed<(path: string) => boolean> {
  try {
    const expression = RE2JS.compile(`(?s:${toExpression(glob)})`);
    return parsed((path) => expression.testExact(path));
  } catch {
    return unparsable(`"${glob}" is not a glob`);
  }
}

const TOKEN = /\\(?:.|$)|\[[^\]]+\]|[\s\S]/gu;

function toExpression(glob: string): string {
  let depth = 0;
  let expression = '';
  for (const [token] of glob.matchAll(TOKEN)) {
    if (token === '{') depth += 1;
    expression += translate(token, depth > 0);
    if (token === '}' && depth > 0) depth -= 1;
  }
  return expression;
}

function translate(token: string, inAlternatives: boolean): string {
  if (token === '{') return '(?:';
  if (token === '}' && inAlternatives) return ')';
  if (token === ',' && inAlternatives) return '|';
  if (token === '*') return '.*';
  if (token === '?') return '.';
  if (token.length > 1 && token.startsWith('[')) return toClass(token.slice(1, -1));
  return RE2JS.quote(token.startsWith('\\') ? token.slice(1) : token);
}

function toClass(content: string): string {
  const negated = content.startsWith('!');
  return `[${negated ? '^' : ''}${content.slice(negated ? 1 : 0).replace(/[\\\]^[&]/g, '\\$&')}]`;
}
