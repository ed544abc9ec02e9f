import { describe, expect, test } from 'vitest';
import { known, policyOf } from '../../../test/policy.ts';
import type { TagFacts } from '../deciding/scan.ts';
import { parseVersionText } from '../image-version.ts';
import { parseDigest, parseTag } from '../reference.ts';
import { decideHandedOff, handoffOnly } from './decide-handed-off.ts';

const DIGEST = known(parseDigest(`sha256:${'1'.repeat(64)}`));
const OTHER = known(parseDigest(`sha256:${'2'.repeat(64)}`));
const HERE: TagFacts = { kind: 'image', digest: DIGEST };

function decided(
  tag: string,
  policy: Parameters<typeof policyOf>[0],
  current: string | undefined,
  facts: TagFacts = HERE,
) {
  const version = { tag: known(parseTag(tag)), digest: DIGEST };
  const { outcome, rule, reason, to, notes } = decideHandedOff({
    policy: policyOf(policy),
    current: current === undefined ? undefined : known(parseVersionText(current)),
    version,
    scan: { tags: [tag], facts: new Map([[version.tag, facts]]) },
  });
  return { outcome, rule, reason, to: to && `${to.tag ?? ''}${to.digest ? '@' : ''}${to.digest ?? ''}`, notes };
}

describe('a version that was handed off', () => {
  for (const [why, tag, policy, current, facts, expected] of [
    ['is written', '1.1.0', {}, '1.0.0', HERE, { outcome: 'update', to: '1.1.0', notes: ['handed off by a pipeline'] }],
    ['is there already', '1.1.0', {}, '1.1.0', HERE, { outcome: 'current' }],
    [
      'with the digest, where that is tracked',
      'main',
      { strategy: 'digest', constraint: 'main' },
      'main',
      HERE,
      { outcome: 'update', to: `main@${DIGEST}` },
    ],
    [
      'must be there',
      '1.1.0',
      {},
      '1.0.0',
      { kind: 'gone' },
      { outcome: 'none', rule: 'handoff-mismatch', reason: '1.1.0 is not in the registry' },
    ],
    [
      'must be what the tag points at',
      '1.1.0',
      {},
      '1.0.0',
      { kind: 'image', digest: OTHER },
      { outcome: 'none', rule: 'handoff-mismatch', reason: `1.1.0 points at ${OTHER} now, and not at ${DIGEST}` },
    ],
    [
      'must satisfy the constraint',
      '2.0.0',
      { constraint: '1.x' },
      '1.0.0',
      HERE,
      { outcome: 'none', rule: 'no-candidate' },
    ],
    [
      'must pass the filters',
      '1.1.0-rc1',
      { ignoreTags: ['*-rc*'], constraint: '>=0-0' },
      '1.0.0',
      HERE,
      { outcome: 'none', rule: 'no-candidate', reason: expect.stringContaining('ignore-tags') },
    ],
    ['is no step back', '0.9.0', {}, '1.0.0', HERE, { outcome: 'held', rule: 'downgrade' }],
    [
      'may be a step back where that is allowed',
      '0.9.0',
      { allowDowngrade: true },
      '1.0.0',
      HERE,
      { outcome: 'update', to: '0.9.0' },
    ],
    ['waits while suspended', '1.1.0', { suspended: true }, '1.0.0', HERE, { outcome: 'held', rule: 'suspended' }],
  ] as const) {
    test(why, () => expect(decided(tag, policy, current, facts)).toMatchObject(expected));
  }
});

test('what only hand-offs move says why nothing does', () => {
  const { outcome, rule, from } = handoffOnly(known(parseVersionText('1.0.0')));
  expect([outcome, rule, from]).toEqual(['none', 'handoff-only', { tag: '1.0.0' }]);
});
