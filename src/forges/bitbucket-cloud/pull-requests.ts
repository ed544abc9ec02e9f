import type { Untyped } from '../../core/untyped.ts';
import type { PullRequest, PullRequestDraft } from '../../ports/forge.ts';
import type { ForgeAnswer } from '../forge-client.ts';
import { MOST_FOUND } from '../found-requests.ts';
import type { Ordered, RequestWords } from '../pull-requests.ts';
import { remarkOnAbsent } from '../remarks.ts';
import { type CloudApi, quoted } from './api.ts';
import { addReviewers, defaultReviewers } from './reviewers.ts';

const STATES = ['OPEN', 'MERGED', 'DECLINED', 'SUPERSEDED'].map((state) => `state=${state}`).join('&');

export class CloudPullRequests implements RequestWords {
  readonly #api: CloudApi;

  constructor(api: CloudApi) {
    this.#api = api;
  }

  async list(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    const q = [
      `source.branch.name = ${quoted(head)}`,
      `destination.branch.name = ${quoted(base)}`,
      `source.repository.full_name = ${quoted(this.#api.fullName)}`,
    ].join(' AND ');
    const url = `${this.#api.url}/pullrequests?${STATES}`;
    const request = { to: 'list pull requests', url, query: { q, sort: '-created_on', pagelen: MOST_FOUND } };
    const { client } = this.#api;
    const values = client.itemsIn(request, await client.want(request, signal), 'values');
    return Promise.all(values.map((json) => this.#api.read(json, signal)));
  }

  text({ title, body }: PullRequestDraft): Untyped {
    return { title, description: body };
  }

  async open(draft: PullRequestDraft, _remarks: string[], signal: AbortSignal): Promise<Ordered> {
    const { head, base, isDraft } = draft;
    const request = {
      to: 'open a pull request',
      method: 'POST',
      url: `${this.#api.url}/pullrequests`,
      body: {
        ...this.text(draft),
        source: { branch: { name: head } },
        destination: { branch: { name: base } },
        draft: isDraft,
        // Branches are removed by git, which looks whose commits are on them.
        close_source_branch: false,
      },
    } as const;
    return { request, answer: await this.#api.client.ask(request, signal) };
  }

  isTaken({ status }: ForgeAnswer): boolean {
    return status === 400 || status === 409;
  }

  change(id: string, text: Untyped, signal: AbortSignal): Promise<Untyped> {
    return this.#api.put(id, text, signal);
  }

  async addExtras(
    json: Untyped,
    draft: PullRequestDraft,
    isNew: boolean,
    remarks: string[],
    signal: AbortSignal,
  ): Promise<void> {
    remarkOnAbsent(remarks, 'Bitbucket Cloud', 'labels', draft.labels);
    remarkOnAbsent(remarks, 'Bitbucket Cloud', 'assignees', draft.assignees);
    const defaults = isNew ? await defaultReviewers(this.#api, json, remarks, signal) : [];
    await addReviewers(this.#api, json, [...defaults, ...draft.reviewers], remarks, signal);
  }

  comment(id: string, text: string, signal: AbortSignal): Promise<Untyped> {
    const url = `${this.#api.requestUrl(id)}/comments`;
    return this.#api.client.want({ to: 'comment', method: 'POST', url, body: { content: { raw: text } } }, signal);
  }

  end(id: string, signal: AbortSignal): Promise<Untyped> {
    const url = `${this.#api.requestUrl(id)}/decline`;
    return this.#api.client.want({ to: 'decline the pull request', method: 'POST', url }, signal);
  }
}
