import { expect, test } from 'vitest';
import { digestOf } from '../digest.ts';
import { parseTag, type Tag } from '../reference.ts';
import { parseTimestamp } from '../timestamp.ts';
import { dateNotes } from './date-notes.ts';
import type { TagFacts } from './scan.ts';

const NOW_MS = Date.parse('2026-01-01T00:00:00Z');

function image(created: string | undefined, createdFrom?: 'annotation' | 'first-seen'): TagFacts {
  const createdNs = created === undefined ? undefined : parseTimestamp(created);
  return {
    kind: 'image',
    digest: digestOf(new Uint8Array()),
    ...(createdNs === undefined ? {} : { createdNs }),
    ...(createdFrom === undefined ? {} : { createdFrom }),
  };
}

function factsOf(facts: Readonly<Record<string, TagFacts>>): Map<Tag, TagFacts> {
  const entries = Object.entries(facts).map(([text, one]): [Tag, TagFacts] => {
    const tag = parseTag(text);
    if (!tag.ok) throw new Error(tag.problem);
    return [tag.value, one];
  });
  return new Map(entries);
}

for (const [why, facts, expected] of [
  ['as usual', { a: image('2025-12-31T00:00:00Z'), b: image(undefined), c: { kind: 'gone' } }, []],
  ['dated by an annotation', { a: image('2025-12-31T00:00:00Z', 'annotation') }, []],
  [
    'reproducible',
    { a: image('1970-01-01T00:00:00Z'), b: image('1970-12-31T23:59:59Z'), c: image('1971-01-01T00:00:00Z') },
    ['dated 1970, as reproducible builds are: a, b'],
  ],
  ['before there were images', { a: image('1969-12-31T23:59:59Z'), b: image('0001-01-01T00:00:00Z') }, []],
  [
    'in the future, but for clocks that differ a little',
    { a: image('2026-01-01T00:05:00Z'), b: image('2026-01-01T00:05:01Z') },
    ['dated in the future (now is 2026-01-01T00:00:00Z): b'],
  ],
  [
    'first seen',
    { a: image('2025-12-31T00:00:00Z', 'first-seen') },
    ['without a creation time, so that it counts when they were first seen: a'],
  ],
  [
    'many',
    Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((tag) => [tag, image('1970-01-01T00:00:00Z')])),
    ['dated 1970, as reproducible builds are: a, b, c and 2 more'],
  ],
] as const satisfies readonly (readonly [string, Readonly<Record<string, TagFacts>>, readonly string[]])[]) {
  test(`images that are ${why}`, () => {
    expect(dateNotes({ facts: factsOf(facts), nowMs: NOW_MS })).toEqual(expected);
  });
}

test('without a clock nothing is in the future', () => {
  expect(dateNotes({ facts: factsOf({ a: image('2999-01-01T00:00:00Z') }) })).toEqual([]);
});
