import { type Parsed, parsed, unparsable } from '../parsed.ts';

/** A pattern of Go's path/filepath.Match, compiled. It matches a whole name, case-sensitively. */
export interface GoGlob {
  readonly pattern: string;
  matches(name: string): boolean;
}

/** One element of a pattern: any run of characters, or a test of a single one. */
type Element = { readonly kind: 'star' } | { readonly kind: 'one'; readonly accepts: (character: string) => boolean };

const STAR: Element = { kind: 'star' };
const ANY_ONE: Element = { kind: 'one', accepts: (character) => character !== '/' };

/**
 * Reads a glob: `*` and `?` match anything but "/", `[a-z]` and `[^a-z]` a class, a backslash takes the next character
 * literally. There are no braces, `!` does not negate, and "]" cannot come first in a class. Go gives up on a malformed
 * pattern while it matches; here it is a problem at once.
 * @see Go 1.26, path/filepath.Match on Unix
 */
export function parseGoGlob(pattern: string): Parsed<GoGlob> {
  const characters = [...pattern];
  const elements: Element[] = [];
  let position = 0;
  while (position < characters.length) {
    const character = characters[position];
    if (character === '*') {
      if (elements.at(-1) !== STAR) elements.push(STAR);
      position += 1;
    } else if (character === '?') {
      elements.push(ANY_ONE);
      position += 1;
    } else {
      const read = character === '[' ? readClass(characters, position) : readLiteral(characters, position);
      if (!read) return unparsable(`"${pattern}" is a malformed pattern`);
      elements.push({ kind: 'one', accepts: read.accepts });
      position = read.next;
    }
  }
  return parsed({ pattern, matches: (name) => matchElements(elements, [...name]) });
}

interface Read {
  readonly accepts: (character: string) => boolean;
  /** Where the pattern goes on. */
  readonly next: number;
}

function readLiteral(characters: readonly string[], start: number): Read | undefined {
  const at = characters[start] === '\\' ? start + 1 : start;
  const literal = characters[at];
  return literal === undefined ? undefined : { accepts: (character) => character === literal, next: at + 1 };
}

function readClass(characters: readonly string[], start: number): Read | undefined {
  const negated = characters[start + 1] === '^';
  const ranges: (readonly [low: number, high: number])[] = [];
  let position = start + (negated ? 2 : 1);
  while (characters[position] !== ']' || ranges.length === 0) {
    const low = readClassCharacter(characters, position);
    if (!low) return undefined;
    const high = characters[low.next] === '-' ? readClassCharacter(characters, low.next + 1) : low;
    if (!high) return undefined;
    ranges.push([low.code, high.code]);
    position = high.next;
  }
  const accepts = (character: string) => {
    const code = character.codePointAt(0) ?? 0;
    return ranges.some(([low, high]) => low <= code && code <= high) !== negated;
  };
  return { accepts, next: position + 1 };
}

function readClassCharacter(characters: readonly string[], at: number): { code: number; next: number } | undefined {
  const first = characters[at];
  if (first === '-' || first === ']') return undefined;
  const next = first === '\\' ? at + 2 : at + 1;
  const code = characters[next - 1]?.codePointAt(0);
  return code === undefined ? undefined : { code, next };
}

/** Tries the shortest run for the last star only, so the time is at most pattern times name. */
function matchElements(elements: readonly Element[], name: readonly string[]): boolean {
  let element = 0;
  let position = 0;
  let retry: { element: number; position: number } | undefined;
  while (position < name.length || element < elements.length) {
    const current = elements[element];
    const character = name[position];
    if (current?.kind === 'star') {
      element += 1;
      retry = { element, position };
    } else if (current && character !== undefined && current.accepts(character)) {
      element += 1;
      position += 1;
    } else {
      const swallowed = retry && name[retry.position];
      if (!retry || swallowed === undefined || swallowed === '/') return false;
      retry.position += 1;
      element = retry.element;
      position = retry.position;
    }
  }
  return true;
}
