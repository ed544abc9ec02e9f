import { describe, expect, test } from 'vitest';
import { known, policyOf, type WrittenPolicy } from '../../../test/policy.ts';
import { parseVersionText } from '../image-version.ts';
import { parseDigest } from '../reference.ts';
import { type Expectation, type PolicyTest, runPolicyTest, type TestedPolicy } from './policy-test.ts';

const TAGS = ['1.2.0', '1.2.1', '1.3.0', 'latest'];
const PATCHES = { constraint: '~1.2' };
const DIGEST = `sha256:${'2'.repeat(64)}`;

function result(policy: WrittenPolicy | TestedPolicy, expected: Expectation, more: Partial<PolicyTest> = {}) {
  const tested = 'kind' in policy ? policy : ({ kind: 'policy', policy: policyOf(policy) } as const);
  const tags = TAGS.map((name) => ({ name }));
  const test = { name: 'a test', location: { path: [] }, policy: tested, current: undefined, tags, expected, ...more };
  return runPolicyTest(test);
}

function at(text: string): Pick<PolicyTest, 'current'> {
  return { current: known(parseVersionText(text)) };
}

const broken: TestedPolicy = {
  kind: 'unreadable',
  code: 'CONSTRAINT_INVALID',
  problem: 'no constraint',
  filtersOnly: false,
};
const brokenFilter: TestedPolicy = { ...broken, code: 'CONFIG_INVALID', problem: 'no filter', filtersOnly: true };

describe('as expected', () => {
  for (const [policy, expected, more, why] of [
    [PATCHES, '1.2.1', {}, 'the tag that is chosen'],
    [PATCHES, '1.2.1', at('1.2.1'), 'also when Git says it already'],
    [PATCHES, '1.2.1', at('2.0.0'), 'also when a gate holds it'],
    [{ constraint: '^3' }, null, {}, 'none'],
    [PATCHES, { tag: '1.2.1', outcome: 'held', rule: 'downgrade' }, at('2.0.0'), 'what the gate says'],
    [PATCHES, { outcome: 'update' }, at('1.2.0'), 'the rest may be anything'],
    [{ constraint: '^3' }, { tag: null, outcome: 'none' }, {}, 'none, and why'],
    [broken, { error: true }, {}, 'a policy that cannot be read'],
    [broken, { outcome: 'failed', rule: 'CONSTRAINT_INVALID' }, {}, 'in which way it cannot be read'],
    [brokenFilter, null, {}, 'a filter that cannot be read lets nothing through'],
    [brokenFilter, { error: true }, {}, 'and is an error'],
  ] as const) {
    test(`${JSON.stringify(expected)}: ${why}`, () => {
      expect(result(policy, expected, more)).toMatchObject({ ok: true, expected });
    });
  }

  test('the digest that a tag points at', () => {
    const tags = [{ name: 'stable', digest: known(parseDigest(DIGEST)) }];
    const policy = { strategy: 'digest', constraint: 'stable' };
    expect(result(policy, { tag: 'stable', digest: DIGEST }, { tags })).toMatchObject({ ok: true });
  });
});

describe('not as expected', () => {
  for (const [policy, expected, got, reason] of [
    [PATCHES, '1.3.0', '1.2.1', 'expected 1.3.0, which does not satisfy ~1.2'],
    [PATCHES, '1.2.0', '1.2.1', 'expected 1.2.0, which ranks below 1.2.1'],
    [PATCHES, '1.2.9', '1.2.1', 'expected 1.2.9, which is not among the tags'],
    [PATCHES, null, '1.2.1', 'expected no tag'],
    [PATCHES, { error: true }, '1.2.1', 'expected a policy that cannot be read'],
    [PATCHES, { tag: '1.2.1', outcome: 'held' }, '1.2.1', 'expected the outcome held, got update'],
    [PATCHES, { rule: 'current' }, '1.2.1', 'expected the rule current, got newest'],
    [PATCHES, { digest: DIGEST }, '1.2.1', `expected the digest ${DIGEST}, got none`],
    [broken, null, { error: 'no constraint' }, 'no constraint; expected no tag'],
    [broken, '1.2.1', { error: 'no constraint' }, 'no constraint; expected 1.2.1'],
    [brokenFilter, '1.2.1', null, 'no filter; so no tag is let through; expected 1.2.1'],
  ] as const) {
    test(`${JSON.stringify(expected)}: ${reason}`, () => {
      expect(result(policy, expected)).toMatchObject({ ok: false, got, reason: expect.stringContaining(reason) });
    });
  }
});
