import type { Untyped } from '../core/untyped.ts';
import type { MergeResult, PullRequest } from '../ports/forge.ts';
import type { ForgeClient } from './forge-client.ts';

export const CONFLICTS: MergeResult = { kind: 'refused', reason: 'it conflicts with its base branch' };

export const OUTDATED: MergeResult = {
  kind: 'waiting',
  reason: 'the base branch has moved on, and wants requests to be up to date',
  isOutdated: true,
};

/** The head is not the commit that was to be merged: somebody pushed, or the forge has not seen our push yet. */
export const HEAD_MOVED: MergeResult = { kind: 'waiting', reason: 'its head is another commit than the one to merge' };

/** What the state alone says about merging a request; undefined while it is open. */
export function ended(state: PullRequest['state']): MergeResult | undefined {
  if (state === 'open') return undefined;
  return state === 'merged' ? { kind: 'merged' } : { kind: 'refused', reason: 'it is closed' };
}

/** What stands against merging a commit on every forge; undefined where its own rules are next. */
export function notMergeable(
  { state, headCommit, isDraft }: Pick<PullRequest, 'state' | 'headCommit' | 'isDraft'>,
  wantedCommit: string,
): MergeResult | undefined {
  if (state !== 'open') return ended(state);
  if (headCommit !== wantedCommit) return HEAD_MOVED;
  return isDraft ? { kind: 'refused', reason: 'it is a draft' } : undefined;
}

const MOST_LOOKS = 6;
const BETWEEN_LOOKS_MS = 1000;

/**
 * Looks at a request until what the forge does on its own has come to an end; not for long.
 * @param json  the request as it was told last
 * @returns as it was told at the end
 */
export async function lookAgain(
  client: ForgeClient,
  json: Untyped,
  isSettled: (json: Untyped) => boolean,
  look: () => Promise<Untyped>,
  signal: AbortSignal,
): Promise<Untyped> {
  let present = json;
  for (let looks = 0; looks < MOST_LOOKS && !isSettled(present); looks++) {
    await client.pause(BETWEEN_LOOKS_MS, signal);
    present = await look();
  }
  return present;
}
