import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { known, policyOf, type WrittenPolicy } from '../../../test/policy.ts';
import { versionFrom } from '../../../test/support/target-images.ts';
import { formatVersion, type ImageVersion } from '../image-version.ts';
import { parseDigest, parseTag, type Tag } from '../reference.ts';
import { decide, lookups, notUsed } from './decide.ts';
import type { Decision } from './decision.ts';
import type { TagFacts } from './scan.ts';

const NEW_YEAR_NS = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;
const D1 = known(parseDigest(`sha256:${'1'.repeat(64)}`));
const D2 = known(parseDigest(`sha256:${'2'.repeat(64)}`));
const SIGNATURE = `sha256-${'a'.repeat(64)}.sig`;

describe('what is chosen, and why', () => {
  for (const [written, current, tags, outcome, to, reason] of [
    [
      { constraint: '^1.0' },
      '1.0.0',
      ['1.0.0', '1.0.1', '1.1.0', '2.0.0'],
      'update',
      '1.1.0',
      '1.1.0 is the newest of 3 tags that satisfy ^1.0',
    ],
    [{}, '1.0.0', ['1.0.0', '1.1.0', '1.2.0-rc1', 'latest'], 'update', '1.1.0', '1.1.0 is the newest of 2 releases'],
    [{ constraint: '1.1.0' }, '1.0.0', ['1.1.0'], 'update', '1.1.0', '1.1.0 is the only tag that satisfies 1.1.0'],
    [{}, '1.1.0', ['1.0.0', '1.1.0'], 'current', '1.1.0', '1.1.0 is the newest of 2 releases, and Git says so already'],
    [{}, '1.2.0', ['1.2', '1.2.0', 'v1.2.0'], 'update', 'v1.2.0', 'v1.2.0 is the newest of 3 releases'],
    [
      {},
      `1.2.0@${D1}`,
      ['1.2.0'],
      'current',
      `1.2.0@${D1}`,
      `1.2.0 is the only release, and Git says so already, pinned to ${D1}`,
    ],
    [{}, `1.1.0@${D1}`, ['1.2.0'], 'update', '1.2.0', '1.2.0 is the only release'],
    [{}, undefined, ['1.2.0'], 'update', '1.2.0', '1.2.0 is the only release'],
    [
      { strategy: 'alphabetical' },
      'a',
      ['b', 'B', 'a'],
      'update',
      'b',
      'b is the last of 3 tags in alphabetical order',
    ],
    [{}, '1.0.0', [], 'none', undefined, 'the repository has no tags'],
    [
      { allowTags: 'regexp:^v' },
      '1.0.0',
      ['1.0.0', '1.1.0', 'vx'],
      'none',
      undefined,
      'no tag is left: 2 do not match allow-tags regexp:^v; 1 cannot be read as a version',
    ],
    [
      { constraint: '>2 <1' },
      '1.0.0',
      ['1.0.0', '3.0.0'],
      'none',
      undefined,
      'no tag is left: 2 do not satisfy >2 <1, which no version can',
    ],
  ] as const satisfies readonly Row[]) {
    test(`${JSON.stringify(written)} on ${current} with [${tags}]: ${outcome} ${to ?? ''}`, () => {
      const decision = decideOn(written, current, tags);
      expect(summary(decision)).toEqual([outcome, to, reason]);
    });
  }

  test('no reason lists more than a few rules', () => {
    const tags = ['a/b', SIGNATURE, '9.9.9', '1.0.0-dev', 'vx', '0.1.0', '1.0.0-rc1'];
    const decision = decideOn({ constraint: '^1', allowTags: 'regexp:^[^9]', ignoreTags: ['*-dev'] }, '1.0.0', tags);
    expect(decision.reason).toMatch(/^no tag is left: 2 do not satisfy \^1; (1 [^;]+; ){3}2 fall to other rules$/);
  });
});

describe('every candidate gets its verdict', () => {
  test('in the order of the registry, each tag once, with the rule that settled it', () => {
    const tags = ['1.0.0', 'a/b', '1.1.0', SIGNATURE, 'latest', '1.1.0', '2.0.0', '1.2.0-rc1', 'v1.1', '1.0.5-dev'];
    const decision = decideOn({ constraint: '^1.0', allowTags: 'regexp:^[^v]', ignoreTags: ['*-dev'] }, '1.0.0', tags);
    expect(decision.candidates).toEqual([
      { tag: '1.0.0', verdict: 'older', rule: 'older', reason: 'ranks below 1.1.0' },
      { tag: 'a/b', verdict: 'dropped', rule: 'invalid-tag', reason: 'has a name that no tag can have' },
      { tag: '1.1.0', verdict: 'chosen', rule: 'newest', reason: 'is the newest of 2 tags that satisfy ^1.0' },
      {
        tag: SIGNATURE,
        verdict: 'dropped',
        rule: 'not-an-image',
        reason: 'belongs to another image (signature, attestation or SBOM)',
      },
      { tag: 'latest', verdict: 'dropped', rule: 'not-a-version', reason: 'cannot be read as a version' },
      { tag: '2.0.0', verdict: 'dropped', rule: 'constraint', reason: 'does not satisfy ^1.0' },
      {
        tag: '1.2.0-rc1',
        verdict: 'dropped',
        rule: 'constraint',
        reason: 'has a pre-release suffix, and the constraint ^1.0 does not open pre-releases',
      },
      { tag: 'v1.1', verdict: 'dropped', rule: 'allow-tags', reason: 'does not match allow-tags regexp:^[^v]' },
      { tag: '1.0.5-dev', verdict: 'dropped', rule: 'ignore-tags', reason: 'matches ignore-tags *-dev' },
    ]);
  });

  for (const tag of [
    ...[
      `sha256-${'a'.repeat(64)}.att`,
      `sha256-${'a'.repeat(64)}.sbom`,
      `sha256-${'a'.repeat(64)}`,
      'sha256-abcdef.sig',
    ],
    ...[`sha512-${'a'.repeat(64)}`, `sha512-${'a'.repeat(128)}.sig`],
  ]) {
    test(`${tag} is never a candidate`, () => {
      expect(decideOn({ strategy: 'alphabetical' }, 'a', ['a', tag])).toMatchObject({ outcome: 'current' });
    });
  }

  for (const tag of ['sha256-abcdef', 'sha-abc.sig', `sha256-${'a'.repeat(64)}.txt`]) {
    test(`${tag} is a tag like any other`, () => {
      expect(decideOn({ strategy: 'alphabetical' }, 'a', ['a', tag])).toMatchObject({ outcome: 'update', to: { tag } });
    });
  }

  for (const [facts, rule, reason] of [
    [{ kind: 'gone' }, 'gone', 'is no longer in the registry'],
    [{ kind: 'not-an-image', mediaType: 'x/chart' }, 'not-an-image', 'does not hold an image (x/chart)'],
    [
      { kind: 'wrong-platform', platforms: ['linux/arm64', 'linux/s390x'] },
      'platform',
      'is not built for linux/amd64 (only for linux/arm64, linux/s390x)',
    ],
    [{ kind: 'image', digest: D1 }, 'created', 'has no readable creation time'],
  ] as const satisfies readonly (readonly [TagFacts, string, string])[]) {
    test(`what the registry says can drop a tag: ${reason}`, () => {
      const platforms = [{ os: 'linux', architecture: 'amd64' }];
      const decision = decideOn({ strategy: 'newest-build', platforms }, 'a', ['a'], { a: facts });
      expect(decision.candidates).toEqual([{ tag: 'a', verdict: 'dropped', rule, reason }]);
      expect(decision.outcome).toBe('none');
    });
  }
});

describe('digest', () => {
  const facts: Facts = { stable: { kind: 'image', digest: D1 } };
  for (const [current, outcome, to] of [
    ['stable', 'update', `stable@${D1}`],
    [`stable@${D2}`, 'update', `stable@${D1}`],
    [`@${D2}`, 'update', `stable@${D1}`],
    [undefined, 'update', `stable@${D1}`],
    [`stable@${D1}`, 'current', `stable@${D1}`],
    [`prod@${D1}`, 'current', `prod@${D1}`],
    [`@${D1}`, 'current', `@${D1}`],
  ] as const) {
    test(`Git says ${current}: ${outcome}, and never a word about downgrades`, () => {
      const decision = decideOn({ strategy: 'digest', constraint: 'stable' }, current, ['stable', 'prod'], facts);
      expect(summary(decision).slice(0, 2)).toEqual([outcome, to]);
      expect(decision.notes).toEqual([]);
    });
  }

  test('a tracked tag that is not there leaves nothing', () => {
    expect(decideOn({ strategy: 'digest', constraint: 'stable' }, 'stable', ['a', 'b'])).toMatchObject({
      outcome: 'none',
      reason: 'no tag is left: 2 are not the tracked tag stable',
    });
  });
});

describe('newest-build', () => {
  const facts: Facts = { a: built(3n), b: built(5n), c: built(5n) };

  test('takes the latest creation time, then the greatest tag', () => {
    const decision = decideOn({ strategy: 'newest-build' }, 'a', ['a', 'b', 'c'], facts);
    expect(summary(decision)).toEqual([
      'update',
      'c',
      'c is the newest build of 3 tags, created 2026-01-01T00:00:00.000000005Z',
    ]);
  });

  test('sees a step back in time, also when a filter drops the tag that Git states', () => {
    const decision = decideOn({ strategy: 'newest-build', ignoreTags: ['b', 'c'] }, 'b', ['a', 'b', 'c'], facts);
    expect(decision).toMatchObject({ outcome: 'held', rule: 'downgrade' });
  });

  test('builds of one time are no step back', () => {
    const decision = decideOn({ strategy: 'newest-build', ignoreTags: ['c'] }, 'c', ['a', 'b', 'c'], facts);
    expect(decision).toMatchObject({ outcome: 'update', notes: [] });
  });

  test('a tag that the registry lost cannot be compared', () => {
    const decision = decideOn({ strategy: 'newest-build' }, 'lost', ['a'], facts);
    expect(decision).toMatchObject({ outcome: 'update', notes: ['downgrade: not comparable'] });
  });
});

describe('gates', () => {
  for (const [written, current, outcome, rule, notes, why] of [
    [{}, '2.0.0', 'held', 'downgrade', [], 'never backwards'],
    [{ allowDowngrade: true }, '2.0.0', 'update', 'newest', ['downgrade: allowed'], 'unless a person asks'],
    [{}, '2.0.0-rc1', 'held', 'downgrade', [], 'a pre-release of a later version is later'],
    [{}, 'latest', 'update', 'newest', ['downgrade: not comparable'], 'what cannot be ordered moves'],
    [{}, `@${D1}`, 'update', 'newest', ['downgrade: not comparable'], 'a digest cannot be ordered'],
    [{}, '1.0', 'update', 'newest', [], 'a spelling is no version'],
    [{}, undefined, 'update', 'newest', [], 'nothing stated, nothing to go back from'],
    [{ suspended: true }, '0.9.0', 'held', 'suspended', [], 'a person asked to wait'],
    [{ suspended: true }, '1.0.0', 'current', 'current', [], 'nothing to wait for'],
    [{ suspended: true }, '2.0.0', 'held', 'downgrade', ['suspended'], 'both apply'],
    [{ suspended: true, allowDowngrade: true }, '2.0.0', 'held', 'suspended', ['downgrade: allowed'], 'one applies'],
  ] as const satisfies readonly (readonly [WrittenPolicy, string | undefined, ...unknown[]])[]) {
    test(`${JSON.stringify(written)} on ${current}: ${outcome} by ${rule}, since ${why}`, () => {
      const decision = decideOn(written, current, ['1.0.0', 'other']);
      expect(decision).toMatchObject({ outcome, rule, notes, to: { tag: '1.0.0' } });
    });
  }

  test('an image that must be verified is held, because nothing can verify it', () => {
    const policy = { ...policyOf({}), mustBeVerified: true } as const;
    const decideOver = (tag: string) =>
      decide({ policy, current: { tag: known(parseTag(tag)) }, scan: { tags: ['1.0.0'], facts: new Map() } });
    expect(decideOver('0.9.0')).toMatchObject({ outcome: 'held', rule: 'verification-unavailable' });
    expect(decideOver('1.0.0')).toMatchObject({ outcome: 'current' });
  });

  test('a held update says what it waits for', () => {
    expect(decideOn({}, '2.0.0', ['1.0.0']).reason).toBe(
      '1.0.0 is the only release, but older than 2.0.0 in Git; it waits until downgrades are allowed',
    );
    expect(decideOn({ suspended: true }, '0.1.0', ['1.0.0']).reason).toBe(
      '1.0.0 is the only release; it waits while updates are suspended',
    );
  });
});

test('notUsed asks nobody and moves nothing', () => {
  const from = versionFrom('1.0.0');
  expect(notUsed('no manifest names it', from)).toEqual({
    outcome: 'none',
    rule: 'not-used',
    reason: 'no manifest names it',
    from,
    to: undefined,
    candidates: [],
    notes: [],
  });
});

describe('lookups', () => {
  const tags = ['1.0', SIGNATURE, 'a/b', '1.0', '2.0-dev', '2.0'];
  for (const [written, current, expected, why] of [
    [{ strategy: 'semver' }, '1.0', [], 'names are enough'],
    [{ strategy: 'alphabetical' }, '1.0', [], 'names are enough'],
    [{ strategy: 'newest-build', ignoreTags: ['*-dev'] }, '1.0', ['1.0', '2.0'], 'what the filters leave, once'],
    [{ strategy: 'newest-build', ignoreTags: ['*-dev'] }, '2.0-dev', ['1.0', '2.0', '2.0-dev'], 'and what Git says'],
    [{ strategy: 'newest-build', ignoreTags: ['*-dev'] }, '3.0', ['1.0', '2.0'], 'unless the registry lost it'],
    [{ strategy: 'digest', constraint: '2.0' }, '1.0', ['2.0'], 'the tracked tag alone'],
    [{ strategy: 'digest', constraint: '2.0-dev', ignoreTags: ['*-dev'] }, '1.0', [], 'filters hold there too'],
  ] as const satisfies readonly (readonly [WrittenPolicy, string, readonly string[], string])[]) {
    test(`${JSON.stringify(written)} on ${current} looks up [${expected}]: ${why}`, () => {
      expect(lookups(policyOf(written), tags, versionOf(current))).toEqual(expected);
    });
  }

  test('a fact that was not looked up is a bug', () => {
    const policy = policyOf({ strategy: 'digest', constraint: 'a' });
    expect(() => decide({ policy, current: undefined, scan: { tags: ['a'], facts: new Map() } })).toThrow('the tag a');
  });
});

describe('laws', () => {
  const tag = fc.oneof(
    fc.stringMatching(/^v?[0-3](\.[0-3]){0,2}(-(rc|0)\.?[0-2])?$/),
    fc.constantFrom('latest', 'dev', 'a/b', '-', SIGNATURE, '20240115', '1.2.3.4'),
  );
  const written = fc.record({
    strategy: fc.constantFrom('semver', 'alphabetical', 'newest-build'),
    constraint: fc.constantFrom('*', '^1', '~1.2', '>=1-0', '<2'),
    allowTags: fc.constantFrom('', 'regexp:^v', 'regexp:[0-9]'),
    ignoreTags: fc.constantFrom([], ['*-rc*'], ['1*', 'dev']),
  });
  const everyFact = new Proxy<Facts>({}, { get: (_, name) => built(BigInt(String(name).length % 3)) });

  test('every tag has exactly one verdict, and at most one is chosen', () => {
    fc.assert(
      fc.property(written, fc.array(tag), (policy, tags) => {
        const { candidates, outcome } = decideOn(policy, undefined, tags, everyFact);
        expect(candidates.map((candidate) => candidate.tag)).toEqual([...new Set(tags)]);
        const chosen = candidates.filter(({ verdict }) => verdict === 'chosen').length;
        expect(chosen).toBe(outcome === 'none' ? 0 : 1);
      }),
    );
  });

  test('the choice does not depend on the order of the tags', () => {
    fc.assert(
      fc.property(written, fc.array(tag), fc.integer(), (policy, tags, turn) => {
        const turned = [...tags.slice(turn % (tags.length + 1)), ...tags.slice(0, turn % (tags.length + 1))].reverse();
        const [here, there] = [tags, turned].map((list) => decideOn(policy, undefined, list, everyFact).to);
        expect(here).toEqual(there);
      }),
    );
  });

  test('a tag that is dropped never changes the choice', () => {
    fc.assert(
      fc.property(written, fc.array(tag), tag, (policy, tags, another) => {
        const without = decideOn(policy, undefined, tags, everyFact);
        const withIt = decideOn(policy, undefined, [...tags, another], everyFact);
        const verdict = withIt.candidates.find((candidate) => candidate.tag === another)?.verdict;
        if (verdict !== 'chosen') expect(withIt.to).toEqual(without.to);
      }),
    );
  });

  test('what was chosen once is current afterwards', () => {
    fc.assert(
      fc.property(written, fc.array(tag), (policy, tags) => {
        const first = decideOn(policy, undefined, tags, everyFact);
        if (first.to === undefined) return;
        expect(decideOn(policy, formatVersion(first.to), tags, everyFact).outcome).toBe('current');
      }),
    );
  });

  test('downgrades are held or not comparable, never made in silence', () => {
    fc.assert(
      fc.property(fc.array(tag), tag, (tags, current) => {
        fc.pre(parseTag(current).ok);
        const decision = decideOn({}, current, tags);
        if (decision.outcome !== 'update' || decision.notes.length > 0) return;
        expect(decideOn({}, undefined, [current, decision.to.tag ?? '']).outcome).toBe('update');
        expect(decideOn({}, current, [decision.to.tag ?? '']).outcome).toBe('update');
      }),
    );
  });
});

test('tags are judged without comparing each with every other', () => {
  const tags = Array.from(
    { length: 50_000 },
    (_, index) => `1.${index % 70}.${index}${index % 3 === 0 ? '-rc.1' : ''}`,
  );
  const policy = policyOf({ constraint: '^1.2', allowTags: 'regexp:^[0-9]', ignoreTags: ['*-dev', '*-rc*'] });
  const started = performance.now();
  decide({ policy, current: undefined, scan: { tags, facts: new Map() } });
  expect(performance.now() - started).toBeLessThan(20_000);
});

describe('a list that is sorted by age', () => {
  for (const [order, current, ignoreTags, outcome, to] of [
    ['latest-first', 'a', [], 'update', 'c'],
    ['latest-first', 'c', [], 'current', 'c'],
    ['latest-last', 'c', [], 'update', 'a'],
    ['latest-last', 'a', ['a'], 'held', 'b'],
    ['latest-first', 'gone', ['c'], 'update', 'b'],
  ] as const) {
    test(`${order}, c b a without [${ignoreTags}], on ${current}: ${outcome} ${to}, and nothing is looked up`, () => {
      const policy = policyOf({ strategy: 'newest-build', ignoreTags });
      const list = { tags: ['c', 'b', 'a', 'b'], order };
      const stated = versionOf(current);
      expect(lookups(policy, list.tags, stated, order)).toEqual([]);
      const decision = decide({ policy, current: stated, scan: { ...list, facts: new Map() } });
      expect(summary(decision).slice(0, 2)).toEqual([outcome, to]);
    });
  }

  test('does not spare digest its question', () => {
    const policy = policyOf({ strategy: 'digest', constraint: 'a' });
    expect(lookups(policy, ['b', 'a'], undefined, 'latest-first')).toEqual(['a']);
  });
});

describe('a list that is not believed', () => {
  const doubt = { before: 812, left: 3, answers: 2, sinceMs: Date.parse('2026-01-01T00:00:00Z') };

  for (const [strategy, current] of [
    ['semver', '1.0.0'],
    ['semver', undefined],
    ['newest-build', '1.0.0'],
    ['alphabetical', '9'],
  ] as const) {
    test(`holds ${current ?? 'nothing'} by ${strategy}, and chooses nothing`, () => {
      const policy = policyOf({ strategy });
      const stated = current === undefined ? undefined : versionOf(current);
      const scan = { tags: ['1.0.0', '2.0.0'], facts: new Map(), doubt, remarks: ['3 of 100 pulls are left'] };
      expect(decide({ policy, current: stated, scan })).toEqual({
        outcome: 'held',
        rule: 'suspicious-list',
        reason:
          'the registry lists 3 of the 812 tags that it had; not believed yet (answer 2 since 2026-01-01T00:00:00Z, ' +
          'believed after 3 equal answers over 2 intervals)',
        from: stated,
        to: undefined,
        candidates: [],
        notes: ['3 of 100 pulls are left'],
      });
    });
  }
});

test('verdicts say when tags and digests were first seen', () => {
  const policy = policyOf({ strategy: 'newest-build' });
  const firstSeen = { firstScanMs: 1_000, later: new Map([['b', 2_000]]), digests: new Map([[D1, 3_000]]) };
  const scan = {
    tags: ['a', 'b', '.'],
    facts: new Map([
      [known(parseTag('a')), built(1n)],
      [known(parseTag('b')), built(2n)],
    ]),
    firstSeen,
  };
  expect(decide({ policy, current: undefined, scan }).candidates).toMatchObject([
    { tag: 'a', firstSeenMs: 1_000, digestFirstSeenMs: 3_000 },
    { tag: 'b', firstSeenMs: 2_000, digestFirstSeenMs: 3_000 },
    { tag: '.', firstSeenMs: 1_000 },
  ]);
});

type Row = readonly [
  written: WrittenPolicy,
  current: string | undefined,
  tags: readonly string[],
  outcome: Decision['outcome'],
  to: string | undefined,
  reason: string,
];

/** Facts by tag, as a test writes them down. */
type Facts = Readonly<Record<string, TagFacts>>;

function decideOn(written: WrittenPolicy, current: string | undefined, tags: readonly string[], facts: Facts = {}) {
  const policy = policyOf(written);
  const stated = current === undefined ? undefined : versionOf(current);
  const asked = lookups(policy, tags, stated).map((tag): [Tag, TagFacts] => [tag, facts[tag] ?? { kind: 'gone' }]);
  return decide({ policy, current: stated, scan: { tags, facts: new Map(asked) } });
}

function summary(decision: Decision): [string, string | undefined, string] {
  return [decision.outcome, decision.to && formatVersion(decision.to), decision.reason];
}

function versionOf(text: string): ImageVersion {
  const [tag = '', digest] = text.split('@');
  if (digest === undefined) return { tag: known(parseTag(tag)) };
  return tag === ''
    ? { digest: known(parseDigest(digest)) }
    : { tag: known(parseTag(tag)), digest: known(parseDigest(digest)) };
}

function built(createdNs: bigint): TagFacts {
  return { kind: 'image', digest: D1, createdNs: NEW_YEAR_NS + createdNs };
}
