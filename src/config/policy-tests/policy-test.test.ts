import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goldenCases } from '../../../test/golden/golden.ts';
import { fits } from '../../../test/support/json-schema.ts';
import { isOneSlip, slipsOf } from '../../../test/support/slips.ts';
import { runPolicyTest } from '../../core/deciding/policy-test.ts';
import { parseTag } from '../../core/reference.ts';
import { isUntyped, type Untyped } from '../../core/untyped.ts';
import { readPolicyTests } from './policy-test.ts';

const root = resolve(import.meta.dirname, '../../..');

/** One test that is well formed, with what shall be different. */
function written(different: object = {}): Untyped {
  return { name: 'a test', policy: { constraint: '~1.2' }, tags: ['1.2.0', '1.2.1'], expect: '1.2.1', ...different };
}

function file(...tests: readonly unknown[]): string {
  return JSON.stringify({ tests }, null, 2);
}

function outcomes(text: string) {
  const { tests, failures } = readPolicyTests('t.yaml', text);
  return { ok: tests.map((one) => runPolicyTest(one).ok), failures };
}

const PASSES = { ok: [true], failures: [] };

describe('what a file can look like', () => {
  for (const [what, text, passing] of [
    ['YAML', 'tests:\n- name: a\n  tags: [1.9, 1.10]\n  expect: 1.10\n', 1],
    ['JSON', file(written()), 1],
    ['JSON on one line', JSON.stringify({ tests: [written(), written()] }), 2],
    ['JSON Lines', `${JSON.stringify(written())}\n\n${JSON.stringify(written())}\n`, 2],
    ['JSON Lines with Windows line ends', `${JSON.stringify(written())}\r\n${JSON.stringify(written())}\r\n`, 2],
    ['a flow mapping on one line', '{tests: [{name: a, tags: [1.0], expect: 1.0}]}', 1],
    ['numbers in JSON Lines, as they are written', '{"name":1,"tags":[1.9,1.10],"expect":1.10}', 1],
    ['several documents', `${file(written())}\n---\n${file(written())}`, 2],
    ['no tests', 'tests: []', 0],
  ] as const) {
    test(what, () => {
      expect(outcomes(text)).toEqual({ ok: Array(passing).fill(true), failures: [] });
    });
  }

  test('tests know where they stand', () => {
    const lines = readPolicyTests('t', `${JSON.stringify(written())}\n\n${JSON.stringify(written())}`).tests;
    const yaml = readPolicyTests('t', 'tests:\n- name: a\n  tags: []\n  expect: null\n').tests;
    const places = [...lines, ...yaml].map(({ location: { origin, path } }) => origin?.positionOf(path));
    expect(places).toEqual([
      { line: 1, column: 1 },
      { line: 3, column: 1 },
      { line: 2, column: 3 },
    ]);
  });
});

describe('what a test can say', () => {
  for (const [what, different] of [
    ['no policy', { policy: undefined, expect: '1.2.1' }],
    ['a policy with nothing in it', { policy: null }],
    ['an empty constraint', { policy: { constraint: '' } }],
    ['a strategy in any letter case', { policy: { strategy: 'AlphaBetical' } }],
    ['a time, which plays no part', { now: '2026-01-05T00:00:00Z' }],
    ['a current that is empty', { current: '' }],
    ['tags as mappings', { tags: [{ name: '1.2.1', firstSeen: '2026-01-05T00:00:00Z' }] }],
    ['a name that no tag can have', { tags: ['not a tag', '1.2.1', { name: '-' }] }],
    [
      'a date that is none',
      {
        policy: { strategy: 'newest-build' },
        tags: [created('1.2.1', '2026-01-02T00:00:00Z'), created('2', 'yesterday')],
      },
    ],
    [
      'a downgrade that is allowed',
      { current: '2.0.0', policy: { constraint: '~1.2', allowDowngrade: true }, expect: { outcome: 'update' } },
    ],
    [
      'a suspension',
      { current: '1.2.0', policy: { constraint: '~1.2', suspended: true }, expect: { rule: 'suspended' } },
    ],
    ['that there is no strategy of that name', { policy: { strategy: 'semver ' }, expect: { error: true } }],
    ['that digest lacks its tag', { policy: { strategy: 'digest' }, expect: { error: true } }],
    ['that a platform is none', { policy: { platforms: ['linux'] }, expect: { rule: 'CONFIG_INVALID' } }],
    ['that a filter that cannot be read lets nothing through', { policy: { allowTags: '^1' }, expect: null }],
  ] as const) {
    test(what, () => {
      expect(outcomes(file(written(different)))).toEqual(PASSES);
    });
  }
});

function created(name: string, time: string) {
  return { name, created: time };
}

describe('what a test cannot say', () => {
  for (const [different, message, fix] of [
    [{ name: undefined }, 'tests[0].name: is missing', 'say in a few words'],
    [{ name: ['a'] }, 'tests[0].name: must be a text, but is a list', 'write a text'],
    [{ tags: undefined }, 'tests[0].tags: is missing', '[]'],
    [{ tags: '1.0' }, 'tests[0].tags: must be a list, but is a text', 'write ["1.0"]'],
    [{ tags: [null] }, 'tests[0].tags[0]: must be a mapping, but is empty', 'write name, created'],
    [{ tags: [{ created: 'x' }] }, 'tests[0].tags[0].name: is missing', 'give the tag its name'],
    [
      { tags: [{ name: 'a', digest: 'sha256:1' }] },
      'tests[0].tags[0].digest: "sha256:1" is not a digest',
      '64 hex digits',
    ],
    [{ tags: [{ name: 'a', platforms: ['arm'] }] }, 'tests[0].tags[0].platforms[0]: "arm" is not', 'os/arch'],
    [{ expect: undefined }, 'tests[0].expect: is missing', 'null for none'],
    [{ expect: {} }, 'tests[0].expect: expects nothing', 'tag, outcome, rule, digest, error'],
    [{ expect: { error: false } }, 'tests[0].expect: expects nothing', 'write one of'],
    [{ expect: { error: 'no' } }, 'tests[0].expect.error: must be true or false, but is "no"', 'write true'],
    [{ expect: { error: true, tag: '1' } }, 'tests[0].expect.error: stands beside', 'keep one of the two'],
    [{ expect: { outcome: 'updated' } }, 'tests[0].expect.outcome: there is no outcome "updated"', 'write update'],
    [{ expect: { rule: 'downgraded' } }, 'tests[0].expect.rule: there is no rule "downgraded"', 'write downgrade'],
    [{ current: '1.0@x' }, 'tests[0].current: "x" is not a digest', 'tag@digest'],
    [{ now: 'today' }, 'tests[0].now: "today" is not a time', '2026-01-05T00:00:00Z'],
    [{ policy: 'semver' }, 'tests[0].policy: must be a mapping', 'write strategy, constraint'],
    [{ policy: { ignoreTags: '*-rc*' } }, 'tests[0].policy.ignoreTags: must be a list', 'write ["*-rc*"]'],
    [{ policy: { suspended: 'yes' } }, 'tests[0].policy.suspended: must be true or false', 'write true or false'],
    [{ tagz: [] }, 'tests[0].tagz: there is no such key', 'write tags'],
    [{ whatever: 1 }, 'tests[0].whatever: there is no such key', 'write one of name, policy'],
  ] as const) {
    test(message, () => {
      const { ok, failures } = outcomes(file(written(), written(different)));
      expect(ok).toEqual([true]);
      expect(failures).toMatchObject([
        { message: expect.stringContaining(message.replace('[0]', '[1]')), fix: expect.stringContaining(fix) },
      ]);
    });
  }

  test('everything is said at once, each with its place', () => {
    const { failures } = outcomes('tests:\n- nam: a\n  tags: 1.0\n- name: b\n  tags: []\n  expect:\n    tga: 1.0\n');
    expect(failures.map(({ object, message }) => `${object} ${message}`)).toEqual([
      't.yaml:2:3 tests[0].nam: there is no such key',
      't.yaml:2:3 tests[0].name: is missing',
      't.yaml:3:3 tests[0].tags: must be a list, but is a text',
      't.yaml:2:3 tests[0].expect: is missing',
      't.yaml:7:5 tests[1].expect.tga: there is no such key',
    ]);
  });

  for (const [what, text, object, message] of [
    ['broken YAML', 'tests:\n- name: [a\n', 't.yaml:3:1', 'cannot be read'],
    ['a broken line of JSON Lines', `${JSON.stringify(written())}\n{"name": "b",, }`, 't.yaml:2:14', 'cannot be read'],
    ['two mappings on one line', `${JSON.stringify(written())}\n{} --- {}`, 't.yaml:2:4', 'cannot be read'],
    ['a misspelt tests', 'test:\n- name: a\n', 't.yaml:1:1', 'test: there is no such key'],
    ['a text', 'hello', 't.yaml:1:1', 'must be a mapping, but is a text'],
    ['a list', '- name: a', 't.yaml:1:1', 'must be a mapping, but is a list'],
    ['tests that are no list', 'tests: {}', 't.yaml:1:1', 'tests: must be a list, but is a mapping'],
    ['tests without anything', 'tests:', 't.yaml:1:1', 'there are no tests'],
  ] as const) {
    test(what, () => {
      const { failures } = readPolicyTests('t.yaml', text);
      expect(failures).toMatchObject([{ object, message: expect.stringContaining(message) }]);
    });
  }
});

describe('a slip of one letter is noticed', () => {
  const complete = written({
    policy: {
      strategy: '',
      constraint: '',
      allowTags: '',
      ignoreTags: [],
      platforms: [],
      allowDowngrade: false,
      suspended: false,
    },
    current: '1.2.0',
    now: '2026-01-05T00:00:00Z',
    tags: [{ name: '1.2.1', created: '', digest: `sha256:${'1'.repeat(64)}`, platforms: [], firstSeen: '' }],
    expect: { tag: '1.2.1', outcome: 'update', rule: 'newest', digest: 'x' },
  });
  const keys = [...keysOf(complete), 'error'];

  for (const [key, owner] of placesOf(complete)) {
    test(`in ${key}`, () => {
      const slips = slipsOf(key).filter((slip) => !keys.includes(slip));
      // One file for all, because a file is parsed once, however much is wrong with it.
      const { failures } = readPolicyTests(
        't',
        JSON.stringify({ tests: slips.map((slip) => renamed(complete, owner, key, slip)) }),
      );
      const unknown = failures.filter(({ code }) => code === 'CONFIG_UNKNOWN_KEY').map(({ fix }) => fix);
      expect(unknown).toHaveLength(slips.length);
      const advice = slips.map((slip, index) => ({ slip, fix: unknown[index] ?? '' }));
      expect(advice.filter(({ slip, fix }) => !isOneSlip(fix.replace('write ', ''), slip))).toEqual([]);
    });
  }
});

describe('the schema for editors says the same', () => {
  const schema: Untyped = JSON.parse(readFileSync(resolve(root, 'schemas/policy-tests.schema.json'), 'utf8'));
  const digest = `sha256:${'1'.repeat(64)}`;
  for (const different of [
    {},
    { policy: null, current: null, now: null },
    { policy: { strategy: 'semver', constraint: 1.2, allowTags: 'any', ignoreTags: ['a'], platforms: ['a/b'] } },
    { policy: { allowDowngrade: true, suspended: false } },
    { policy: { strategi: 'semver' } },
    { policy: { ignoreTags: 'a' } },
    { policy: [] },
    { tags: [{ name: 'a', created: 'x', digest, platforms: ['a/b'], firstSeen: 'x' }, 1.2, 'a'] },
    { tags: [{ created: 'x' }] },
    { tags: [[]] },
    { tags: undefined },
    { name: undefined },
    { expect: undefined },
    { expect: null },
    { expect: 1.2 },
    { expect: {} },
    { expect: { error: true } },
    { expect: { error: false } },
    { expect: { error: true, tag: 'a' } },
    { expect: { tag: null, outcome: 'held', rule: 'downgrade', digest } },
    { expect: { outcome: 'helt' } },
    { expect: { tags: 'a' } },
    { nam: 'a' },
  ]) {
    test(JSON.stringify(different), () => {
      const text = file(written(different));
      expect(fits(schema, JSON.parse(text))).toBe(readPolicyTests('t', text).failures.length === 0);
    });
  }
});

test('the example passes', () => {
  const text = readFileSync(resolve(root, 'examples/policy-tests.yaml'), 'utf8');
  const { ok, failures } = outcomes(text);
  expect(failures).toEqual([]);
  expect(ok).toEqual(ok.map(() => true));
});

test('10,000 tests take seconds', () => {
  const line = (index: number) =>
    JSON.stringify(
      written({
        name: `test ${index}`,
        tags: Array.from({ length: 10 }, (_, patch) => `1.2.${patch}`),
        expect: '1.2.9',
      }),
    );
  const text = Array.from({ length: 10_000 }, (_, index) => line(index)).join('\n');
  const began = performance.now();
  const { ok } = outcomes(text);
  expect(ok.filter(Boolean)).toHaveLength(10_000);
  expect(performance.now() - began).toBeLessThan(60_000);
});

interface Pick {
  readonly name: string;
  readonly policy: object;
  readonly current: string;
  readonly tags: readonly object[];
  readonly expect: string | null;
  readonly expectDigest?: string;
  readonly error?: string;
  readonly defect?: string;
}

test('golden picks, written as tests, pass', () => {
  const picks = goldenCases<Pick>('picks.jsonl').filter(isJudged);
  const { tests, failures } = readPolicyTests('picks', picks.map((pick) => JSON.stringify(asTest(pick))).join('\n'));
  expect(failures).toEqual([]);
  expect(tests).toHaveLength(picks.length);
  expect(tests.map(runPolicyTest).filter(({ ok }) => !ok)).toEqual([]);
});

/** All but defects of upstream, companions of images and names that no tag can have: see strategies/picks.test.ts. */
function isJudged({ defect, expect: tag }: Pick): boolean {
  if (defect !== undefined && !defect.startsWith('library:')) return false;
  return tag === null || (parseTag(tag).ok && !/^sha256-.*\.(?:sig|att|sbom)$/.test(tag));
}

function asTest({ name, policy, current, tags, expect: tag, expectDigest, error }: Pick) {
  const decision = expectDigest === undefined ? tag : { tag, digest: expectDigest };
  return { name, policy, current, tags, expect: error === undefined ? decision : { error: true } };
}

/** Every key of a document, and the mapping that it stands in. */
function placesOf(value: unknown): [string, Untyped][] {
  if (Array.isArray(value)) return value.flatMap(placesOf);
  if (!isUntyped(value)) return [];
  return Object.entries(value).flatMap(([key, inner]): [string, Untyped][] => [[key, value], ...placesOf(inner)]);
}

function keysOf(value: unknown): string[] {
  return placesOf(value).map(([key]) => key);
}

/** The document with one key of one of its mappings spelt otherwise. */
function renamed(value: unknown, owner: Untyped, key: string, slip: string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, owner, key, slip));
  if (!isUntyped(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    value === owner && name === key ? slip : name,
    renamed(inner, owner, key, slip),
  ]);
  return Object.fromEntries(entries);
}
