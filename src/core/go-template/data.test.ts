import { describe, expect, test } from 'vitest';
import { decodeData } from './data.ts';
import { parseTemplate, renderTemplate } from './template.ts';
import type { GoType } from './value.ts';

const TYPE: GoType = {
  kind: 'struct',
  name: 'test.Data',
  fields: [
    { name: 'Name', type: { kind: 'string' } },
    { name: 'Items', type: { kind: 'slice', element: { kind: 'map', element: { kind: 'string' } } } },
    { name: 'Count', type: { kind: 'int' } },
  ],
};

function render(text: string, data: unknown): string {
  const read = parseTemplate('test', text);
  const decoded = decodeData(data, TYPE);
  if (!read.ok || !decoded.ok) throw new Error('neither is wrong here');
  const rendered = renderTemplate(read.template, decoded.value);
  return rendered.ok ? rendered.text : rendered.problem.message;
}

describe('decodeData', () => {
  for (const [data, expected, why] of [
    [{}, 'test.Data{Name:"", Items:[]map[string]string(nil), Count:0}', 'what is absent is zero'],
    [
      { Name: 'ü', Items: [{ a: 'b' }], Count: 3 },
      'test.Data{Name:"ü", Items:[]map[string]string{map[string]string{"a":"b"}}, Count:3}',
      'fields have their types',
    ],
    [
      { Extra: [1, 1.5, 'x', true, null, { k: [] }] },
      'test.Data{Name:"", Items:[]map[string]string(nil), Count:0, Extra:[]interface {}{1, 1.5, "x", true, ' +
        'interface {}(nil), map[string]interface {}{"k":[]interface {}{}}}}',
      'further data has the types of JSON, but whole numbers are ints',
    ],
  ] as const) {
    test(`${JSON.stringify(data)}: ${why}`, () => {
      expect(render('{{printf "%#v" .}}', data)).toBe(expected);
    });
  }

  test('a key that JavaScript knows is only a key', () => {
    const data: unknown = JSON.parse('{"__proto__": {"Name": "x"}, "constructor": 1}');
    expect(render('{{.Name}}|{{.constructor}}|{{index .__proto__ "Name"}}', data)).toBe('|1|x');
  });

  for (const [data, problem] of [
    [[], 'the data: a mapping is wanted'],
    ['x', 'the data: a mapping is wanted'],
    [{ Name: 1 }, 'Name: a string is wanted'],
    [{ Items: [{ a: 'b' }, { c: 1 }] }, 'Items[1].c: a string is wanted'],
    [{ Items: {} }, 'Items: a list is wanted'],
    [{ Count: 1.5 }, 'Count: a value of type int is wanted'],
    [{ Extra: Number.POSITIVE_INFINITY }, 'Extra: a number that is not so large is wanted'],
  ] as const) {
    test(`${JSON.stringify(data)} is refused`, () => {
      expect(decodeData(data, TYPE)).toEqual({ ok: false, problem });
    });
  }

  test('data that is nested without end is refused', () => {
    const deep: unknown = JSON.parse(`{"Extra": ${'['.repeat(5000)}${']'.repeat(5000)}}`);
    expect(decodeData(deep, TYPE)).toMatchObject({ ok: false, problem: /nested more than 100 deep$/ });
  });
});
