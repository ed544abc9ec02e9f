import { textAt } from '../../core/untyped.ts';
import type { PullRequest } from '../../ports/forge.ts';
import { openFirst } from '../found-requests.ts';
import { missingFrom } from '../names.ts';
import type { RequestWords } from '../pull-requests.ts';
import { optionally, remarkOnAbsent } from '../remarks.ts';
import { type AzureApi, exceptionOf } from './api.ts';
import { addReviewers } from './reviewers.ts';

/** A list tells no more of each description. */
const LISTED_DESCRIPTION = 400;

export function azureRequests(api: AzureApi): RequestWords {
  return {
    async list(head, base, signal) {
      const query = {
        'searchCriteria.status': 'all',
        'searchCriteria.sourceRefName': `refs/heads/${head}`,
        'searchCriteria.targetRefName': `refs/heads/${base}`,
        $top: 100,
      };
      const all = await api.list({ to: 'list pull requests', url: `${api.url}/pullrequests`, query }, signal);
      const ours = all.filter((json) => json['forkSource'] === undefined);
      const told = openFirst(ours.map((json) => api.read(json)));
      return Promise.all(told.map((each) => withWholeBody(api, each, signal)));
    },
    text: ({ title, body }) => ({ title, description: body }),
    opening: ({ head, base, title, body, isDraft }) => ({
      to: 'open a pull request',
      method: 'POST',
      url: `${api.url}/pullrequests`,
      body: {
        sourceRefName: `refs/heads/${head}`,
        targetRefName: `refs/heads/${base}`,
        title,
        description: body,
        isDraft,
      },
    }),
    isTaken: (answer) => exceptionOf(answer) === 'GitPullRequestExistsException',
    change: (id, text, signal) => api.patch(id, text, signal),
    async addExtras(json, draft, _isNew, remarks, signal) {
      remarkOnAbsent(remarks, 'Azure DevOps', 'assignees', draft.assignees);
      await addLabels(api, textAt(json, 'pullRequestId') ?? '', draft.labels, remarks, signal);
      await addReviewers(api, json, draft.reviewers, remarks, signal);
    },
    comment: (id, content) => ({
      url: `${api.requestUrl(id)}/threads`,
      // Closed: a policy may hold every request that has open threads, should a person open it again.
      body: { comments: [{ parentCommentId: 0, content, commentType: 'text' }], status: 'closed' },
    }),
    end: (id, signal) => api.patch(id, { status: 'abandoned' }, signal),
  };
}

async function addLabels(
  api: AzureApi,
  id: string,
  wanted: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  if (wanted.length === 0) return;
  const url = `${api.requestUrl(id)}/labels`;
  const labels = await api.list({ to: 'list labels', url }, signal);
  const present = labels.flatMap((label) => textAt(label, 'name') ?? []);
  for (const name of missingFrom(present, wanted)) {
    await optionally(remarks, `the label ${name}`, () =>
      api.client.want({ to: 'add a label', method: 'POST', url, body: { name } }, signal),
    );
  }
}

async function withWholeBody(api: AzureApi, request: PullRequest, signal: AbortSignal): Promise<PullRequest> {
  return request.body.length < LISTED_DESCRIPTION ? request : api.read(await api.get(request.id, signal));
}
