// What a terminal could take for a command, or what makes text look like other text: control characters (C0, DEL,
// C1), the Unicode line and paragraph separators, marks that change the direction of writing, and lone surrogates.
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu;
const UNSAFE_IN_BLOCK = new RegExp(`(?![\\n\\t])(?:${UNSAFE.source})`, 'gu');
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text from outside as one line that is safe on a terminal: control characters become `\n`, `\x1b`, `\u202e`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** As `printable`, for text of several lines such as a diff: line ends and tabs stay. */
export function printableBlock(text: string): string {
  return text.replace(UNSAFE_IN_BLOCK, escaped);
}

/** Replaces what is unsafe by `\uXXXX`: inside a string of JSON, or a double-quoted one of YAML, it reads the same. */
export function printableInQuotes(text: string): string {
  return text.replace(UNSAFE_IN_BLOCK, (character) => `\\u${hex(character, 4)}`);
}

/** Whether `printable` would change anything but line ends and tabs. */
export function hasUnsafeCharacters(text: string): boolean {
  return text.search(UNSAFE_IN_BLOCK) >= 0;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return SHORT[character] ?? (code < 0x100 ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`);
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}
