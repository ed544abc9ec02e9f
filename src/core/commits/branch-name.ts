import { type Parsed, parsed, unparsable } from '../parsed.ts';

// git-check-ref-format(1), rules 1, 3 to 7 and 10, and no leading dash as `git branch` asks.
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|^@$|^-|^\/|\/$|\/\/|\.$/;
const MAX_LENGTH = 255;

const FULL = 'refs/heads/';

/** The same branch in its short name, whatever else may be wrong with it. */
export function shortBranch(text: string): string {
  return text.startsWith(FULL) ? text.slice(FULL.length) : text;
}

/** A branch's short name. */
export function parseBranch(text: string): Parsed<string> {
  const name = shortBranch(text);
  const components = name.split('/');
  const bad = components.some((part) => part.startsWith('.') || part.endsWith('.lock'));
  if (name === '' || name.length > MAX_LENGTH || bad || FORBIDDEN.test(name) || !name.isWellFormed()) {
    return unparsable(`${JSON.stringify(text.slice(0, MAX_LENGTH))} cannot be the name of a branch`);
  }
  return parsed(name);
}
