import fc from 'fast-check';
import { expect, test } from 'vitest';
import { draftTitle } from './draft-title.ts';

const TITLE = draftTitle('WIP: ', /^WIP:\s*/i);

test('what is written as a draft is read as it was, and fits', () => {
  const title = fc.string({ minLength: 1, maxLength: 250 }).filter((text) => text === text.trim());
  fc.assert(
    fc.property(title, (text) => {
      const written = TITLE.write(text, true);
      expect(written.length).toBeLessThanOrEqual(255);
      expect(TITLE.read(written)).toBe(text);
    }),
  );
});

test('what is no draft is written as it is', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 255 }), (text) => {
      expect(TITLE.write(text, false)).toBe(text);
    }),
  );
});
