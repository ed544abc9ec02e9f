import { describe, expect, test } from 'vitest';
import type { Candidate, Judge } from '../core/deciding/strategy.ts';
import { parseTag, type Tag } from '../core/reference.ts';
import { findStrategy, strategies } from './index.ts';

describe('findStrategy', () => {
  for (const [name, id, deprecated] of [
    ['semver', 'semver', false],
    ['SemVer', 'semver', false],
    ['newest-build', 'newest-build', false],
    ['latest', 'newest-build', true],
    ['alphabetical', 'alphabetical', false],
    ['NAME', 'alphabetical', true],
    ['digest', 'digest', false],
  ] as const) {
    test(`${name} is ${id}${deprecated ? ', an old name' : ''}`, () => {
      const found = findStrategy(name);
      expect([found?.strategy.id, found?.deprecated]).toEqual([id, deprecated]);
    });
  }

  for (const name of ['', ' semver', 'semver ', 'newest', 'toString']) {
    test(`"${name}" is none`, () => {
      expect(findStrategy(name)).toBeUndefined();
    });
  }

  test('every name leads to one strategy', () => {
    const names = strategies.flatMap(({ id, deprecatedIds }) => [id, ...deprecatedIds]);
    expect(names).toEqual([...new Set(names)]);
  });
});

for (const strategy of strategies) {
  describe(`${strategy.id} keeps the promises of a strategy`, () => {
    const read = strategy.judge('1.0');
    const judge = read.ok ? read.value : undefined;
    const candidates = ['1.0', 'v1.0', '1.0.0', '2.0', 'latest', 'B', 'b'].flatMap((text, index): Candidate[] => {
      const tag = parseTag(text);
      return tag.ok ? [{ tag: tag.value, createdNs: BigInt(index % 3) }] : [];
    });

    test('reads a constraint that is a tag and a version', () => {
      expect(judge?.strategy).toBe(strategy);
    });

    test('gives different tags an order, the same both ways', () => {
      const taking = candidates.filter((candidate) => !judge?.drop(candidate));
      for (const a of taking) {
        for (const b of taking) {
          const [there, back] = [judge?.compare(a, b) ?? 0, judge?.compare(b, a) ?? 0];
          expect(Math.sign(there) + Math.sign(back)).toBe(0);
          expect(there === 0).toBe(a === b);
        }
      }
    });

    test('drops by its name what it does not want', () => {
      for (const { tag } of candidates) {
        if (judge && !judge.wants(tag)) expect(judge.drop({ tag })).toBeDefined();
      }
    });

    test('gives a drop rule when it drops, and a merit when it chooses', () => {
      for (const candidate of candidates) {
        expect(judge?.drop(candidate)?.reason).not.toBe('');
        expect(judge?.merit(candidate, 3)).toMatch(/^[a-z]/);
      }
    });
  });
}

describe('age', () => {
  for (const [id, chosen, current, age, why] of [
    ['semver', '1.9.0', '1.10.0', 'older', 'by version'],
    ['semver', '1.10.0', '1.9.0', 'newer', 'by version'],
    ['semver', 'v1.2.0', '1.2', 'same', 'spelling is no age'],
    ['semver', '1.2.0-rc1', '1.2.0', 'older', 'a pre-release comes before'],
    ['semver', '1.2.0', 'latest', undefined, 'not a version'],
    ['alphabetical', '1.10', '1.9', 'older', 'by bytes'],
    ['alphabetical', 'b', 'B', 'newer', 'by bytes'],
    ['digest', '1.0', '2.0', 'same', 'without digests there is nothing to tell apart'],
  ] as const) {
    test(`${id}: ${chosen} against ${current} is ${age}: ${why}`, () => {
      expect(judgeOf(id, '1.0').age({ tag: tagOf(chosen) }, { tag: tagOf(current) })).toBe(age);
    });
  }

  for (const [chosenNs, currentNs, age] of [
    [1n, 2n, 'older'],
    [2n, 1n, 'newer'],
    [2n, 2n, 'same'],
  ] as const) {
    test(`newest-build: created ${chosenNs} against ${currentNs} is ${age}`, () => {
      const chosen = { tag: tagOf('a'), createdNs: chosenNs };
      expect(judgeOf('newest-build').age(chosen, { tag: tagOf('b'), createdNs: currentNs })).toBe(age);
      expect(judgeOf('newest-build').age(chosen, { tag: tagOf('b') })).toBeUndefined();
    });
  }

  test('a digest alone has no age, except where digests are tracked', () => {
    expect(judgeOf('semver').age({ tag: tagOf('1.0') }, {})).toBeUndefined();
    expect(judgeOf('alphabetical').age({ tag: tagOf('1.0') }, {})).toBeUndefined();
    expect(judgeOf('digest', '1.0').age({ tag: tagOf('1.0') }, {})).toBe('same');
  });
});

describe('what a strategy cannot be told', () => {
  for (const [id, constraint, problem] of [
    ['semver', 'latest', 'not a version constraint'],
    ['digest', undefined, 'write it behind the image name'],
    ['digest', '', 'write it behind the image name'],
    ['digest', '^1.2', '"^1.2" is not a tag'],
  ] as const) {
    test(`${id} refuses ${constraint ?? 'no constraint'}`, () => {
      const read = findStrategy(id)?.strategy.judge(constraint);
      expect(read?.ok === false && read.problem).toContain(problem);
    });
  }

  for (const id of ['newest-build', 'alphabetical']) {
    test(`${id} takes no notice of a constraint`, () => {
      expect(findStrategy(id)?.strategy.judge('not || valid').ok).toBe(true);
    });
  }
});

function judgeOf(id: string, constraint?: string): Judge {
  const read = findStrategy(id)?.strategy.judge(constraint);
  if (!read?.ok) throw new Error(`${id} has no judge for ${constraint}`);
  return read.value;
}

function tagOf(text: string): Tag {
  const tag = parseTag(text);
  if (!tag.ok) throw new Error(tag.problem);
  return tag.value;
}
