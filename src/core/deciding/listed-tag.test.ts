import { describe, expect, test } from 'vitest';
import { known, policyOf } from '../../../test/policy.ts';
import { parsePlatform } from '../platform.ts';
import { type ListedTag, scanOf } from './listed-tag.ts';

const AMD64 = known(parsePlatform('linux/amd64'));
const ARM64 = known(parsePlatform('linux/arm64/v8'));
const NEWEST = { strategy: 'newest-build' };

function factsOf(tag: Omit<ListedTag, 'name'>, platforms = [AMD64]) {
  const { facts } = scanOf([{ name: 'a', ...tag }], policyOf({ ...NEWEST, platforms }), undefined);
  return [...facts.values()];
}

describe('a list reads as the answers of a registry', () => {
  for (const [what, tag, facts] of [
    ['a time', { createdNs: 7n }, { kind: 'image', createdNs: 7n }],
    ['no time', {}, { kind: 'image' }],
    ['the wanted platform', { platforms: [ARM64, AMD64] }, { kind: 'image' }],
    ['another platform', { platforms: [ARM64] }, { kind: 'wrong-platform', platforms: ['linux/arm64/v8'] }],
    ['no platform at all', { platforms: [] }, { kind: 'wrong-platform', platforms: [] }],
  ] as const) {
    test(what, () => {
      expect(factsOf(tag)).toMatchObject([facts]);
    });
  }

  test('all tags are there, as listed', () => {
    const listed = ['b', 'a', 'b', 'not a tag'].map((name) => ({ name }));
    expect(scanOf(listed, policyOf({}), undefined)).toEqual({ tags: ['b', 'a', 'b', 'not a tag'], facts: new Map() });
  });

  test('of equal names the first counts', () => {
    const listed = [
      { name: 'a', createdNs: 1n },
      { name: 'a', createdNs: 2n },
    ];
    expect([...scanOf(listed, policyOf(NEWEST), undefined).facts.values()]).toMatchObject([{ createdNs: 1n }]);
  });

  test('a tag without digest gets one that is always the same, and its own', () => {
    const digests = (...names: string[]) => {
      const listed = names.map((name) => ({ name }));
      const facts = scanOf(listed, policyOf(NEWEST), undefined).facts.values();
      return [...facts].map((fact) => (fact.kind === 'image' ? fact.digest : undefined));
    };
    expect(digests('a', 'b')).toEqual([...digests('a'), ...digests('b')]);
    expect(new Set(digests('a', 'b')).size).toBe(2);
  });
});
