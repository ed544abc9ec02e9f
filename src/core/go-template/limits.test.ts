import { describe, expect, test } from 'vitest';
import { parseTemplate, type Rendered, renderTemplate } from './template.ts';

const MANY = 20_000;

function render(text: string): Rendered {
  const read = parseTemplate('main', text);
  return read.ok ? renderTemplate(read.template, { kind: 'nil' }) : read;
}

function nested(open: string, inside: string, close: string, times: number): string {
  return open.repeat(times) + inside + close.repeat(times);
}

/** Thirty templates, each of which calls the next one twice. */
const doubling = Array.from({ length: 30 }, (_, index) => {
  return `{{define "t${index}"}}{{template "t${index + 1}"}}{{template "t${index + 1}"}}{{end}}`;
}).join('');

describe('every template comes to an end', () => {
  for (const [name, template, problem] of [
    ['a large count', '{{range 1000000000000}}{{end}}', /takes more than 1000000 steps$/],
    ['a large count with text', `{{range 1000000000000}}${'x'.repeat(100)}{{end}}`, /longer than 1048576 bytes$/],
    [
      'templates that call each other',
      `${doubling}{{define "t30"}}{{end}}{{template "t0"}}`,
      /more than 1000000 steps$/,
    ],
    [
      'a template that calls itself',
      '{{define "t"}}{{template "t"}}{{end}}{{template "t"}}',
      /template depth \(500\)$/,
    ],
    ['a wide number', '{{range 1000}}{{printf "%9999999d" .}}{{end}}', /longer than 1048576 bytes$/],
    ['wide texts kept in variables', '{{range 1000}}{{$x := printf "%1000000d" .}}{{end}}', /more than 1000000 steps$/],
    [
      'long texts compared again and again',
      '{{$x := printf "%1000000d" 1}}{{range 1000000}}{{if eq $x $x}}{{end}}{{end}}',
      /more than 1000000 steps$/,
    ],
    [
      'a variable below many others',
      `${Array.from({ length: 5000 }, (_, index) => `{{$v${index} := 1}}`).join('')}{{range 1000000}}{{$v0}}{{end}}`,
      /more than 1000000 steps$/,
    ],
    ['many parentheses', `{{${nested('(', '1', ')', MANY)}}}`, /max expression depth exceeded$/],
    ['many structures', nested('{{if true}}', '', '{{end}}', 5000), /max expression depth exceeded$/],
    ['a large template', 'x'.repeat(300_000), /the template is longer than 262144 bytes$/],
  ] as const) {
    test(name, () => {
      const started = performance.now();
      const rendered = render(template);
      expect(rendered).toMatchObject({ ok: false, problem: { message: expect.stringMatching(problem) } });
      expect(performance.now() - started).toBeLessThan(60_000);
    });
  }
});

describe('what is only large is done, and soon', () => {
  for (const [name, template, length] of [
    ['blanks before a trim marker', `a${' '.repeat(250_000)}{{- ""}}`, 1],
    ['many trim markers', ' {{- ""}}'.repeat(MANY), 0],
    ['many comments', '{{/*a*/}}'.repeat(MANY), 0],
    ['many pipes', `{{1${'|print'.repeat(MANY)}}}`, 1],
    ['many digits', `{{"${'9'.repeat(200_000)}"}}`, 200_000],
    ['many escapes', `{{"${'\\u00e9'.repeat(40_000)}"}}`, 40_000],
    ['deep parentheses', `{{${nested('(', '1', ')', 200)}}}`, 1],
    ['a long else if', `{{if false}}${'{{else if false}}'.repeat(200)}{{else}}x{{end}}`, 1],
    [
      'deep recursion',
      `{{define "t"}}{{if .}}{{template "t" (slice . 1)}}{{end}}x{{end}}{{template "t" "${'y'.repeat(200)}"}}`,
      201,
    ],
  ] as const) {
    test(name, () => {
      const started = performance.now();
      const rendered = render(template);
      expect(rendered.ok ? rendered.text.length : rendered.problem.message).toBe(length);
      expect(performance.now() - started).toBeLessThan(60_000);
    });
  }
});
