import type { Untyped } from '../../core/untyped.ts';
import type { PullRequest, PullRequestDraft } from '../../ports/forge.ts';
import type { ForgeAnswer } from '../forge-client.ts';
import type { Ordered, RequestWords } from '../pull-requests.ts';
import { remarkOnAbsent } from '../remarks.ts';
import { branchOf, type ServerApi } from './api.ts';
import { addReviewers, defaultReviewers } from './reviewers.ts';

export class ServerPullRequests implements RequestWords {
  readonly #api: ServerApi;

  constructor(api: ServerApi) {
    this.#api = api;
  }

  async list(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    const query = { at: `refs/heads/${head}`, direction: 'OUTGOING', state: 'ALL', order: 'NEWEST' };
    const request = { to: 'list pull requests', url: `${this.#api.url}/pull-requests`, query };
    const all = await this.#api.all(request, signal);
    const ours = all.filter((json) => this.#api.isHere(json, 'toRef') && branchOf(json, 'toRef') === base);
    return ours.map((json) => this.#api.read(json));
  }

  text({ title, body }: PullRequestDraft): Untyped {
    return { title, description: body };
  }

  async open(draft: PullRequestDraft, _remarks: string[], signal: AbortSignal): Promise<Ordered> {
    const { head, base, isDraft } = draft;
    const repository = { slug: this.#api.slug, project: { key: this.#api.project } };
    const request = {
      to: 'open a pull request',
      method: 'POST',
      url: `${this.#api.url}/pull-requests`,
      body: {
        ...this.text(draft),
        fromRef: { id: `refs/heads/${head}`, repository },
        toRef: { id: `refs/heads/${base}`, repository },
        ...(isDraft ? { draft: true } : {}),
      },
    } as const;
    return { request, answer: await this.#api.client.ask(request, signal) };
  }

  isTaken({ status }: ForgeAnswer): boolean {
    return status === 409;
  }

  /** What is left out of a list is taken away, so the reviewers are told again. */
  change(id: string, text: Untyped, signal: AbortSignal): Promise<Untyped> {
    const url = this.#api.requestUrl(id);
    return this.#api.orderAtVersion(
      id,
      ({ version, reviewers }) => {
        const body = { ...text, version, reviewers };
        return { to: 'change the pull request', method: 'PUT', url, body };
      },
      signal,
    );
  }

  async addExtras(
    json: Untyped,
    draft: PullRequestDraft,
    isNew: boolean,
    remarks: string[],
    signal: AbortSignal,
  ): Promise<void> {
    remarkOnAbsent(remarks, 'Bitbucket Data Center', 'labels of pull requests', draft.labels);
    remarkOnAbsent(remarks, 'Bitbucket Data Center', 'assignees', draft.assignees);
    if (isNew && draft.isDraft && json['draft'] !== true) {
      remarks.push('not as a draft: this server has none, Bitbucket Data Center 8.18 and newer do');
    }
    const defaults = isNew ? await defaultReviewers(this.#api, json, remarks, signal) : [];
    await addReviewers(this.#api, json, [...defaults, ...draft.reviewers], remarks, signal);
  }

  comment(id: string, text: string, signal: AbortSignal): Promise<Untyped> {
    const url = `${this.#api.requestUrl(id)}/comments`;
    return this.#api.client.want({ to: 'comment', method: 'POST', url, body: { text } }, signal);
  }

  end(id: string, signal: AbortSignal): Promise<Untyped> {
    const url = `${this.#api.requestUrl(id)}/decline`;
    return this.#api.orderAtVersion(
      id,
      ({ version }) => {
        const query = { version: Number(version) };
        return { to: 'decline the pull request', method: 'POST', url, query, body: {} };
      },
      signal,
    );
  }
}
