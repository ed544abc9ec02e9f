// What stands for itself in an expression and in a glob alike.
const PLAIN = /^[A-Za-z0-9_@:+ -]$/;

/**
 * The glob that matches the same tags as a simple regular expression: plain characters, `.`, `.*`, sets such as
 * `[0-9]`, and anchors. Undefined for any other, of which a glob cannot say the same.
 */
export function globOf(expression: string): string | undefined {
  const start = expression.startsWith('^');
  const end = /(?<!\\)\$$/.test(expression);
  const parts: string[] = start ? [] : ['*'];
  let rest = expression.slice(start ? 1 : 0, end ? -1 : undefined);
  while (rest !== '') {
    const [token = rest.charAt(0)] = /^(?:\.\*|\\.|\[[A-Za-z0-9-]+\])/.exec(rest) ?? [];
    rest = rest.slice(token.length);
    const part = globPart(token);
    if (part === undefined || /^[*+?{]/.test(rest)) return undefined;
    parts.push(part);
  }
  if (!end) parts.push('*');
  return parts.join('').replace(/\*+/g, '*');
}

function globPart(token: string): string | undefined {
  if (token === '.*') return '*';
  if (token === '.') return '?';
  if (token.startsWith('[')) return token;
  // A class such as \d is no character that was escaped.
  if (token.startsWith('\\')) return /^\\[.+-]$/.test(token) ? token.slice(1) : undefined;
  return PLAIN.test(token) ? token : undefined;
}
