/** Everything but what paths, names and versions are made of; a field never holds a blank or a line end. */
export function encodeField(text: string): string {
  return text.replace(/[^A-Za-z0-9._~/:@+=,-]/gu, (character) => encodeURIComponent(character.toWellFormed()));
}

/** undefined: not percent-encoding, so not ours. */
export function decodeField(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
