import { type ByteText, isPrintable, runeAt } from './byte-text.ts';

const HTML: Readonly<Record<string, string>> = {
  '\0': '\u00ef\u00bf\u00bd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

/** The text inside HTML. A NUL becomes U+FFFD. */
export function escapeHtml(text: ByteText): ByteText {
  return text.replace(/[\0"'&<>]/g, (character) => HTML[character] ?? character);
}

/** The text inside a JavaScript string. */
export function escapeJs(text: ByteText): ByteText {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
  return text.replace(/[\\'"<>&=\0-\x1f]|[\x80-\xff]+/g, (found) => {
    if (found === '\\' || found === "'" || found === '"') return `\\${found}`;
    return found < '\x80' ? `\\u${upperHex(found.charCodeAt(0), 4)}` : escapeUnprintable(found);
  });
}

/** Characters beyond ASCII stay as they are when they can be shown. */
function escapeUnprintable(text: ByteText): ByteText {
  let out = '';
  for (let at = 0; at < text.length; ) {
    const { code, size } = runeAt(text, at);
    out += isPrintable(code) ? text.slice(at, at + size) : `\\u${upperHex(code, 4)}`;
    at += size;
  }
  return out;
}

/** The text inside a query: net/url.QueryEscape. */
export function escapeQuery(text: ByteText): ByteText {
  return text.replace(/[^A-Za-z0-9_.~-]/g, (byte) => (byte === ' ' ? '+' : `%${upperHex(byte.charCodeAt(0), 2)}`));
}

function upperHex(code: number, digits: number): string {
  return code.toString(16).toUpperCase().padStart(digits, '0');
}
