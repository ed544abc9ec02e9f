import type { PullRequest } from '../ports/forge.ts';

/** More are never told. */
export const MOST_FOUND = 20;

/** As PullRequests.find gives them: the open one first, then the ended ones, newest first; at most 20. */
export function openFirst(requests: readonly PullRequest[]): readonly PullRequest[] {
  const rank = ({ state }: PullRequest) => (state === 'open' ? 0 : 1);
  return requests
    .toSorted((one, other) => rank(one) - rank(other) || Number(other.id) - Number(one.id))
    .slice(0, MOST_FOUND);
}

/**
 * The newest requests, and the open one, which may be older than all of them if it was reopened.
 * @param page  asks for the newest 20 of one state, or of all
 */
export async function newestAndOpen(
  page: (state: 'all' | 'open') => Promise<readonly PullRequest[]>,
): Promise<readonly PullRequest[]> {
  const newest = await page('all');
  const isEnough = newest.length < MOST_FOUND || newest.some(({ state }) => state === 'open');
  return isEnough ? newest : [...(await page('open')), ...newest];
}
