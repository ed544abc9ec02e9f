/** One way to authenticate that a server offers. */
export interface Challenge {
  /** Lower case: "basic", "bearer", ... */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

// RFC 9110, sections 5.6.2 "Tokens", 5.6.4 "Quoted Strings", 11.2 "Authentication Parameters".
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const VALUE = /\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/y;
const TOKEN68 = / +[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;
const SEPARATOR = /[\s,]+/y;

/**
 * All challenges of all WWW-Authenticate headers. One header may hold several, and commas part both challenges and
 * their parameters: what is followed by "=" is a parameter, any other word begins a challenge. Reading stops at text
 * that is neither.
 * @see RFC 9110, section 11.6.1
 */
export function parseChallenges(header: string | readonly string[] | undefined): readonly Challenge[] {
  return [header ?? []].flat().flatMap(parseHeader);
}

function parseHeader(text: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    position += match?.[0].length ?? 0;
    return match;
  };
  for (;;) {
    take(SEPARATOR);
    const word = take(TOKEN)?.[0].toLowerCase();
    if (word === undefined) return challenges;
    const value = take(VALUE);
    const present = challenges.at(-1);
    if (value === null) {
      challenges.push({ scheme: word, parameters: new Map() });
      take(TOKEN68);
    } else if (present !== undefined && !present.parameters.has(word)) {
      present.parameters.set(word, value[2] ?? unquote(value[1] ?? ''));
    }
  }
}

function unquote(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}
