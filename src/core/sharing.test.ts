import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openSharing } from './sharing.ts';

/** Texts that are equal and two, as JSON.parse makes them. */
function twice<T>(value: T): readonly [T, T] {
  const text = JSON.stringify(value);
  return [JSON.parse(text), JSON.parse(text)];
}

describe('openSharing', () => {
  test('gives what it was given', () => {
    const share = openSharing();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const [plain] = twice(value);
        expect(share(plain)).toEqual(plain);
      }),
    );
  });

  test('leaves what it was given as it was', () => {
    const [given, before] = twice({ images: ['a', 'b'], none: [], deep: { text: 'c' } });
    openSharing()(given);
    expect(given).toEqual(before);
  });

  test('lists without items are one list', () => {
    const share = openSharing();
    const [one, other] = twice({ images: [] as string[] });
    expect(share(one).images).toBe(share(other).images);
  });

  test('goes on when it has seen more texts than it remembers', () => {
    const share = openSharing();
    const texts = Array.from({ length: 25_000 }, (_, nth) => `text ${nth % 15_000}`);
    expect(share(texts)).toEqual(texts);
  });
});
