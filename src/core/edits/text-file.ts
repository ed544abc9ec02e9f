import { type Parsed, parsed, unparsable } from '../parsed.ts';

/**
 * A file's bytes as text, such that encoding the text again gives the same bytes: the byte order mark and all line
 * ends stay. What is not UTF-8 or holds a NUL is binary (or UTF-16) and refused.
 */
export function decodeText(bytes: Uint8Array): Parsed<string> {
  const text = decodeUtf8(bytes);
  if (text === undefined) return unparsable('the file is not UTF-8 text');
  if (text.includes('\0')) return unparsable('the file is binary: it holds a NUL character');
  return parsed(text);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
