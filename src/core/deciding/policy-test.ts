import type { FailureCode, Problem } from '../failure.ts';
import type { ImageVersion } from '../image-version.ts';
import type { FieldLocation } from '../origin.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { type ListedTag, scanOf } from './listed-tag.ts';
import type { Policy } from './policy.ts';

/** A policy, tags for it to judge, and what is to come of it. */
export interface PolicyTest {
  readonly name: string;
  readonly location: FieldLocation;
  readonly policy: TestedPolicy;
  /** What Git says; undefined when nothing states a version. */
  readonly current: ImageVersion | undefined;
  readonly tags: readonly ListedTag[];
  readonly expected: Expectation;
}

export type TestedPolicy =
  | { readonly kind: 'policy'; readonly policy: Policy }
  /** Something in it cannot be read. Filters that cannot be read let no tag through, as upstream. */
  | {
      readonly kind: 'unreadable';
      readonly code: FailureCode;
      readonly problem: string;
      readonly filtersOnly: boolean;
    };

/** As written: a tag or null is what is chosen before gates have their say. */
export type Expectation = string | null | { readonly error: true } | ExpectedDecision;

/** What is left out may be anything. */
export interface ExpectedDecision {
  readonly tag?: string | null;
  readonly outcome?: string;
  readonly rule?: string;
  readonly digest?: string;
}

export interface PolicyTestResult {
  readonly name: string;
  readonly location: FieldLocation;
  readonly ok: boolean;
  readonly expected: Expectation;
  /** What was chosen, before gates. */
  readonly got: string | null | { readonly error: string };
  readonly outcome: Decision['outcome'] | 'failed';
  readonly reason: string;
}

/** What came of some files of tests. */
export interface PolicyTestReport {
  readonly results: readonly PolicyTestResult[];
  /** What could not be read, and so was not tested. */
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Judges one test by the decision that a run would make. Pure. */
export function runPolicyTest({ name, location, policy, current, tags, expected }: PolicyTest): PolicyTestResult {
  const seen =
    policy.kind === 'policy'
      ? decided(decide({ policy: policy.policy, current, scan: scanOf(tags, policy.policy, current) }))
      : unreadable(policy);
  const differences = differencesOf(expected, seen);
  const { got, outcome } = seen;
  const reason = [seen.reason, ...differences].join('; ');
  return { name, location, ok: differences.length === 0, expected, got, outcome, reason };
}

/** What a policy came to. */
interface Seen extends Pick<PolicyTestResult, 'got' | 'outcome' | 'reason'> {
  readonly rule: string;
  readonly digest?: string | undefined;
  /** Going on from the tag: "ranks below 1.3.0". */
  readonly fateOf: (tag: string) => string | undefined;
}

function decided({ outcome, rule, reason, to, candidates }: Decision): Seen {
  return {
    got: candidates.find(({ verdict }) => verdict === 'chosen')?.tag ?? null,
    outcome,
    rule,
    reason,
    digest: to?.digest,
    fateOf: (tag) => candidates.find((candidate) => candidate.tag === tag)?.reason ?? 'is not among the tags',
  };
}

function unreadable({ code, problem, filtersOnly }: TestedPolicy & { readonly kind: 'unreadable' }): Seen {
  return {
    got: filtersOnly ? null : { error: problem },
    outcome: 'failed',
    rule: code,
    reason: filtersOnly ? `${problem}; so no tag is let through` : problem,
    fateOf: () => undefined,
  };
}

/** In what way things are not as expected, each as a sentence; none when all is well. */
function differencesOf(expected: Expectation, seen: Seen): readonly string[] {
  if (expected === null || typeof expected === 'string') return tagDifference(expected, seen);
  if ('error' in expected) return seen.outcome === 'failed' ? [] : ['expected a policy that cannot be read'];
  const { tag, outcome, rule, digest } = expected;
  return [
    ...(tag === undefined ? [] : tagDifference(tag, seen)),
    ...difference('outcome', outcome, seen.outcome),
    ...difference('rule', rule, seen.rule),
    ...difference('digest', digest, seen.digest),
  ];
}

function tagDifference(expected: string | null, { got, fateOf }: Seen): readonly string[] {
  if (got === expected) return [];
  if (expected === null) return ['expected no tag'];
  const fate = fateOf(expected);
  return [fate === undefined ? `expected ${expected}` : `expected ${expected}, which ${fate}`];
}

function difference(what: string, expected: string | undefined, got: string | undefined): readonly string[] {
  if (expected === undefined || expected === got) return [];
  return [`expected the ${what} ${expected}, got ${got ?? 'none'}`];
}
