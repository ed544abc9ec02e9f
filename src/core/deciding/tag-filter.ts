import { RE2JS } from 're2js';
import { type Parsed, parsed, unparsable } from '../parsed.ts';
import { parseGoGlob } from './go-glob.ts';

/** A compiled allow-tags or ignore-tags setting. */
export interface TagFilter {
  /** As written, for explanations: "regexp:^v", "*-rc*, dev". */
  readonly text: string;
  matches(tag: string): boolean;
}

/**
 * Reads allow-tags: empty and `any` allow everything (undefined), `regexp:<RE2 expression>` what the expression finds
 * anywhere in the tag; both words in any letter case. Upstream lets nothing through when the text is anything else, and
 * only logs it; here it is a problem with its remedy.
 */
export function parseAllowTags(text: string): Parsed<TagFilter | undefined> {
  if (text === '' || text.toLowerCase() === 'any') return parsed(undefined);
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(colon, 0));
  if (name.toLowerCase() !== 'regexp') {
    const remedy = `write "regexp:${text.slice(colon + 1)}", or "any" for every tag`;
    return unparsable(
      colon < 0 ? `"${text}" names no match function: ${remedy}` : `there is no match function "${name}": ${remedy}`,
    );
  }
  return compile(text, text.slice(colon + 1));
}

/** The time for one tag grows with them; expressions that people write have some hundred. */
const MOST_STEPS = 5_000;

function compile(text: string, expression: string): Parsed<TagFilter> {
  try {
    const compiled = RE2JS.compile(expression);
    if (compiled.programSize() > MOST_STEPS) {
      return unparsable(`"${expression.slice(0, 100)}..." is too large: it has too many alternatives or repetitions`);
    }
    return parsed({ text, matches: (tag) => compiled.test(tag) });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return unparsable(
      `"${expression}" is not an RE2 expression (${detail}); look-around and back-references do not exist`,
    );
  }
}

/** ignore-tags, read: the filter of the patterns that work, and the malformed ones, which upstream ignores silently. */
interface IgnoreTags {
  /** Undefined when there is no pattern that could match. */
  readonly filter: TagFilter | undefined;
  readonly malformed: readonly string[];
}

/** Reads ignore-tags, a list of Go globs of which any may match; see go-glob.ts for their grammar. */
export function parseIgnoreTags(patterns: readonly string[]): IgnoreTags {
  const globs = patterns.map((pattern) => ({ pattern, glob: parseGoGlob(pattern) }));
  const working = globs.flatMap(({ glob }) => (glob.ok ? [glob.value] : []));
  const filter = { text: patterns.join(', '), matches: (tag: string) => working.some((glob) => glob.matches(tag)) };
  return {
    filter: working.length > 0 ? filter : undefined,
    malformed: globs.flatMap(({ pattern, glob }) => (glob.ok ? [] : [pattern])),
  };
}
