import { describe, expect, test } from 'vitest';
import { diffEnvironments, type Environment } from './environment-diff.ts';

function environment(name: string, images: Readonly<Record<string, readonly string[]>>): Environment {
  const all = Object.entries(images).flatMap(([key, texts]) => texts.map((image) => ({ name: key, image })));
  return { name, images: all, unread: [] };
}

describe('two environments', () => {
  for (const [why, left, right, differences, same] of [
    ['the same', { web: ['web:1'] }, { web: ['web:1', 'web:1'] }, [], ['web']],
    ['another version', { web: ['web:1'] }, { web: ['web:2'] }, [['web', ['web:1'], ['web:2']]], []],
    ['one has it', { web: ['web:1'] }, {}, [['web', ['web:1'], []]], []],
    ['in any order', { web: ['web:1', 'web:2'] }, { web: ['web:2', 'web:1'] }, [], ['web']],
    ['one more', { web: ['web:1'] }, { web: ['web:2', 'web:1'] }, [['web', ['web:1'], ['web:1', 'web:2']]], []],
    [
      'another registry',
      { 'dev.io/web': ['dev.io/web:1'] },
      { 'prod.io/web': ['prod.io/web:1'] },
      [['web', ['dev.io/web:1'], ['prod.io/web:1']]],
      [],
    ],
    [
      'too many registries to tell',
      { 'a.io/web': ['a.io/web:1'], 'b.io/web': ['b.io/web:1'] },
      { 'c.io/web': ['c.io/web:1'] },
      [
        ['a.io/web', ['a.io/web:1'], []],
        ['b.io/web', ['b.io/web:1'], []],
        ['c.io/web', [], ['c.io/web:1']],
      ],
      [],
    ],
  ] as const) {
    test(why, () => {
      const diff = diffEnvironments(environment('a', left), environment('b', right));
      expect(diff.differences.map((row) => [row.name, row.left, row.right])).toEqual(differences);
      expect(diff.same).toEqual(same);
    });
  }
});
