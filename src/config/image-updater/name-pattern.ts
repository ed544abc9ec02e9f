import { parseGoGlob } from '../../core/deciding/go-glob.ts';
import { type Parsed, parsed } from '../../core/parsed.ts';

/** A `namePattern`: which names it matches, and how specific it is. */
export interface NamePattern {
  readonly text: string;
  /** Its part of a reference's score (reference part 1, 1.8). */
  readonly score: number;
  matches(name: string): boolean;
}

const EXACT_NAME = 1_000_000;

export function parseNamePattern(text: string): Parsed<NamePattern> {
  const glob = parseGoGlob(text);
  if (!glob.ok) return glob;
  // Nearly every name of a big installation is turned down by its first letters.
  const [prefix = ''] = /^[^*?[\\]*/.exec(text) ?? [];
  return parsed({
    text,
    score: scoreOf(text),
    matches: (name) => name.startsWith(prefix) && glob.value.matches(name),
  });
}

/** The bytes that are no wildcard, far above all of them a name without any; a backslash is a byte like another. */
function scoreOf(text: string): number {
  const literal = text.replace(/\[.*?\]/gs, '').replace(/[*?]/g, '');
  return (/[*?[\]]/.test(text) ? 0 : EXACT_NAME) + new TextEncoder().encode(literal).length;
}
