import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deepest, type Level } from './merge.ts';

interface Block {
  readonly a?: string;
  readonly b?: readonly string[];
  readonly c?: boolean;
}

const block = fc.option(
  fc.record({ a: fc.string(), b: fc.array(fc.string()), c: fc.boolean() }, { requiredKeys: [] }),
  { nil: undefined },
);
const blocks = fc.array(block, { maxLength: 4 });

function levels(given: readonly (Block | undefined)[]): readonly Level<Block>[] {
  return given.map((one, index) => ({ block: one, path: ['level', index] }));
}

test('each field is that of the deepest level that says it, as a whole, and says where it stands', () => {
  fc.assert(
    fc.property(blocks, fc.constantFrom('a', 'b', 'c'), (given, field) => {
      const index = given.findLastIndex((one) => one?.[field] !== undefined);
      const found = deepest(levels(given), field);
      expect(found?.value).toBe(given[index]?.[field]);
      if (found) expect(found.path).toEqual(['level', index, field]);
    }),
  );
});

test('a level that says nothing changes nothing', () => {
  fc.assert(
    fc.property(blocks, fc.nat(4), (given, at) => {
      for (const nothing of [undefined, {}]) {
        const more = given.toSpliced(at, 0, nothing);
        expect(deepest(levels(more), 'a')?.value).toBe(deepest(levels(given), 'a')?.value);
      }
    }),
  );
});

test('merging is done in any grouping', () => {
  const merge = (given: readonly (Block | undefined)[]): Block =>
    Object.fromEntries(
      (['a', 'b', 'c'] as const).flatMap((field) => {
        const found = deepest(levels(given), field);
        return found ? [[field, found.value]] : [];
      }),
    );
  fc.assert(
    fc.property(blocks, blocks, (outer, inner) => {
      expect(merge([merge(outer), ...inner])).toEqual(merge([...outer, ...inner]));
      expect(merge([...outer, merge(inner)])).toEqual(merge([...outer, ...inner]));
    }),
  );
});
