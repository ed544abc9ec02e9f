import { textAt, type Untyped } from '../../core/untyped.ts';
import { missingFrom, namesIn } from '../names.ts';
import { optionally } from '../remarks.ts';
import { askForReviews, authorsOf, reviewersIn } from '../reviews.ts';
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

export async function addReviewers(
  api: GiteaApi,
  json: Untyped,
  wanted: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  const missing = missingFrom(reviewersIn(json, 'requested_reviewers_teams', 'name'), wanted);
  if (missing.length === 0) return;
  const url = api.requestUrl(textAt(json, 'number') ?? '');
  const query = { limit: PAGE };
  const reviews = await api.client.wantList({ to: 'read reviews', url: `${url}/reviews`, query }, signal);
  // Whoever is asked has an entry among the reviews, too.
  const heard = authorsOf(reviews.filter((review) => review['state'] !== 'REQUEST_REVIEW'));
  await askForReviews(missing, heard, remarks, (body) =>
    api.client.wantList({ to: 'ask for a review', method: 'POST', url: `${url}/requested_reviewers`, body }, signal),
  );
}
