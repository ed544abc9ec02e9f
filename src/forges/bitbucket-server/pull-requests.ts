import type { RequestWords } from '../pull-requests.ts';
import { remarkOnAbsent } from '../remarks.ts';
import { branchOf, type ServerApi } from './api.ts';
import { addReviewers, defaultReviewers } from './reviewers.ts';

export function serverRequests(api: ServerApi): RequestWords {
  return {
    async list(head, base, signal) {
      const query = { at: `refs/heads/${head}`, direction: 'OUTGOING', state: 'ALL', order: 'NEWEST' };
      const all = await api.all({ to: 'list pull requests', url: `${api.url}/pull-requests`, query }, signal);
      const ours = all.filter((json) => api.isHere(json, 'toRef') && branchOf(json, 'toRef') === base);
      return ours.map((json) => api.read(json));
    },
    text: ({ title, body }) => ({ title, description: body }),
    opening({ head, base, title, body, isDraft }) {
      const repository = { slug: api.slug, project: { key: api.project } };
      return {
        to: 'open a pull request',
        method: 'POST',
        url: `${api.url}/pull-requests`,
        body: {
          title,
          description: body,
          fromRef: { id: `refs/heads/${head}`, repository },
          toRef: { id: `refs/heads/${base}`, repository },
          ...(isDraft ? { draft: true } : {}),
        },
      };
    },
    isTaken: ({ status }) => status === 409,
    change: (id, text, signal) =>
      // What is left out of a list is taken away, so the reviewers are told again.
      api.orderAtVersion(
        id,
        (url, { version, reviewers }) => ({
          to: 'change the pull request',
          method: 'PUT',
          url,
          body: { ...text, version, reviewers },
        }),
        signal,
      ),
    async addExtras(json, draft, isNew, remarks, signal) {
      remarkOnAbsent(remarks, 'Bitbucket Data Center', 'labels of pull requests', draft.labels);
      remarkOnAbsent(remarks, 'Bitbucket Data Center', 'assignees', draft.assignees);
      if (isNew && draft.isDraft && json['draft'] !== true) {
        remarks.push('not as a draft: this server has none, Bitbucket Data Center 8.18 and newer do');
      }
      const defaults = isNew ? await defaultReviewers(api, json, remarks, signal) : [];
      await addReviewers(api, json, [...defaults, ...draft.reviewers], remarks, signal);
    },
    comment: (id, text) => ({ url: `${api.requestUrl(id)}/comments`, body: { text } }),
    end: (id, signal) =>
      api.orderAtVersion(
        id,
        (url, { version }) => ({
          to: 'decline the pull request',
          method: 'POST',
          url: `${url}/decline`,
          query: { version: Number(version) },
          body: {},
        }),
        signal,
      ),
  };
}
