import type { ImageVersion } from '../image-version.ts';

/** The rules that can drop a candidate. Their order here is the order in which they are tried. */
export const DROP_RULES = [
  'invalid-tag',
  'not-an-image',
  'allow-tags',
  'ignore-tags',
  'not-tracked',
  'not-a-version',
  'constraint',
  'gone',
  'platform',
  'created',
] as const;
type DropRule = (typeof DROP_RULES)[number];

/**
 * Why a candidate cannot be chosen. `reason` speaks of the rule, not of the tag, so that thousands group well, and goes
 * on from the tag: "does not match allow-tags regexp:^v".
 */
export interface Drop {
  readonly rule: DropRule;
  readonly reason: string;
}

/** One candidate with the rule that gave its verdict. */
export interface Verdict {
  readonly tag: string;
  readonly verdict: 'chosen' | 'older' | 'dropped';
  readonly rule: DropRule | 'newest' | 'older';
  /** Goes on from the tag, as that of a Drop; `inPlural` fits it to several tags. */
  readonly reason: string;
  /** When the scanner saw the tag for the first time, in milliseconds since 1970. */
  readonly firstSeenMs?: number;
  /** ... and what it points at, where that was asked. */
  readonly digestFirstSeenMs?: number;
}

/** The rules that settle an outcome as a whole; `rejected` and `superseded` come up only when a change is written. */
export const OUTCOME_RULES = [
  'newest',
  'current',
  'downgrade',
  'suspended',
  'verification-unavailable',
  'suspicious-list',
  'handoff-only',
  'handoff-mismatch',
  'rejected',
  'not-used',
  'no-candidate',
  'superseded',
] as const;
type OutcomeRule = (typeof OUTCOME_RULES)[number];

interface Traced {
  readonly rule: OutcomeRule;
  readonly reason: string;
  /** What Git says now; undefined when nothing states a version. */
  readonly from: ImageVersion | undefined;
  /** Every candidate with its verdict, in the registry's order; empty when the registry was not asked. */
  readonly candidates: readonly Verdict[];
  /** Remarks that change nothing: "downgrade: not comparable". */
  readonly notes: readonly string[];
}

/** The outcome for one tracked image. A broken outside world is not a decision but a Problem beside it. */
export type Decision =
  | (Traced & { readonly outcome: 'update'; readonly to: ImageVersion })
  | (Traced & { readonly outcome: 'current'; readonly to: ImageVersion })
  /** `to` is undefined while the list of tags is doubted: nothing is chosen from it. */
  | (Traced & { readonly outcome: 'held'; readonly to: ImageVersion | undefined })
  | (Traced & { readonly outcome: 'none'; readonly to: undefined });

const PLURALS: Readonly<Record<string, string>> = {
  does: 'do',
  is: 'are',
  has: 'have',
  matches: 'match',
  belongs: 'belong',
  ranks: 'rank',
};

/** A verdict's reason, said of several tags: "do not match allow-tags regexp:^v". */
export function inPlural(reason: string): string {
  return reason.replace(/^[a-z]+/, (verb) => PLURALS[verb] ?? verb);
}
