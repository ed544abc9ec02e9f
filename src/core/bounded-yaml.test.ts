import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import { BOUNDED, composeYaml } from './bounded-yaml.ts';

const QUIET = { prettyErrors: false, logLevel: 'silent' } as const;

function shown({ contents, errors, range }: Document): string {
  const problems = errors.map(({ code, pos, message }) => ({ code, pos, message }));
  return inspect({ contents, problems, range }, { depth: Number.POSITIVE_INFINITY });
}

test('reads as the library does, with the same lines', () => {
  const words = fc.constantFrom(
    ...['a', ': ', '- ', '\n', '  ', '---\n', '{', '}', '[', ']', ',', '"', '&x ', '*x', '#'],
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 60 }), (parts) => {
      const text = parts.join('');
      const [own, theirs] = [new LineCounter(), new LineCounter()];
      const read = composeYaml(text, { ...QUIET, lineCounter: own }, BOUNDED);
      const expected = parseAllDocuments(text, { ...QUIET, lineCounter: theirs });
      expect(own.lineStarts).toEqual(theirs.lineStarts);
      expect(read.map(shown)).toEqual(expected.map(shown));
    }),
  );
});

// What the library takes gigabytes and minutes for.
for (const [what, text] of [
  ['brackets', '['.repeat(8_000_000)],
  ['braces', '{a: '.repeat(2_000_000)],
  ['dashes', '- '.repeat(4_000_000)],
  ['commas', `[${'a,'.repeat(4_000_000)}]`],
  ['lines', '- name: a\n'.repeat(1_000_000)],
  ['documents', '---\n'.repeat(2_000_000)],
  ['errors', '}\n'.repeat(4_000_000)],
  ['merges', `a: &a {b: c}\n${'d: {<<: *a}\n'.repeat(10_000)}`],
] as const) {
  test(`gives up a text of nothing but ${what}`, () => {
    expect(() => composeYaml(text, QUIET, BOUNDED)).toThrow(RangeError);
  });
}

test('gives up no deep text for its depth alone where the library would read it', () => {
  const text = `${'['.repeat(500)}${']'.repeat(500)}`;
  expect(composeYaml(text, QUIET).flatMap(({ errors }) => errors)).toEqual([]);
});

test('takes a large text of one’s own', () => {
  expect(composeYaml('- a\n'.repeat(BOUNDED.lexemes / 4), QUIET)).toHaveLength(1);
});
