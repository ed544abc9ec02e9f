import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeData } from './data.ts';
import { parseTemplate, type Rendered, renderTemplate } from './template.ts';
import type { GoType, GoValue } from './value.ts';

const TEXT: GoType = { kind: 'string' };
const ANY: GoType = { kind: 'interface' };

function list(element: GoType): GoType {
  return { kind: 'slice', element };
}

function struct(name: string, fields: Readonly<Record<string, GoType>>): GoType {
  return { kind: 'struct', name, fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })) };
}

const LABELS: GoType = { kind: 'map', element: TEXT };
const COMMIT = struct('argocd.CommitMessageTemplate', {
  AppName: TEXT,
  AppChanges: list(struct('argocd.CommitMessageChange', { Image: TEXT, OldTag: TEXT, NewTag: TEXT, Labels: LABELS })),
});
const MISC = struct('main.Misc', {
  Str: TEXT,
  Uni: TEXT,
  Int: { kind: 'int' },
  Neg: { kind: 'int' },
  Float: { kind: 'float64' },
  Bool: { kind: 'bool' },
  List: list(TEXT),
  Empty: list(TEXT),
  NilList: list(TEXT),
  Any: list(ANY),
  Map: { kind: 'map', element: ANY },
  Labels: LABELS,
  Nested: COMMIT,
  Images: list(struct('argocd.ImageChange', { Name: TEXT, Alias: TEXT, OldTag: TEXT, NewTag: TEXT })),
  Nothing: ANY,
});

const LABEL_TEXTS = { b: '<b>&"c"', a: 'ü', 'org.x': '1' };
const DATA = good(
  decodeData(
    {
      Str: 'hello',
      Uni: 'h\u00e9llo \u65e5\u672c \u{1f600}\u200b',
      Int: 42,
      Neg: -7,
      Float: 3.25,
      Bool: true,
      List: ['x', '', 'yy'],
      Empty: [],
      NilList: null,
      Any: [1, 'two', 3.5, null, true, { k: 'v' }, [1, 2]],
      Map: { one: 1, s: 'str', nil: null, list: ['a', 'b'], Z: { deep: 'x' } },
      Labels: LABEL_TEXTS,
      Nested: {
        AppName: 'nested',
        AppChanges: [{ Image: 'acme/web', OldTag: '1.4.0', NewTag: '1.4.1', Labels: LABEL_TEXTS }],
      },
      Images: [
        { Name: 'a', Alias: 'b', OldTag: '1', NewTag: '2' },
        { Name: 'c', Alias: '', OldTag: '', NewTag: '3' },
      ],
      Nothing: null,
    },
    MISC,
  ),
);

function good(decoded: ReturnType<typeof decodeData>): GoValue {
  if (!decoded.ok) throw new Error(decoded.problem);
  return decoded.value;
}

function render(text: string): Rendered {
  const read = parseTemplate('main', text);
  return read.ok ? renderTemplate(read.template, DATA) : read;
}

function textOf(rendered: Rendered): string {
  return rendered.ok ? rendered.text : `${rendered.problem.phase}: ${rendered.problem.message}`;
}

interface GoCase {
  readonly template: string;
  readonly text?: string;
  readonly phase?: 'parse' | 'execute';
  readonly error?: string;
}

// Templates made at random and what the text/template of Go 1.26.8 made of them, with the data above.
const goCases: GoCase[] = readFileSync(resolve(import.meta.dirname, 'testdata/go-1.26.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

test(`${goCases.length} templates give what Go gives, error texts included`, () => {
  const differing = goCases.filter(({ template, text, phase, error }) => {
    return textOf(render(template)) !== (text ?? `${phase}: ${error}`);
  });
  expect(differing).toEqual([]);
});

describe('trim markers and comments', () => {
  for (const [template, expected] of [
    ['a {{- "b" -}} c', 'abc'],
    ['a\r\n\t{{- "b" }}\n c', 'ab\n c'],
    ['a {{- /* nothing */ -}} b', 'ab'],
    ['a {{/* nothing */}} b', 'a  b'],
    ['{{-3}}', '-3'],
    ['{{- 3}}', '3'],
    ['{{3 -}} \n x', '3x'],
    ['{{/* a }} b */}}', ''],
    ['}} { {', '}} { {'],
  ] as const) {
    test(`${JSON.stringify(template)} gives ${JSON.stringify(expected)}`, () => {
      expect(render(template)).toEqual({ ok: true, text: expected });
    });
  }

  for (const [template, problem] of [
    ['{{-.Str}}', 'bad number syntax: "-.S"'],
    ['{{.Str-}}', "bad character U+002D '-'"],
    ['{{/* a', 'unclosed comment'],
    ['{{/* a */ b}}', 'comment ends before closing delimiter'],
  ] as const) {
    test(`${template} cannot be read`, () => {
      expect(textOf(render(template))).toBe(`parse: template: main:1: ${problem}`);
    });
  }
});

describe('structures', () => {
  for (const [template, expected, why] of [
    ['{{range $i, $e := .List}}{{$i}}={{$e}};{{end}}', '0=x;1=;2=yy;', 'index and item'],
    ['{{range $k, $v := .Labels}}{{$k}} {{end}}', 'a b org.x ', 'keys in the order of their bytes'],
    ['{{range 3}}{{.}}{{end}}', '012', 'a count'],
    ['{{range .Empty}}x{{else}}none{{end}}', 'none', 'nothing to go through'],
    ['{{range 9}}{{if eq . 2}}{{continue}}{{end}}{{if eq . 4}}{{break}}{{end}}{{.}}{{end}}', '013', 'jumps'],
    ['{{range 2}}{{range $.Empty}}{{else}}{{break}}{{end}}{{.}}{{end}}', '01', 'a break in else ends its own range'],
    ['{{with .Nothing}}x{{else with .Str}}{{.}}{{end}}', 'hello', 'else with'],
    ['{{if .Nothing}}x{{else if .Empty}}y{{else}}z{{end}}', 'z', 'else if'],
    ['{{$x := 1}}{{if true}}{{$x = 2}}{{$y := 3}}{{end}}{{$x}}', '2', 'assigned outside, declared inside'],
    ['{{define "t"}}<{{.}}>{{end}}{{template "t" .Int}}{{template "t"}}', '<42><<no value>>', 'a template of its own'],
    ['{{block "b" .Str}}[{{.}}]{{end}}{{template "b" 1}}', '[hello][1]', 'a block is defined and used'],
    ['{{.Str | printf "%s-%s" "a" | len}}', '7', 'what comes through the pipe is the last argument'],
    ['{{(index .Images 1).Name}} {{$.Nested.AppName}}', 'c nested', 'fields of a term and of the root'],
    ['{{.Str |}}', 'hello', 'a pipe to nothing'],
  ] as const) {
    test(`${template} gives ${JSON.stringify(expected)}: ${why}`, () => {
      expect(render(template)).toEqual({ ok: true, text: expected });
    });
  }
});

describe('values', () => {
  for (const [template, expected, why] of [
    ['{{.Labels.missing}}|{{index .Labels "missing"}}', '<no value>|', 'a missing key, and its zero value'],
    ['{{print .Labels.missing}}', '<nil>', 'but nil for a function'],
    ['{{len .Uni}} {{index .Uni 1}}', '21 195', 'texts are bytes'],
    ['{{slice .Uni 0 3}}', 'hé', 'also when cut'],
    ['{{printf "%+v" .Images}}', '[{Name:a Alias:b OldTag:1 NewTag:2} {Name:c Alias: OldTag: NewTag:3}]', 'names'],
    ['{{printf "%v %T" .Any .Any}}', '[1 two 3.5 <nil> true map[k:v] [1 2]] []interface {}', 'mixed items'],
    ['{{printf "%05d %d" 3 .Str}}', '00003 %!d(string=hello)', 'a verb for another type'],
    ['{{printf "%s" }} {{printf "" 1}}', '%!s(MISSING) %!(EXTRA int=1)', 'too few and too many'],
    ['{{printf "%.2f %g %q" 0.125 1e21 "\\u00fc\\n"}}', '0.12 1e+21 "ü\\n"', 'half to even'],
    ["{{'ü'}} {{0x1F}} {{0b11}} {{1_000}} {{1e3}}", '252 31 3 1000 1000', 'literals'],
    ['{{eq .Int 1 42}} {{lt "Z" "a"}} {{not .Empty}}', 'true true true', 'comparison'],
    ['{{or .Empty .Str}} {{and 1 0 .Nope}}', 'hello 0', 'arguments are read only as far as needed'],
    [
      '{{html .Labels.b}} {{js "a\'b"}} {{urlquery "a b/ü"}}',
      "&lt;b&gt;&amp;&#34;c&#34; a\\'b a+b%2F%C3%BC",
      'escaped',
    ],
  ] as const) {
    test(`${template} gives ${JSON.stringify(expected)}: ${why}`, () => {
      expect(render(template)).toEqual({ ok: true, text: expected });
    });
  }

  for (const name of ['constructor', '__proto__', 'toString', 'length', 'valueOf', 'fields', 'kind']) {
    test(`nothing of ours can be reached as .${name}`, () => {
      expect(render(`{{.Labels.${name}}} {{index .Map "${name}"}}`)).toEqual({
        ok: true,
        text: '<no value> <no value>',
      });
      expect(textOf(render(`{{.${name}}}`))).toMatch(/can't evaluate field \w+ in type main\.Misc$/);
      expect(textOf(render(`{{${name}}}`))).toBe(`parse: template: main:1: function "${name}" not defined`);
    });
  }
});

describe('errors', () => {
  for (const [template, problem] of [
    [
      'a\n é {{.Nested.Foo}}',
      {
        phase: 'execute',
        message:
          'template: main:2:13: executing "main" at <.Nested.Foo>: ' +
          "can't evaluate field Foo in type argocd.CommitMessageTemplate",
        line: 2,
        column: 13,
      },
    ],
    [
      '\n\n{{if .Str}}\n{{else}}{{else}}{{end}}',
      { phase: 'parse', message: 'template: main:4: expected end; found {{else}}', line: 4, column: 15 },
    ],
    [
      '{{.Str\n\n',
      { phase: 'parse', message: 'template: main:3: unclosed action started at main:1', line: 3, column: 1 },
    ],
    [
      '{{template "x"}}',
      {
        phase: 'execute',
        message: 'template: main:1:11: executing "main" at <{{template "x"}}>: template "x" not defined',
        line: 1,
        column: 12,
      },
    ],
  ] as const) {
    test(`${JSON.stringify(template)}: ${problem.message}`, () => {
      expect(render(template)).toEqual({ ok: false, problem });
    });
  }
});

test('text without actions stays as it is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).filter((text) => !text.includes('{{') && text.isWellFormed()),
      (text) => {
        expect(render(text)).toEqual({ ok: true, text });
      },
    ),
  );
});

test('whatever stands in a literal comes out', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(render(`{{${JSON.stringify(text)}}}`)).toEqual({ ok: true, text });
    }),
  );
});

test('no template at all crashes', () => {
  const part = fc.constantFrom(
    ...[
      '{{',
      '}}',
      ' ',
      '(',
      ')',
      '|',
      '.',
      '$',
      '$x',
      ':=',
      ',',
      '"',
      '`',
      "'",
      '1',
      '-',
      'end',
      'else',
      'if',
      'range',
    ],
    ...[
      'with',
      'define "t"',
      'template "t"',
      'block "t"',
      'break',
      'nil',
      'print',
      'index',
      '.Any',
      '.Map',
      '/*',
      '*/',
    ],
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const rendered = render(parts.join(''));
      if (!rendered.ok) expect(rendered.problem.message).toMatch(/^template: main:/);
    }),
  );
});
