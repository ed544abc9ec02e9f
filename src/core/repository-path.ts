import { type Parsed, parsed, unparsable } from './parsed.ts';

// Characters that macOS's file system ignores, by which `.g\u200cit` would become `.git` in a checkout.
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const CONTROL_OR_BACKSLASH = /[\u0000-\u001f\u007f\\]/;
const MAX_LENGTH = 4096;

/**
 * The place in a repository that a path from outside means: "/x" counts from the root, anything else from `base`.
 * Cleaned by its text alone (symbolic links are followed by whoever reads the tree); "" is the root itself.
 * Refused: the empty text, what leaves the tree, every spelling of `.git` that some checkout would take for it,
 * control characters, NUL and backslashes.
 * @param base a folder in the repository, "" for its root
 */
export function resolveInRepository(base: string, path: string): Parsed<string> {
  const shown = JSON.stringify(path.slice(0, 200));
  if (path === '') return unparsable('the path is empty');
  if (path.length > MAX_LENGTH) return unparsable(`the path ${shown}... is longer than ${MAX_LENGTH} characters`);
  const joined = path.startsWith('/') ? path : `${base}/${path}`;
  if (CONTROL_OR_BACKSLASH.test(joined) || !joined.isWellFormed()) {
    return unparsable(`the path ${shown} has a control character, a backslash or broken Unicode`);
  }
  const parts: string[] = [];
  for (const part of joined.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (parts.pop() === undefined) return unparsable(`the path ${shown} leads out of the repository`);
      continue;
    }
    if (isGitFolder(part)) return unparsable(`the path ${shown} leads into Git's own folder`);
    parts.push(part);
  }
  return parsed(parts.join('/'));
}

/** Whether some system would take this name for `.git`: letter case, trailing dots and blanks, streams, 8.3 names. */
function isGitFolder(name: string): boolean {
  const plain = name
    .replace(IGNORED_BY_HFS, '')
    .replace(/:.*$/, '')
    .replace(/[. ]+$/, '')
    .toLowerCase();
  return plain === '.git' || /^git~\d+$/.test(plain);
}
