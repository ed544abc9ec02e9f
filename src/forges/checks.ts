import type { MergeResult } from '../ports/forge.ts';

/** What the checks of a commit say together. */
export type Checks = 'none' | 'pending' | 'passed' | 'failed';

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

/** The head is not the commit that was to be merged: somebody pushed, or the forge has not seen our push yet. */
export const HEAD_MOVED: MergeResult = { kind: 'waiting', reason: 'its head is another commit than the one to merge' };

/** What the state alone says about merging a request; undefined while it is open. */
export function ended(state: 'open' | 'merged' | 'closed'): MergeResult | undefined {
  if (state === 'open') return undefined;
  return state === 'merged' ? { kind: 'merged' } : { kind: 'refused', reason: 'it is closed' };
}
