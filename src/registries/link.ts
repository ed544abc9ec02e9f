import { type Parsed, parsed, unparsable } from '../core/parsed.ts';

/**
 * The target of a Link header's relation "next", as sent (RFC 8288); undefined when there is no such link.
 * A link that names no relation is taken for it too: to follow one page too many is harmless, to miss one loses tags.
 * For the same reason a header that cannot be read is a problem, not a missing link.
 */
export function nextLink(header: string | readonly string[] | undefined): Parsed<string | undefined> {
  const links: Link[] = [];
  for (const text of [header ?? []].flat()) {
    const found = parseLinks(text);
    if (found === undefined) return unparsable('the Link header cannot be read');
    links.push(...found);
  }
  return parsed(links.find(({ relations }) => relations === undefined || relations.includes('next'))?.target);
}

interface Link {
  readonly target: string;
  /** Lower case; undefined when the link names none. */
  readonly relations: readonly string[] | undefined;
}

// Blanks can be read in one way only: where there are two, a header of 100 characters takes years.
const LINK = /\s*<([^>]*)>\s*((?:;\s*[^\s=;,]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"\s*|[^\s",;]+\s*)?)?)*)(?:,|$)/gy;
const PARAMETER = /;\s*([^\s=;,]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?/g;

function parseLinks(header: string): Link[] | undefined {
  const matches = [...header.matchAll(LINK)];
  const read = matches.reduce((length, [text]) => length + text.length, 0);
  if (read < header.trimEnd().length) return undefined;
  return matches.map(([, target = '', parameters = '']) => {
    const relation = [...parameters.matchAll(PARAMETER)].find(([, name = '']) => name.toLowerCase() === 'rel');
    return { target, relations: relation && (relation[2] ?? relation[3] ?? '').toLowerCase().split(/\s+/) };
  });
}
