import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Application } from '../../core/applications/application.ts';
import { parseLabelSelector } from './label-selector.ts';
import { parseNamePattern } from './name-pattern.ts';
import { type ImageUpdater, readImageUpdaters } from './read.ts';
import { claimsOn, compareClaims, describeClaim, reasonAgainst } from './select.ts';

const LABELS = { matchLabels: { tier: 'prod' } };
const LABELS_2_1 = { matchLabels: { a: '1', b: '2' }, matchExpressions: [{ key: 'c', operator: 'Exists' }] };

function updater(
  name: string,
  refs: readonly { readonly namePattern: string; readonly labelSelectors?: object }[],
  more: { readonly namespace?: string; readonly creationTimestamp?: string } = {},
): ImageUpdater {
  const spec = { applicationRefs: refs.map((ref) => ({ ...ref, images: [{ alias: 'web', imageName: 'nginx' }] })) };
  const { updaters } = readImageUpdaters([{ namespace: 'argocd', name, annotations: {}, spec, ...more }]);
  const [only] = updaters;
  if (!only) throw new Error('no updater');
  return only;
}

function application(name: string, labels: Readonly<Record<string, string>> = {}, namespace = 'argocd'): Application {
  return {
    namespace,
    name,
    project: 'default',
    labels,
    annotations: {},
    sources: [],
    multiSource: false,
    status: { sourceTypes: [], images: [] },
  };
}

function scoreOf(namePattern: string, labelSelectors?: object): number | undefined {
  return updater('x', [{ namePattern, ...(labelSelectors ? { labelSelectors } : {}) }]).refs[0]?.score;
}

describe('specificity (reference part 1, 1.8)', () => {
  for (const [pattern, selector, score] of [
    ['app-one', undefined, 1_000_007],
    ['app-one', {}, 1_010_007],
    ['app-one', LABELS, 1_010_107],
    ['app-*', undefined, 4],
    ['app-prod-*', undefined, 9],
    ['app-v?', undefined, 5],
    ['app-[abc]', undefined, 4],
    ['*', undefined, 0],
    ['', undefined, 1_000_000],
    ['app-*', LABELS_2_1, 10_304],
    ['*', LABELS, 10_100],
    ['\\*x', undefined, 2],
    ['ä-*', undefined, 3],
  ] as const) {
    test(`"${pattern}" ${selector ? JSON.stringify(selector) : ''} scores ${score}`, () => {
      expect(scoreOf(pattern, selector)).toBe(score);
    });
  }

  const word = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
  test('one more letter is more specific, a selector outranks wildcards, an exact name outranks both', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(scoreOf(`${a}${b}*`) ?? 0).toBeGreaterThan(scoreOf(`${a}*`) ?? 0);
        expect(scoreOf('*', {}) ?? 0).toBeGreaterThan(scoreOf(`${a}*${b}`) ?? 0);
        expect(scoreOf(a) ?? 0).toBeGreaterThan(scoreOf(`${a}*`, LABELS_2_1) ?? 0);
      }),
    );
  });
});

describe('name patterns (reference part 1, 1.7)', () => {
  for (const [pattern, name, expected] of [
    ['my-app', 'my-app', true],
    ['my-app-*', 'my-app-production', true],
    ['app-v?', 'app-v12', false],
    ['app-*', 'app-', true],
    ['color-[rbg]ed', 'color-red', true],
    ['*', 'anything', true],
    ['pod-[0-9]', 'pod-a', false],
    ['[^v]*', 'v1', false],
    ['[!v]*', 'v1', true],
    ['{a,b}', 'a', false],
    ['\\*', '*', true],
    ['APP', 'app', false],
  ] as const) {
    test(`${pattern} ${expected ? 'matches' : 'does not match'} ${name}`, () => {
      const parsed = parseNamePattern(pattern);
      expect(parsed.ok && parsed.value.matches(name)).toBe(expected);
    });
  }

  test('a malformed pattern fails the object', () => {
    const spec = { applicationRefs: [{ namePattern: 'my-app-[', useAnnotations: true }] };
    const read = readImageUpdaters([{ namespace: 'argocd', name: 'x', annotations: {}, spec }]);
    expect(read.failures).toMatchObject([
      {
        code: 'CONFIG_INVALID',
        object: 'ImageUpdater argocd/x',
        message: expect.stringMatching(/^spec\.applicationRefs\[0\]\.namePattern: .*malformed/),
        location: { path: ['spec', 'applicationRefs', 0, 'namePattern'] },
      },
    ]);
    expect(read.updaters[0]?.content).toBeUndefined();
  });
});

describe('label selectors (reference part 1, 1.9)', () => {
  const prod = { tier: 'prod', team: 'a' };
  for (const [what, selector, expected] of [
    ['nothing said', {}, true],
    ['a label', { matchLabels: { tier: 'prod' } }, true],
    ['another value', { matchLabels: { tier: 'dev' } }, false],
    ['all must hold', { matchLabels: { tier: 'prod', team: 'b' } }, false],
    ['In', { matchExpressions: [{ key: 'tier', operator: 'In', values: ['dev', 'prod'] }] }, true],
    ['In of a label that is not there', { matchExpressions: [{ key: 'x', operator: 'In', values: ['1'] }] }, false],
    ['NotIn', { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['prod'] }] }, false],
    [
      'NotIn of a label that is not there',
      { matchExpressions: [{ key: 'x', operator: 'NotIn', values: ['1'] }] },
      true,
    ],
    ['Exists', { matchExpressions: [{ key: 'team', operator: 'Exists' }] }, true],
    ['DoesNotExist', { matchExpressions: [{ key: 'team', operator: 'DoesNotExist', values: [] }] }, false],
    [
      'labels and expressions',
      { matchLabels: { tier: 'prod' }, matchExpressions: [{ key: 'x', operator: 'Exists' }] },
      false,
    ],
  ] as const) {
    test(`${what}: ${expected}`, () => {
      const parsed = parseLabelSelector(selector, []);
      expect(parsed.ok && parsed.value.matches(prod)).toBe(expected);
    });
  }

  for (const [what, selector, at] of [
    ['In without values', { matchExpressions: [{ key: 'a', operator: 'In' }] }, 'x.matchExpressions[0].values'],
    [
      'Exists with values',
      { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['1'] }] },
      'x.matchExpressions[0].values',
    ],
    [
      'an operator',
      { matchExpressions: [{ key: 'a', operator: 'in', values: ['1'] }] },
      'x.matchExpressions[0].operator',
    ],
    ['a key', { matchLabels: { 'a b': '1' } }, 'x.matchLabels["a b"]'],
    ['a value', { matchLabels: { a: 'b c' } }, 'x.matchLabels.a'],
  ] as const) {
    test(`${what} is a problem at ${at}`, () => {
      const parsed = parseLabelSelector(selector, ['x']);
      expect(parsed.ok ? [] : parsed.problems.map(({ message }) => message)).toEqual([
        expect.stringContaining(`${at}: `),
      ]);
    });
  }
});

describe('who wins', () => {
  const winner = (app: Application, updaters: readonly ImageUpdater[]) =>
    claimsOn(app, updaters).map((claim) => `${claim.updater.title.split('/')[1]}[${claim.ref.index}]`);
  const older = { creationTimestamp: '2025-01-01T00:00:00Z' };
  const newer = { creationTimestamp: '2026-01-01T00:00:00+01:00' };

  for (const [what, updaters, expected] of [
    [
      'the more specific one',
      [updater('a', [{ namePattern: '*' }]), updater('b', [{ namePattern: 'shop' }])],
      ['b[0]', 'a[0]'],
    ],
    [
      'of equals the older',
      [updater('a', [{ namePattern: '*' }], newer), updater('b', [{ namePattern: '*' }], older)],
      ['b[0]', 'a[0]'],
    ],
    [
      'one without a date is the newest',
      [updater('a', [{ namePattern: '*' }]), updater('b', [{ namePattern: '*' }], newer)],
      ['b[0]', 'a[0]'],
    ],
    ['then by name', [updater('b', [{ namePattern: '*' }]), updater('a', [{ namePattern: '*' }])], ['a[0]', 'b[0]']],
    [
      'within one object by place',
      [updater('a', [{ namePattern: 's*' }, { namePattern: '*p' }, { namePattern: 'x' }])],
      ['a[0]', 'a[1]'],
    ],
    ['another namespace has no say', [updater('a', [{ namePattern: 'shop' }], { namespace: 'other' })], []],
    [
      'labels count',
      [updater('a', [{ namePattern: '*', labelSelectors: LABELS }]), updater('b', [{ namePattern: 'sh*' }])],
      ['b[0]'],
    ],
  ] as const) {
    test(what, () => {
      expect(winner(application('shop'), updaters)).toEqual(expected);
    });
  }

  test('by a label of criticality', () => {
    const one = updater('a', [{ namePattern: '*' }, { namePattern: 's*', labelSelectors: LABELS }]);
    expect(winner(application('shop', { tier: 'prod' }), [one])).toEqual(['a[1]', 'a[0]']);
    expect(winner(application('shop', { tier: 'dev' }), [one])).toEqual(['a[0]']);
  });

  test('the order is total, and does not depend on the order of objects', () => {
    const made = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      pattern: fc.constantFrom('*', 's*', 'sh*', 'shop', '?hop'),
      created: fc.constantFrom(undefined, '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z'),
    });
    fc.assert(
      fc.property(fc.uniqueArray(made, { selector: ({ name }) => name }), (all) => {
        const updaters = all.map(({ name, pattern, created }) =>
          updater(name, [{ namePattern: pattern }], created ? { creationTimestamp: created } : {}),
        );
        const claims = claimsOn(application('shop'), updaters);
        expect(claimsOn(application('shop'), updaters.toReversed())).toEqual(claims);
        for (const [index, claim] of claims.entries()) {
          for (const other of claims.slice(index + 1)) expect(compareClaims(claim, other)).toBeLessThan(0);
        }
      }),
    );
  });

  test('winners and losers in words', () => {
    const updaters = [updater('a', [{ namePattern: '*' }]), updater('b', [{ namePattern: 'sh*' }])];
    const [first, second] = claimsOn(application('shop'), updaters);
    if (!first || !second) throw new Error('no claims');
    expect(describeClaim(first)).toBe('ImageUpdater argocd/b spec.applicationRefs[0] "sh*" (score 2)');
    expect(reasonAgainst(second, first)).toBe('is less specific');
  });
});
