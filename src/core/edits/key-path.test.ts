import { load, YAML11_SCHEMA } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { goldenCases } from '../../../test/golden/golden.ts';
import { allOf, type Editor, editText } from './edit-text.ts';
import { parseKeyPath, setPath, textAt } from './key-path.ts';
import { openYaml, type YamlFile } from './yaml-file.ts';

describe('parseKeyPath', () => {
  for (const [text, expected] of [
    ['image.tag', [['image'], ['tag']]],
    ['list[1].tag', [['list', 1], ['tag']]],
    ['m[0][12]', [['m', 0, 12]]],
    ['list[+0]', [['list', 0]]],
    ['list[00]', [['list', 0]]],
    ['a\\.b', [['a\\'], ['b']]],
    ['a[0]b', [['a[0]b']]],
    ['list[1.5]', [['list[1'], ['5]']]],
    ['.', [[''], ['']]],
  ] as const) {
    test(text, () => {
      const steps = parseKeyPath(text);
      expect(steps.ok && steps.value.map(({ key, indexes }) => [key, ...indexes])).toEqual(expected);
    });
  }

  for (const text of ['list[]', 'list[x].tag', 'list[-1]', 'list[9999999999]']) {
    test(`${text} is refused`, () => {
      expect(parseKeyPath(text).ok).toBe(false);
    });
  }
});

describe('textAt', () => {
  const file = `
image: {tag: 1.10, name: null}
list: [{tag: a}, b]
base: &base {tag: v1, other: v2}
merged: {<<: *base, other: v3}
both: {<<: [{x: first}, *base]}
again: *base
a.b: literal
a: {c: 1}
on: word
twice: 1
twice: 2
`;
  for (const [path, expected] of [
    ['image.tag', '1.1'],
    ['image.name', undefined],
    ['image', undefined],
    ['list[0].tag', 'a'],
    ['list[1]', 'b'],
    ['list[2]', undefined],
    ['merged.tag', 'v1'],
    ['merged.other', 'v3'],
    ['both.tag', 'v1'],
    ['both.x', 'first'],
    ['again.tag', 'v1'],
    ['a.b', 'literal'],
    ['on', 'word'],
    ['twice', undefined],
  ] as const) {
    test(`${path} is ${expected}`, () => {
      const yaml = openYaml(file);
      expect(yaml.ok && textAt(yaml.value, path)).toBe(expected);
    });
  }
});

interface Sets {
  readonly sets: readonly { readonly key: string; readonly value: string }[];
}

const editor: Editor<{ readonly yaml: YamlFile }, Sets> = {
  parse: (text) => {
    const yaml = openYaml(text);
    return yaml.ok ? { ok: true, value: { yaml: yaml.value } } : yaml;
  },
  plan: ({ yaml }, { sets }) => allOf(sets.map(({ key, value }) => setPath(yaml, key, value))),
  says: ({ yaml }, { sets }) => sets.every(({ key, value }) => textAt(yaml, key) === value),
};

function apply(text: string, sets: Sets): { readonly text: string; readonly problem: string | undefined } {
  const file = editor.parse(text);
  if (!file.ok) return { text, problem: file.problem };
  const edited = editText(editor, file.value, [sets]);
  return { text: edited.text, problem: edited.problems.get(0)?.message };
}

describe('setPath refuses', () => {
  for (const [text, key, because] of [
    ['image:\n', 'image.tag', 'has no value'],
    ['image: v1\n', 'image.tag', 'enters a plain value'],
    ['list: [{tag: a}]\n', 'list.tag', 'enters a list'],
    ['list: [{tag: a}]\n', 'list[3].tag', 'has 1 items, none at [3]'],
    ['list: {a: 1}\n', 'list[0]', 'is not a list'],
    ['a: 1\n', 'images[0].tag', 'needs the list "images"'],
    ['a: 1\n', 'images[x].tag', 'not an index'],
    ['image.tag: {a: 1}\n', 'image.tag', 'holds a mapping'],
    ['image:\n  tag: [1]\n', 'image.tag', 'holds a list'],
    ['b: &b {t: [v]}\na: *b\n', 'a.t[0]', 'alias *b'],
    ['b: &b [v]\na: *b\n', 'a[0]', 'alias *b'],
    ['image: {tag: 1}\nimage: {tag: 2}\n', 'image.tag', 'twice'],
    ['- a\n', 'image.tag', 'not a mapping'],
  ] as const) {
    test(`${key} in ${JSON.stringify(text)}: ${because}`, () => {
      const edited = apply(text, { sets: [{ key, value: 'v2' }] });
      expect(edited.text).toBe(text);
      expect(edited.problem).toContain(because);
    });
  }
});

test('a nested key comes before a top-level key of that name, which comes before a new one', () => {
  const sets = [{ key: 'image.tag', value: 'v2' }];
  expect(apply('image: {tag: v1}\nimage.tag: v1\n', { sets }).text).toBe('image: {tag: v2}\nimage.tag: v1\n');
  expect(apply('image: {name: x}\nimage.tag: v1\n', { sets }).text).toBe('image: {name: x}\nimage.tag: v2\n');
});

interface Golden extends Sets {
  readonly values: string;
  readonly after: string | null;
  readonly afterObject: unknown;
  readonly mode?: 'in-place' | 're-marshal';
  readonly note: string;
  readonly error?: string;
  readonly defect?: string;
}

describe('as upstream, where that is right', () => {
  test('helmvalues.jsonl', () => {
    for (const golden of goldenCases<Golden>('helmvalues.jsonl').filter(({ defect }) => defect === undefined)) {
      const edited = apply(golden.values, golden);
      expect(edited.problem !== undefined, golden.note).toBe(golden.error !== undefined);
      if (golden.error !== undefined) continue;
      const object = load(edited.text, { schema: YAML11_SCHEMA });
      expect(object, golden.note).toEqual(golden.afterObject);
      if (golden.mode === 'in-place') expect(edited.text, golden.note).toBe(golden.after);
    }
  });
});
