import { describe, expect, test } from 'vitest';
import { readYamlDocuments } from './yaml-documents.ts';

describe('readYamlDocuments', () => {
  test('keeps numbers and booleans as they are written', () => {
    const text = 'tag: 1.10\nrev: 0x1F\nexp: 1e3\non: true\nnone: ~\nquoted: "1.0"\n8080: port\n';
    expect(readYamlDocuments(text)).toEqual([
      {
        ok: true,
        line: 1,
        value: { tag: '1.10', rev: '0x1F', exp: '1e3', on: 'true', none: null, quoted: '1.0', 8080: 'port' },
      },
    ]);
  });

  test('keeps the types below the stated key', () => {
    const [document] = readYamlDocuments('a: 1\nvaluesObject:\n  replicas: 2\n  debug: true\n', {
      below: 'valuesObject',
    });
    expect(document).toMatchObject({ value: { a: '1', valuesObject: { replicas: 2, debug: true } } });
  });

  test('keeps the types in objects of the stated kinds, in lists too', () => {
    const text = 'a: 1\nitems:\n- {kind: Typed, b: {c: true, d: 2}}\n- {kind: Other, e: 2}\n';
    const [document] = readYamlDocuments(text, { kinds: ['Typed'] });
    expect(document).toMatchObject({
      value: {
        a: '1',
        items: [
          { kind: 'Typed', b: { c: true, d: 2 } },
          { kind: 'Other', e: '2' },
        ],
      },
    });
  });

  test('reads each document with its line, and JSON', () => {
    const text = '# comment\na: 1\n---\nb: 2\n---\n{"c": [3]}\n';
    expect(readYamlDocuments(text).map((document) => [document.line, document.ok && document.value])).toEqual([
      [2, { a: '1' }],
      [4, { b: '2' }],
      [6, { c: ['3'] }],
    ]);
    expect(readYamlDocuments('{\n\t"kind": "List",\n\t"items": []\n}')).toMatchObject([{ value: { kind: 'List' } }]);
  });

  test('a broken document has its place and does not hide the others', () => {
    const documents = readYamlDocuments('a: 1\n---\nkey: [1, 2\nb: 3\n---\nc: 4\n');
    expect(documents.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(documents[1]).toMatchObject({ line: 4 });
  });

  test('merge keys are followed, as by kubectl', () => {
    const [document] = readYamlDocuments('base: &b {a: x, b: y}\nuse:\n  <<: *b\n  b: z\n');
    expect(document).toMatchObject({ value: { use: { a: 'x', b: 'z' } } });
  });

  for (const [name, text] of [
    ['a template', 'name: {{ .Values.name }}\n'],
    ['a template line', '{{- if .Values.on }}\nname: x\n{{- end }}\n'],
    ['an alias without anchor', 'a: *missing\n'],
    ['a duplicate key', 'a: 1\na: 2\n'],
    ['deep nesting', '['.repeat(200_000)],
    ['an alias bomb', aliasBomb()],
  ] as const) {
    test(`${name} is a problem, not an exception`, () => {
      const broken = readYamlDocuments(text).filter(({ ok }) => !ok);
      expect(broken.length).toBeGreaterThan(0);
    });
  }

  test('problems never quote the text', () => {
    const text = 'kind: Secret\nstringData:\n  password: hunter2\n hunter2: [hunter2\n"hunter2"\n';
    expect(JSON.stringify(readYamlDocuments(text))).not.toContain('hunter2');
  });

  test('an empty text has no documents', () => {
    expect(readYamlDocuments('')).toEqual([]);
    expect(readYamlDocuments('# only a comment\n').filter((document) => document.ok && document.value)).toEqual([]);
  });
});

function aliasBomb(): string {
  const levels = 'abcdefghi'.split('');
  const line = (name: string, index: number): string => {
    const below = levels[index - 1];
    return `${name}: &${name} [${below ? Array.from({ length: 9 }, () => `*${below}`).join(', ') : 'x'}]`;
  };
  return `${levels.map(line).join('\n')}\n`;
}
