import type { MergeResult } from '../ports/forge.ts';

/** What one check of a commit says. */
export type CheckState = 'pending' | 'passed' | 'failed';

/** What the checks of a commit say together. */
export type Checks = 'none' | CheckState;

export function together(states: readonly CheckState[]): Checks {
  if (states.length === 0) return 'none';
  return (['failed', 'pending'] as const).find((one) => states.includes(one)) ?? 'passed';
}

/** What a check says whose forge has words for these two; any other word means that it is not over. */
export function checkState(
  word: unknown,
  { passed, failed }: { readonly passed: readonly unknown[]; readonly failed: readonly unknown[] },
): CheckState {
  if (failed.includes(word)) return 'failed';
  return passed.includes(word) ? 'passed' : 'pending';
}

/**
 * What stands against a merge that waits for green checks; undefined when nothing does. Where no check has reported,
 * none has passed: a build server needs a while until it shows itself.
 */
export function notGreen(checks: Checks): MergeResult | undefined {
  switch (checks) {
    case 'none':
      return { kind: 'waiting', reason: 'no check has reported on its head yet' };
    case 'pending':
      return { kind: 'waiting', reason: 'checks are running' };
    case 'failed':
      return { kind: 'refused', reason: 'a check failed' };
    case 'passed':
      return undefined;
    default:
      return checks satisfies never;
  }
}
