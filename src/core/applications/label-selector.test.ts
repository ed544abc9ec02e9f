import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { meetsRequirement, parseLabelSelector } from './label-selector.ts';

const LABELS = { team: 'web', tier: 'prod', empty: '', in: 'x', 'example.com/owner': 'a.b' };

function fits(text: string): boolean | string {
  const selector = parseLabelSelector(text);
  return selector.ok ? selector.value.every((one) => meetsRequirement(LABELS, one)) : selector.problem;
}

describe('a label selector', () => {
  for (const [text, expected] of [
    ['', true],
    ['team=web', true],
    ['team == web', true],
    ['team=Web', false],
    ['team=api', false],
    ['team!=web', false],
    ['team!=api', true],
    ['absent!=api', true],
    ['absent=', false],
    ['empty=', true],
    ['empty==,team', true],
    ['team', true],
    ['absent', false],
    ['!absent', true],
    ['! team', false],
    ['toString', false],
    ['team in (api, web)', true],
    ['team in(api)', false],
    ['team notin (api)', true],
    ['team notin ( web )', false],
    ['absent notin (web)', true],
    ['empty in ()', true],
    ['empty in (a,)', true],
    ['in in (x)', true],
    ['team=in', false],
    ['example.com/owner=a.b', true],
    ['team=web,tier=prod', true],
    [' team = web , !absent,tier in (dev,prod) ', true],
    ['team=web,tier=dev', false],
  ] as const) {
    test(`${JSON.stringify(text)}: ${expected}`, () => expect(fits(text)).toBe(expected));
  }

  for (const [text, problem] of [
    [',', 'character 1'],
    ['a,', 'character 3'],
    ['a,,b', 'character 3'],
    ['a b', 'character 1'],
    ['a=b c', 'character 1'],
    ['=a', 'character 1'],
    ['!', 'character 1'],
    ['!a=b', 'character 1'],
    ['a===b', 'character 1'],
    ['a in b', 'character 1'],
    ['a in (b', 'character 1'],
    ['a in', 'character 1'],
    ['a IN (b)', 'character 1'],
    ['kin(a)', 'character 1'],
    ['ok,a>1', 'character 4'],
    ['a<1', 'character 1'],
    ['-a=b', '"-a" is no label key'],
    ['a/b/c=d', '"a/b/c" is no label key'],
    ['a=b/c', '"b/c" is no label value'],
    ['a in (b c)', '"b c" is no label value'],
    [`a=${'x'.repeat(64)}`, 'is no label value'],
  ] as const) {
    test(`${JSON.stringify(text)} is none: ${problem}`, () => expect(fits(text)).toContain(problem));
  }

  const name = fc.stringMatching(/^[a-z](?:[-a-z]{0,6}[a-z])?$/);
  test('and its opposite never agree', () => {
    fc.assert(
      fc.property(name, fc.array(name, { minLength: 1 }), fc.dictionary(name, name), (key, values, labels) => {
        const list = values.join(',');
        const [yes, no] = [`${key} in (${list})`, `${key} notin (${list})`].map((text) => {
          const selector = parseLabelSelector(text);
          return selector.ok && selector.value.every((one) => meetsRequirement(labels, one));
        });
        expect(yes).toBe(!no);
      }),
    );
  });

  test('takes no time that grows faster than the text', () => {
    const began = performance.now();
    for (const text of [
      `${' '.repeat(200_000)}`,
      `a${' '.repeat(200_000)}b`,
      `a in (${'('.repeat(200_000)}`,
      `a=${' '.repeat(200_000)})`,
    ])
      fits(text);
    fits('a'.repeat(200_000).concat('>'));
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});
