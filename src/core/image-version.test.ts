import { describe, expect, test } from 'vitest';
import { formatVersion, parseVersionText } from './image-version.ts';

const DIGEST = `sha256:${'1'.repeat(64)}`;

describe('a version in one text', () => {
  for (const text of ['1.2.0', `1.2.0@${DIGEST}`, `@${DIGEST}`]) {
    test(`${text} is read as it is written`, () => {
      const read = parseVersionText(text);
      expect(read.ok && formatVersion(read.value)).toBe(text);
    });
  }

  for (const text of ['', '@', 'a b', '1.2.0@', '1.2.0@sha256:1', `-@${DIGEST}`]) {
    test(`"${text}" is none`, () => {
      expect(parseVersionText(text).ok).toBe(false);
    });
  }
});
