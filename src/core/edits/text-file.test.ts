import { describe, expect, test } from 'vitest';
import { decodeText } from './text-file.ts';

describe('decodeText', () => {
  for (const [what, text] of [
    ['a byte order mark', '\ufeffimage: {}\n'],
    ['CRLF and no final line break', 'a: 1\r\nb: 2'],
    ['characters beyond the first plane', 'name: 🚢\n'],
    ['an empty file', ''],
  ] as const) {
    test(`keeps ${what}`, () => {
      expect(decodeText(new TextEncoder().encode(text))).toEqual({ ok: true, value: text });
    });
  }

  for (const [what, bytes] of [
    ['invalid UTF-8', [0x61, 0xff, 0x62]],
    ['a cut character', [0xf0, 0x9f, 0x9a]],
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00]],
    ['NUL', [0x61, 0x00]],
  ] as const) {
    test(`refuses ${what}`, () => {
      expect(decodeText(new Uint8Array(bytes)).ok).toBe(false);
    });
  }
});
