import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inPieces } from '../../test/support/in-pieces.ts';
import { isUntyped, type Untyped } from '../core/untyped.ts';
import { readList } from './list-stream.ts';

async function read(text: string, sizes: readonly number[] = []) {
  const items: Untyped[] = [];
  const rest = await readList(inPieces(text, sizes), (item) => items.push(item));
  return { items, rest };
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const object = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()).filter(isUntyped);

describe('a list as it arrives', () => {
  test('is what parsing the whole of it gives, however it is cut and spaced', async () => {
    const list = fc.record({ kind: fc.string(), metadata: object, items: fc.array(object), more: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(list, sizes, fc.constantFrom(0, 1, 2), async (document, pieces, indent) => {
        const text = JSON.stringify(document, null, indent);
        const { items, ...rest } = JSON.parse(text);
        expect(await read(text, pieces)).toEqual({ items, rest: { ...rest, items: [] } });
      }),
    );
  });

  for (const [text, rest, why] of [
    ['{"items":null,"kind":"List"}', { items: null, kind: 'List' }, 'as the API server may write an empty list'],
    ['{"metadata":{"items":[{"a":1}]}}', { metadata: { items: [{ a: 1 }] } }, 'only those of the root are items'],
    ['{"a":"\\"items\\":[","b":[{"c":1}]}', { a: '"items":[', b: [{ c: 1 }] }, 'a text is no list'],
    ['<html>"items": [{"a":', undefined, 'a login page is no list'],
    ['{"items":[{"a":1}', undefined, 'what broke off is no answer'],
  ] as const) {
    test(`${text}: ${why}`, async () => {
      expect((await read(text)).rest).toEqual(rest);
    });
  }

  test('an item without end is refused', async () => {
    const endless = `{"items":[{"a":"${'x'.repeat(17 * 1024 * 1024)}`;
    await expect(read(endless, [64 * 1024])).rejects.toMatchObject({ code: 'CLUSTER_INVALID_ANSWER' });
  });
});
