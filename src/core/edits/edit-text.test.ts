import fc from 'fast-check';
import { loadAll } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { dataOf, type MessyYaml, messyYaml, placesOf } from '../../../test/support/messy-yaml.ts';
import type { Edited } from '../target.ts';
import { type Editor, editText } from './edit-text.ts';
import { setPath, textAt } from './key-path.ts';
import { openYaml, type YamlFile } from './yaml-file.ts';

interface KeyValue {
  readonly key: string;
  readonly value: string;
}

const editor: Editor<{ readonly yaml: YamlFile }, KeyValue> = {
  parse: (text) => {
    const yaml = openYaml(text);
    return yaml.ok ? { ok: true, value: { yaml: yaml.value } } : yaml;
  },
  plan: ({ yaml }, { key, value }) => setPath(yaml, key, value),
  says: ({ yaml }, { key, value }) => textAt(yaml, key) === value,
};

function set(text: string, ...wanted: KeyValue[]): Edited {
  const file = editor.parse(text);
  if (!file.ok) throw new Error(file.problem);
  return editText(editor, file.value, wanted);
}

/** The characters of `before` and `after` that are not in their common head and tail. */
function changed(before: string, after: string): { readonly old: string; readonly new: string } {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return { old: before.slice(head, before.length - tail), new: after.slice(head, after.length - tail) };
}

const value = fc.oneof(
  fc.constantFrom('1.10', '1e3', 'true', 'on', '2024-01-01', '012', '0x1f', '12:30:45', 'latest', '1.2.3', "it's"),
  fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/),
);

describe('a messy file', () => {
  test('is read by the second parser as it was meant', () => {
    fc.assert(
      fc.property(messyYaml, ({ text, root }) => {
        expect(loadAll(text)[0]).toEqual(dataOf(root));
      }),
    );
  });

  test('keeps every character but the value', () => {
    fc.assert(
      fc.property(messyYaml, fc.nat(), value, (file: MessyYaml, pick, to) => {
        const places = placesOf(file.root);
        const place = places[pick % places.length];
        if (!place) return;
        const raw = place.node.kind === 'alias' ? `*${place.node.of.anchor}` : place.node.raw;
        const edited = set(file.text, { key: place.path, value: to });
        expect(edited.problems).toEqual(new Map());
        expect(raw).toContain(changed(file.text, edited.text).old);
        if (place.node.kind === 'alias') place.replace({ kind: 'leaf', raw: to, value: to });
        else place.node.value = to;
        const [first, ...others] = loadAll(edited.text);
        expect(first).toEqual(dataOf(file.root));
        expect(others).toEqual(loadAll(file.text).slice(1));
      }),
      { numRuns: 400 },
    );
  });

  test('takes many values at once', () => {
    fc.assert(
      fc.property(messyYaml, fc.array(fc.nat(), { minLength: 2, maxLength: 6 }), value, (file, picks, to) => {
        const places = placesOf(file.root).filter(({ node }) => node.kind === 'leaf' && !node.anchor);
        const chosen = [...new Set(picks.flatMap((pick) => places[pick % places.length] ?? []))];
        const edited = set(file.text, ...chosen.map(({ path }) => ({ key: path, value: to })));
        expect(edited.problems).toEqual(new Map());
        for (const { node } of chosen) if (node.kind === 'leaf') node.value = to;
        expect(loadAll(edited.text)[0]).toEqual(dataOf(file.root));
      }),
      { numRuns: 200 },
    );
  });

  test('gets new keys by insertion alone', () => {
    fc.assert(
      fc.property(messyYaml, fc.constantFrom('new', 'new.tag', 'k0.new', 'k1.new.tag'), value, (file, key, to) => {
        const edited = set(file.text, { key, value: to });
        if (edited.problems.size > 0) {
          expect(edited.text).toBe(file.text);
          return;
        }
        expect(changed(file.text, edited.text).old).toBe('');
        const [first, ...others] = loadAll(edited.text);
        expect(first).toEqual(put(dataOf(file.root), key.split('.'), to));
        expect(others).toEqual(loadAll(file.text).slice(1));
      }),
      { numRuns: 400 },
    );
  });
});

function put(data: unknown, [key = '', ...rest]: readonly string[], to: string): unknown {
  const mapping = { ...Object(data) };
  return { ...mapping, [key]: rest.length === 0 ? to : put(mapping[key] ?? {}, rest, to) };
}

describe('odd places', () => {
  for (const [what, before, key, to, after] of [
    ['an empty value', 'tag:\nb: 1\n', 'tag', '1.2.3', 'tag: 1.2.3\nb: 1\n'],
    ['an empty value, CRLF', 'a:\r\n  tag:\r\n', 'a.tag', '1.2.3', 'a:\r\n  tag: 1.2.3\r\n'],
    ['an empty value before a comment', 'tag: # soon\n', 'tag', '1.10', 'tag: "1.10" # soon\n'],
    ['an empty value with an anchor', 'tag: &t\nb: 1\n', 'tag', '1.2.3', 'tag: &t 1.2.3\nb: 1\n'],
    ['a flow key without a colon', 'a: {tag, b: 1}\n', 'a.tag', '1.2.3', 'a: {tag: 1.2.3, b: 1}\n'],
    ['an empty flow value', 'a: {tag: , b: 1}\n', 'a.tag', '1.2.3', 'a: {tag: 1.2.3 , b: 1}\n'],
    ['an empty item', 'l:\n-\n- b\n', 'l[0]', '1.2.3', 'l:\n- 1.2.3\n- b\n'],
    ['a literal block', 'tag: |-\n    1.0\n\nb: 1\n', 'tag', '2.0', 'tag: |-\n    2.0\n\nb: 1\n'],
    ['a clipped block', 'tag: | # x\n  1.0\nb: 1\n', 'tag', '2.0', 'tag: |- # x\n  2.0\nb: 1\n'],
    ['a kept block', 'tag: >2+\r\n  a\r\n  b\r\n\r\n', 'tag', '2.0', 'tag: >2-\r\n  2.0\r\n\r\n'],
    ['a folded plain value', 'tag: one\n  two # x\n', 'tag', '2.0', 'tag: "2.0" # x\n'],
    ['a quoted value over two lines', 'tag: "one\n  two"\n', 'tag', '2.0', 'tag: "2.0"\n'],
    ['an explicit key', '? tag\n: 1\n', 'tag', '2.0.0', '? tag\n: 2.0.0\n'],
    ['JSON', '{"image": {"tag": "1"}}', 'image.name', 'x', '{"image": {"tag": "1", "name": "x"}}'],
    ['an empty flow mapping', 'image: {}\n', 'image.tag', '1.2.3', 'image: {tag: 1.2.3}\n'],
    ['a flow mapping over lines', 'a: {\n  b: 1, # x\n}\n', 'a.c', 'v', 'a: {\n  b: 1, # x\n  c: v,\n}\n'],
    ['a flow mapping, no last comma', 'a: {\n  b: 1 # x, y\n}\n', 'a.c', 'v', 'a: {\n  b: 1, # x, y\n  c: v\n}\n'],
    ['a new key after a block', 'a: |+\n  x\n\n', 'b', 'v', 'a: |+\n  x\n\nb: v\n'],
    ['a new key, no final line break', 'a:\r\n    b: 1', 'a.c', 'v', 'a:\r\n    b: 1\r\n    c: v'],
    [
      'a new key beside a merge',
      'a: &a\n  t: 1\nb:\n  <<: *a\n',
      'b.t',
      '2.x',
      'a: &a\n  t: 1\nb:\n  <<: *a\n  t: 2.x\n',
    ],
    ['an alias', 'a: &a 1.0\nb: *a\n', 'b', '2.0.0', 'a: &a 1.0\nb: 2.0.0\n'],
    ['an anchored value', 'a: &a 1.0.0\nb: *a\n', 'a', '2.0.0', 'a: &a 2.0.0\nb: *a\n'],
    ['a document of comments', '# only\r\n', 'a.b', 'v', '# only\r\na:\r\n  b: v\r\n'],
    ['an empty document', '---\n', 'a', 'v', '---\na: v\n'],
    ['the first of two documents', 'a: 1\n---\na: 1\n', 'a', 'v', 'a: v\n---\na: 1\n'],
    ['a key without text', 'a: 1\n', '.', 'v', 'a: 1\n"":\n  "": v\n'],
    ['a key that YAML would read', 'a: 1\n', 'on', 'v', 'a: 1\n"on": v\n'],
    ['a template beside it', 'a: {{ .Values.x }}\nt: 1.0.0\n', 't', '1.0.1', 'a: {{ .Values.x }}\nt: 1.0.1\n'],
    ['the same text', "tag: '1.10'\n", 'tag', '1.10', "tag: '1.10'\n"],
    ['a number that says the same', 'tag: 1.10\n', 'tag', '1.10', 'tag: "1.10"\n'],
  ] as const) {
    test(what, () => {
      const edited = set(before, { key, value: to });
      expect(edited.problems).toEqual(new Map());
      expect(edited.text).toBe(after);
    });
  }

  for (const [what, before, key, because] of [
    ['a mapping', 'image:\n  tag: 1\n', 'image', 'holds a mapping'],
    ['an alias of a mapping', 'a: &a {t: 1}\nb: *a\n', 'b', 'holds a mapping'],
    ['a key behind an alias', 'a: &a {t: 1}\nb: *a\n', 'b.t', 'alias *a'],
    ['a duplicate key', 'a: 1\na: 2\n', 'a', 'there twice'],
    ['an integer where a tag says so', 'tag: !!int 5\n', 'tag', 'without changing something else'],
    ['the second empty document', '---\n---\na: 1\n', 'b', 'without changing something else'],
  ] as const) {
    test(`refuses ${what}`, () => {
      const edited = set(before, { key, value: '1.2.3' });
      expect(edited.text).toBe(before);
      expect(edited.problems.get(0)?.message).toContain(because);
    });
  }
});

describe('many edits', () => {
  test('only those that cannot be made are refused', () => {
    const before = 'a: 1.0.0\nb: !!int 5\nc: 1.0.0\nd: [x]\n';
    const wanted = ['a', 'b', 'c', 'd', 'e'].map((key) => ({ key, value: '2.0.0' }));
    const edited = set(before, ...wanted);
    expect(edited.text).toBe('a: 2.0.0\nb: !!int 5\nc: 2.0.0\nd: [x]\ne: 2.0.0\n');
    expect([...edited.problems.keys()].sort()).toEqual([1, 3]);
  });

  test('the first of two that want one place wins, the other is told', () => {
    const edited = set('a: 1.0.0\n', { key: 'a', value: '2.0.0' }, { key: 'a', value: '3.0.0' });
    expect(edited.text).toBe('a: 2.0.0\n');
    expect(edited.problems.get(1)?.code).toBe('TARGET_CONFLICT');
  });

  test('two that want the same of one place are both content', () => {
    const same = { key: 'image.tag', value: '2.0.0' };
    expect(set('', same, same)).toEqual({ text: 'image:\n  tag: 2.0.0\n', problems: new Map() });
  });
});

test('a text that nests without end is a problem, not a crash', () => {
  expect(openYaml('['.repeat(100_000)).ok).toBe(false);
});
