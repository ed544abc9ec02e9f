import { MOST_FOUND } from '../found-requests.ts';
import type { RequestWords } from '../pull-requests.ts';
import { remarkOnAbsent } from '../remarks.ts';
import { type CloudApi, quoted } from './api.ts';
import { addReviewers, defaultReviewers } from './reviewers.ts';

const STATES = ['OPEN', 'MERGED', 'DECLINED', 'SUPERSEDED'].map((state) => `state=${state}`).join('&');

export function cloudRequests(api: CloudApi): RequestWords {
  return {
    async list(head, base, signal) {
      const q = [
        `source.branch.name = ${quoted(head)}`,
        `destination.branch.name = ${quoted(base)}`,
        `source.repository.full_name = ${quoted(api.fullName)}`,
      ].join(' AND ');
      const url = `${api.url}/pullrequests?${STATES}`;
      const request = { to: 'list pull requests', url, query: { q, sort: '-created_on', pagelen: MOST_FOUND } };
      const values = api.client.itemsIn(request, await api.client.want(request, signal), 'values');
      return Promise.all(values.map((json) => api.read(json, signal)));
    },
    text: ({ title, body }) => ({ title, description: body }),
    opening: ({ head, base, title, body, isDraft }) => ({
      to: 'open a pull request',
      method: 'POST',
      url: `${api.url}/pullrequests`,
      body: {
        title,
        description: body,
        source: { branch: { name: head } },
        destination: { branch: { name: base } },
        draft: isDraft,
        // Branches are removed by git, which looks whose commits are on them.
        close_source_branch: false,
      },
    }),
    isTaken: ({ status }) => status === 400 || status === 409,
    change: (id, text, signal) => api.put(id, text, signal),
    async addExtras(json, draft, isNew, remarks, signal) {
      remarkOnAbsent(remarks, 'Bitbucket Cloud', 'labels', draft.labels);
      remarkOnAbsent(remarks, 'Bitbucket Cloud', 'assignees', draft.assignees);
      const defaults = isNew ? await defaultReviewers(api, json, remarks, signal) : [];
      await addReviewers(api, json, [...defaults, ...draft.reviewers], remarks, signal);
    },
    comment: (id, raw) => ({ url: `${api.requestUrl(id)}/comments`, body: { content: { raw } } }),
    end: (id, signal) =>
      api.client.want({ to: 'decline the pull request', method: 'POST', url: `${api.requestUrl(id)}/decline` }, signal),
  };
}
