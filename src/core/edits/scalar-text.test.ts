import fc from 'fast-check';
import { load as loadWith, YAML11_SCHEMA } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderScalar } from './scalar-text.ts';

const WOULD_CHANGE = [
  ...['1.10', '1e3', '1E3', '012', '0o14', '0x1f', '0b11', '1_000', '1_000.5', '+1', '-1', '.5', '1.', '0', '16'],
  ...['12:30:45', '1:30', '2024-01-01', '2024-01-01T10:00:00Z', '20240101', '.inf', '-.INF', '.nan'],
  ...['true', 'True', 'FALSE', 'yes', 'No', 'on', 'OFF', 'y', 'N', 'null', 'Null', '~', '', '=', '<<'],
  ...['a: b', 'a:', 'a #b', '#a', '- a', '-', '?', ': a', '&a', '*a', '!a', '|', '>', '%a', '@a', '`a', '"a', "'a"],
  ...['[a', '{a', ']', '}', ' a', 'a ', 'a\tb: c', 'a\nb', '---', '...'],
];
const STAYS = [
  ...['1.2.3', 'v1.0', '1.4.0-alpine', '1.2.3-rc.1', '2024.01.15', '1.2.3_b', 'latest', 'sha-0a1b2c', "it's", 'a#b'],
  ...['registry.example.com:5000/acme/web:1.2@sha256:ab', `sha256:${'0'.repeat(64)}`, 'yesterday', '1.2-3', 'a:b'],
];

describe('renderScalar', () => {
  for (const text of WOULD_CHANGE) {
    test(`quotes ${JSON.stringify(text)}`, () => {
      expect(renderScalar(text, { style: 'plain', flow: false })).toBe(JSON.stringify(text));
      expect(renderScalar(text, { style: 'plain', flow: true })).toBe(JSON.stringify(text));
    });
  }

  for (const text of STAYS) {
    test(`leaves ${text} plain`, () => {
      expect(renderScalar(text, { style: 'plain', flow: false })).toBe(text);
      expect(renderScalar(text, { style: 'plain', flow: true })).toBe(text);
    });
  }

  test('quotes commas and brackets inside flow collections only', () => {
    for (const text of ['a,b', 'a]', 'a}b', 'a[0]']) {
      expect(renderScalar(text, { style: 'plain', flow: false })).toBe(text);
      expect(renderScalar(text, { style: 'plain', flow: true })).toBe(JSON.stringify(text));
    }
  });

  test('keeps the quotes that are there', () => {
    expect(renderScalar("it's", { style: 'single', flow: false })).toBe("'it''s'");
    expect(renderScalar('1.2.3', { style: 'double', flow: true })).toBe('"1.2.3"');
    expect(renderScalar('a\nb', { style: 'single', flow: false })).toBe('"a\\nb"');
  });

  // Tags, tag-like numbers and dates, and anything at all.
  const value = fc.oneof(
    fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/),
    fc.stringMatching(/^[0-9][0-9.:_eExboTZ+-]{0,12}$/),
    fc.string(),
    fc.string({ unit: 'grapheme' }),
  );
  const style = fc.constantFrom('plain', 'single', 'double');

  test('is read as just this string by two parsers, in YAML 1.1 and 1.2, in block and flow style', () => {
    fc.assert(
      fc.property(value, style, (text, quotes) => {
        const block = `key: ${renderScalar(text, { style: quotes, flow: false })}\n`;
        const flow = `{key: ${renderScalar(text, { style: quotes, flow: true })}}\n`;
        for (const yaml of [block, flow]) {
          expect(parse(yaml, { version: '1.1' })).toEqual({ key: text });
          expect(parse(yaml, { version: '1.2' })).toEqual({ key: text });
          expect(loadWith(yaml)).toEqual({ key: text });
          expect(loadWith(yaml, { schema: YAML11_SCHEMA })).toEqual({ key: text });
        }
      }),
      { numRuns: 500 },
    );
  });
});
