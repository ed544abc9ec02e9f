import { type Constraint, parseConstraint } from '../core/deciding/constraint.ts';
import type { Drop } from '../core/deciding/decision.ts';
import { compareVersions, parseVersion, type SemanticVersion } from '../core/deciding/semantic-version.ts';
import type { Candidate, Judge, Strategy } from '../core/deciding/strategy.ts';
import { parsed } from '../core/parsed.ts';
import { ageOf, compareBytes } from './byte-order.ts';

/** The highest version that satisfies the constraint; of equal versions the tag that is greatest by its bytes. */
export const semver: Strategy = {
  id: 'semver',
  deprecatedIds: [],
  needs: 'tags',
  pinsDigest: false,
  readsConstraint: true,
  judge(constraint = '') {
    const read = parseConstraint(constraint === '' ? '*' : constraint);
    return read.ok ? parsed(judgeBy(read.value)) : read;
  },
};

function judgeBy(constraint: Constraint): Judge {
  return {
    strategy: semver,
    drop: ({ tag }) => drop(constraint, parseVersion(tag)),
    wants: (tag) => drop(constraint, parseVersion(tag)) === undefined,
    compare: (a, b) => compareTags(a, b) || compareBytes(a.tag, b.tag),
    age(chosen, current) {
      const [ours, theirs] = [parseVersion(chosen.tag), parseVersion(current.tag ?? '')];
      return ours && theirs ? ageOf(compareVersions(ours, theirs)) : undefined;
    },
    merit: (_, count) => merit(constraint, count),
    ...(constraint.satisfiable ? {} : { impossible: `no version can satisfy ${constraint.text}` }),
  };
}

function drop(constraint: Constraint, version: SemanticVersion | undefined): Drop | undefined {
  if (!version) return { rule: 'not-a-version', reason: 'cannot be read as a version' };
  const reason = constraint.explain(version);
  return reason === undefined ? undefined : { rule: 'constraint', reason };
}

function merit({ text }: Constraint, count: number): string {
  if (text === '*') return count === 1 ? 'is the only release' : `is the newest of ${count} releases`;
  return count === 1 ? `is the only tag that satisfies ${text}` : `is the newest of ${count} tags that satisfy ${text}`;
}

/** Candidates are versions; a tag that is none (never compared) would rank lowest. */
function compareTags(a: Candidate, b: Candidate): number {
  const [left, right] = [parseVersion(a.tag), parseVersion(b.tag)];
  return left && right ? compareVersions(left, right) : Number(left !== undefined) - Number(right !== undefined);
}
