import { describe, expect, test } from 'vitest';
import { FAILURE_CODES } from '../../core/failure.ts';
import type { Finding, LintReport } from '../../core/finding.ts';
import { isUntyped, listAt, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import { coloured, plain } from '../palette.ts';
import { findingFields, renderFindings, renderNotes } from './findings.ts';
import { renderGithub } from './github.ts';
import { sarifLog } from './sarif.ts';

const placed: Finding = {
  severity: 'error',
  code: 'CONFIG_UNKNOWN_KEY',
  place: { file: 'apps/shop one.yaml', line: 7, column: 5 },
  object: 'argocd/shop web',
  field: 'metadata.annotations["a/b"]',
  message: 'there is no such setting: 100%, "a, b"',
  fix: 'write\nthe other',
};
const nowhere: Finding = { ...placed, severity: 'warning', place: undefined, field: undefined };

function report(findings: readonly Finding[]): LintReport {
  return { findings, notes: [], isIncomplete: false, applications: 1, imageUpdaters: 2 };
}

describe('text', () => {
  test('reads as a compiler does', () => {
    expect(renderFindings(report([placed, nowhere]), plain)).toBe(
      [
        'apps/shop one.yaml:7:5: error: argocd/shop web: there is no such setting: 100%, "a, b" (CONFIG_UNKNOWN_KEY)',
        '  fix: write\\nthe other',
        'warning: argocd/shop web: there is no such setting: 100%, "a, b" (CONFIG_UNKNOWN_KEY)',
        '  fix: write\\nthe other',
        '1 error, 1 warning in 1 Application, 2 ImageUpdaters',
        '',
      ].join('\n'),
    );
  });

  test('control characters of a file never reach a terminal', () => {
    const hostile = { ...placed, object: 'a\x1b[2J', place: { file: 'x\r\n.yaml', line: 1, column: 1 } };
    expect(renderFindings(report([hostile]), plain)).toMatch(/^x\\r\\n\.yaml:1:1: error: a\\x1b\[2J: /);
  });

  test('severities have colours', () => {
    expect(renderFindings(report([placed]), coloured)).toContain('\u001b[31merror');
  });

  test('notes of one kind are shortened', () => {
    const notes = ['a', 'b', 'c', 'd', 'e'].map((object) => ({ ...nowhere, object }));
    expect(renderNotes(notes, plain).trimEnd().split('\n').slice(-2)).toEqual([
      'note: c: there is no such setting: 100%, "a, b" (CONFIG_UNKNOWN_KEY)',
      'note: and 2 more of these',
    ]);
    expect(renderNotes([], plain)).toBe('');
  });
});

test('JSON has every key, null where there is nothing', () => {
  expect(findingFields(placed)).toEqual({
    severity: 'error',
    code: 'CONFIG_UNKNOWN_KEY',
    file: 'apps/shop one.yaml',
    line: 7,
    column: 5,
    object: 'argocd/shop web',
    field: 'metadata.annotations["a/b"]',
    message: 'there is no such setting: 100%, "a, b"',
    fix: 'write\nthe other',
  });
  expect(findingFields(nowhere)).toMatchObject({ file: null, line: null, column: null, field: null });
});

test('GitHub reads the commands as they are meant', () => {
  const file = 'a,b:c%.yaml';
  expect(renderGithub([{ ...placed, place: { file, line: 7, column: 5 } }, nowhere])).toBe(
    [
      '::error file=a%2Cb%3Ac%25.yaml,line=7,col=5,title=argocd/shop web (CONFIG_UNKNOWN_KEY)' +
        '::there is no such setting: 100%25, "a, b"%0Afix: write%0Athe other',
      '::warning title=argocd/shop web (CONFIG_UNKNOWN_KEY)' +
        '::there is no such setting: 100%25, "a, b"%0Afix: write%0Athe other',
      '',
    ].join('\n'),
  );
});

describe('SARIF', () => {
  for (const [what, findings] of [
    ['nothing', []],
    ['a finding with a place, and one without', [placed, nowhere]],
    ['every code', FAILURE_CODES.map((code) => ({ ...placed, code }))],
    ['standard input', [{ ...placed, place: { file: 'standard input', line: 1, column: 1 } }]],
  ] as const) {
    test(`${what}: as the standard wants it`, () => {
      expect(sarifProblems(JSON.parse(JSON.stringify(sarifLog(findings, '0.1.0'))))).toEqual([]);
    });
  }

  for (const [file, uri] of [
    ['apps/shop one.yaml', 'apps/shop%20one.yaml'],
    ['./a:b/100%.yaml', './a%3Ab/100%25.yaml'],
    ['/srv/a b.yaml', 'file:///srv/a%20b.yaml'],
    ['../ümlaut.yaml', '../%C3%BCmlaut.yaml'],
  ] as const) {
    test(`${file} is ${uri}`, () => {
      const log = JSON.stringify(sarifLog([{ ...placed, place: { file, line: 7, column: 5 } }], '0.1.0'));
      expect(log).toContain(`"physicalLocation":{"artifactLocation":{"uri":"${uri}"}`);
    });
  }

  test('the help of a rule is plain text without addresses', () => {
    const [, rules = ''] = JSON.stringify(sarifLog([], '0.1.0')).split('"rules":');
    expect([...rules.matchAll(/\]\(|https?:\/\/[\w.]+/g)]).toEqual([]);
  });
});

/** What SARIF 2.1.0 asks of the parts that are used: sections 3.13, 3.14, 3.19, 3.27 to 3.30, 3.33 and 3.49. */
function sarifProblems(log: Untyped): string[] {
  const problems: string[] = [];
  const need = (holds: boolean, what: string) => {
    if (!holds) problems.push(what);
  };
  need(log['version'] === '2.1.0', 'version (3.13.2)');
  need(listAt(log, 'runs').length === 1, 'runs (3.13.4)');
  const run = objectAt(listAt(log, 'runs')[0]);
  const driver = mappingAt(mappingAt(run, 'tool'), 'driver');
  need(textAt(driver, 'name') === 'tiphys', 'driver.name (3.19.8)');
  need(/^\d+\.\d+\.\d+/.test(textAt(driver, 'semanticVersion') ?? ''), 'driver.semanticVersion (3.19.12)');
  const rules = listAt(driver, 'rules').map(objectAt);
  const ids = rules.map((rule) => textAt(rule, 'id'));
  need(new Set(ids).size === ids.length, 'rules are distinct (3.19.23)');
  for (const rule of rules) {
    need(/^[A-Z_]+$/.test(textAt(rule, 'id') ?? ''), 'rule.id (3.49.3)');
    need((textAt(mappingAt(rule, 'shortDescription'), 'text') ?? '') !== '', 'rule.shortDescription.text (3.49.9)');
    need((textAt(mappingAt(rule, 'help'), 'text') ?? '') !== '', 'rule.help.text (3.49.13)');
  }
  need(run['columnKind'] === 'utf16CodeUnits', 'columnKind (3.14.17)');
  need(Array.isArray(run['results']), 'results (3.14.23)');
  for (const result of listAt(run, 'results').map(objectAt)) {
    need(ids[Number(result['ruleIndex'])] === result['ruleId'], 'ruleIndex fits ruleId (3.27.6)');
    need(['none', 'note', 'warning', 'error'].includes(String(result['level'])), 'level (3.27.10)');
    need((textAt(mappingAt(result, 'message'), 'text') ?? '') !== '', 'message.text (3.27.11)');
    for (const location of listAt(result, 'locations').map(objectAt)) problems.push(...locationProblems(location));
  }
  return problems;
}

function locationProblems(location: Untyped): string[] {
  const names = listAt(location, 'logicalLocations').map(objectAt);
  const problems = names.every((one) => textAt(one, 'fullyQualifiedName')) ? [] : ['fullyQualifiedName (3.33.5)'];
  if (location['physicalLocation'] === undefined) return problems;
  const physical = mappingAt(location, 'physicalLocation');
  const uri = textAt(mappingAt(physical, 'artifactLocation'), 'uri') ?? '';
  if (!URL.canParse(uri, 'file:///repository/')) problems.push('artifactLocation.uri (3.4.3)');
  for (const key of ['startLine', 'startColumn']) {
    const number = mappingAt(physical, 'region')[key];
    if (!Number.isInteger(number) || Number(number) < 1) problems.push(`region.${key} (3.30.5, 3.30.6)`);
  }
  return problems;
}

function objectAt(value: unknown): Untyped {
  return isUntyped(value) ? value : {};
}
