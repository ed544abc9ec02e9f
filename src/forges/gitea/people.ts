import { mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import { missingFrom, namesIn } from '../names.ts';
import { optionally } from '../remarks.ts';
import { type GiteaApi, PAGE } from './api.ts';

/** The list replaces the one before, so those whom people added are in it. One by one, for an unknown one spoils it. */
export async function addAssignees(
  api: GiteaApi,
  json: Untyped,
  wanted: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  const assignees = [...namesIn(json, 'assignees', 'login')];
  for (const assignee of missingFrom(assignees, wanted)) {
    await optionally(remarks, `the assignee ${assignee}`, async () => {
      await api.patch(textAt(json, 'number') ?? '', { assignees: [...assignees, assignee] }, signal);
      assignees.push(assignee);
    });
  }
}

/** One by one: an unknown name makes Gitea refuse all of them. "acme/team" is a team. */
export async function addReviewers(
  api: GiteaApi,
  json: Untyped,
  wanted: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  const asked = missingFrom([...namesIn(json, 'requested_reviewers', 'login'), ...teamsIn(json)], wanted);
  if (asked.length === 0) return;
  const url = `${api.url}/pulls/${textAt(json, 'number')}`;
  const heard = await reviewersHeard(api, url, signal);
  for (const reviewer of missingFrom(heard, asked)) {
    const team = reviewer.split('/')[1];
    // A team is no longer asked once one of its members has answered.
    if (team !== undefined && heard.length > 0) continue;
    const body = team === undefined ? { reviewers: [reviewer] } : { team_reviewers: [team] };
    const request = { to: 'ask for a review', method: 'POST', url: `${url}/requested_reviewers`, body } as const;
    await optionally(remarks, `the reviewer ${reviewer}`, () => api.client.wantList(request, signal));
  }
}

/** Whoever has reviewed is not asked again with every new version. */
async function reviewersHeard(api: GiteaApi, url: string, signal: AbortSignal): Promise<readonly string[]> {
  const request = { to: 'read reviews', url: `${url}/reviews`, query: { limit: PAGE } };
  const reviews = await api.client.wantList(request, signal);
  const given = reviews.filter((review) => review['state'] !== 'REQUEST_REVIEW');
  return given.flatMap((review) => textAt(mappingAt(review, 'user'), 'login') ?? []);
}

function teamsIn(json: Untyped): readonly string[] {
  const owner = textAt(mappingAt(mappingAt(mappingAt(json, 'base'), 'repo'), 'owner'), 'login') ?? '';
  return namesIn(json, 'requested_reviewers_teams', 'name').map((team) => `${owner}/${team}`);
}
