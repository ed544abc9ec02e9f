import { mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import { MOST_FOUND, newestAndOpen } from '../found-requests.ts';
import { missingFrom, namesIn } from '../names.ts';
import type { RequestWords } from '../pull-requests.ts';
import { optionally } from '../remarks.ts';
import { askForReviews, authorsOf, reviewersIn } from '../reviews.ts';
import type { GithubApi } from './api.ts';

const MOST_REVIEWS = 100;

export function githubRequests(api: GithubApi): RequestWords {
  const { client } = api;
  return {
    list: (head, base, signal) =>
      newestAndOpen(async (state) => {
        // GitHub finds nothing by the name that an owner had before it was renamed, so its present one is asked for.
        const owner = textAt(mappingAt(await api.repository(signal), 'owner'), 'login') ?? '';
        const order = { sort: 'created', direction: 'desc', per_page: MOST_FOUND };
        const query = { state, head: `${owner}:${head}`, base, ...order };
        const found = await client.wantList({ to: 'list pull requests', url: `${api.url}/pulls`, query }, signal);
        return found.filter((json) => isFrom(json, head, base)).map((json) => api.read(json));
      }),
    text: ({ title, body }) => ({ title, body }),
    opening: ({ title, body, head, base, isDraft }) => ({
      to: 'open a pull request',
      method: 'POST',
      url: `${api.url}/pulls`,
      body: { title, body, head, base, draft: isDraft },
    }),
    isTaken: (answer) => answer.status === 422 && /already exists/i.test(client.reason(answer)),
    hasNoDrafts: (answer) =>
      answer.status === 422 && /draft pull requests are not supported/i.test(client.reason(answer)),
    change: (id, text, signal) => api.patch(id, text, signal),
    async addExtras(json, draft, _isNew, remarks, signal) {
      const id = textAt(json, 'number') ?? '';
      const labels = missingFrom(namesIn(json, 'labels', 'name'), draft.labels);
      await addLabels(api, id, labels, remarks, signal);
      const assignees = missingFrom(namesIn(json, 'assignees', 'login'), draft.assignees);
      await addAssignees(api, id, assignees, remarks, signal);
      const reviewers = missingFrom(reviewersIn(json, 'requested_teams', 'slug'), draft.reviewers);
      await addReviewers(api, id, reviewers, remarks, signal);
    },
    comment: (id, text) => ({ url: `${api.url}/issues/${id}/comments`, body: { body: text } }),
    end: (id, signal) => api.patch(id, { state: 'closed' }, signal),
  };
}

/** GitHub makes labels that are missing. */
async function addLabels(
  api: GithubApi,
  id: string,
  labels: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  if (labels.length === 0) return;
  const request = {
    to: 'set labels',
    method: 'POST',
    url: `${api.url}/issues/${id}/labels`,
    body: { labels },
  } as const;
  await optionally(remarks, `the labels ${labels.join(', ')}`, () => api.client.wantList(request, signal));
}

/** GitHub passes over whom it cannot assign. */
async function addAssignees(
  api: GithubApi,
  id: string,
  assignees: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  if (assignees.length === 0) return;
  await optionally(remarks, `the assignees ${assignees.join(', ')}`, async () => {
    const url = `${api.url}/issues/${id}/assignees`;
    const issue = await api.client.want({ to: 'assign people', method: 'POST', url, body: { assignees } }, signal);
    for (const absent of missingFrom(namesIn(issue, 'assignees', 'login'), assignees)) {
      remarks.push(
        `without the assignee ${absent}: GitHub does not let this repository's requests be assigned to them`,
      );
    }
  });
}

async function addReviewers(
  api: GithubApi,
  id: string,
  reviewers: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  if (reviewers.length === 0) return;
  const url = api.requestUrl(id);
  const query = { per_page: MOST_REVIEWS };
  const heard = authorsOf(await api.client.wantList({ to: 'read reviews', url: `${url}/reviews`, query }, signal));
  await askForReviews(reviewers, heard, remarks, (body) =>
    api.client.want({ to: 'ask for a review', method: 'POST', url: `${url}/requested_reviewers`, body }, signal),
  );
}

function isFrom(json: Untyped, head: string, base: string): boolean {
  const [from, to] = [mappingAt(json, 'head'), mappingAt(json, 'base')];
  const isOwn = mappingAt(from, 'repo')['id'] === mappingAt(to, 'repo')['id'];
  return from['ref'] === head && to['ref'] === base && isOwn;
}
