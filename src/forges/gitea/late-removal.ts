import { isUntyped, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { GiteaApi } from './api.ts';

/** How long after its opening a request can meet the removal of an earlier branch of its name. */
const LATE_MS = 10 * 60_000;
/** Both are done in one go, and told to the second. */
const SAME_GO_MS = 1_000;

/**
 * Whether Gitea itself has closed a request, of whoever opened it: it does so when it comes to the removal of a branch,
 * some time after the push, whatever has been pushed and opened under that name since. Then the close is followed by
 * word of the branch at once; a person's is not.
 * @returns false where the timeline is not told
 */
export async function wasClosedByRemoval(api: GiteaApi, request: Untyped, signal: AbortSignal): Promise<boolean> {
  if (request['state'] !== 'closed' || request['merged'] === true) return false;
  if (!isWithin(LATE_MS, request['created_at'], request['closed_at'])) return false;
  const url = `${api.url}/issues/${textAt(request, 'number')}/timeline`;
  const { body } = await api.client.ask({ to: 'read what became of a pull request', url }, signal);
  const events = Array.isArray(body) ? body.filter(isUntyped) : [];
  const [close = {}, next = {}] = events.slice(events.findLastIndex(({ type }) => type === 'close'));
  const isInOneGo = next['type'] === 'delete_branch' && isWithin(SAME_GO_MS, close['created_at'], next['created_at']);
  return isInOneGo && [close, next].every((event) => loginOf(event) === loginOf(request));
}

function isWithin(mostMs: number, from: unknown, to: unknown): boolean {
  return Date.parse(String(to)) - Date.parse(String(from)) <= mostMs;
}

function loginOf(json: Untyped): string | undefined {
  return textAt(mappingAt(json, 'user'), 'login');
}
