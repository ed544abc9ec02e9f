import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inPieces } from '../../test/support/in-pieces.ts';
import { textLines } from './text-lines.ts';

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const tooLong = () => new Error('too long');

describe('lines of a stream', () => {
  test('are whole, however they are cut; one that broke off is none', async () => {
    const line = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\n\uFFFD]/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.string(), sizes, async (lines, broken, pieces) => {
        const text = `${lines.map((one) => `${one}\n`).join('')}${broken.replaceAll('\n', '')}`;
        expect(await Array.fromAsync(textLines(inPieces(text, pieces), 1_000, tooLong))).toEqual(lines);
      }),
    );
  });

  test('one without end is refused', async () => {
    const lines = Array.fromAsync(textLines(inPieces('x'.repeat(2_000), [100]), 1_000, tooLong));
    await expect(lines).rejects.toThrow('too long');
  });
});
