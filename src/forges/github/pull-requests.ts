import { mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest, PullRequestDraft } from '../../ports/forge.ts';
import type { ForgeAnswer } from '../forge-client.ts';
import { MOST_FOUND, newestAndOpen } from '../found-requests.ts';
import { missingFrom, namesIn } from '../names.ts';
import type { Ordered, RequestWords } from '../pull-requests.ts';
import { optionally } from '../remarks.ts';
import { askForReviews, authorsOf, reviewersIn } from '../reviews.ts';
import type { GithubApi } from './api.ts';

const MOST_REVIEWS = 100;

export class GithubPullRequests implements RequestWords {
  readonly #api: GithubApi;

  constructor(api: GithubApi) {
    this.#api = api;
  }

  list(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    return newestAndOpen((state) => this.#page(state, head, base, signal));
  }

  text({ title, body }: PullRequestDraft): Untyped {
    return { title, body };
  }

  async open(draft: PullRequestDraft, remarks: string[], signal: AbortSignal): Promise<Ordered> {
    const { head, base, isDraft } = draft;
    const request = {
      to: 'open a pull request',
      method: 'POST',
      url: `${this.#api.url}/pulls`,
      body: { ...this.text(draft), head, base, draft: isDraft },
    } as const;
    const answer = await this.#api.client.ask(request, signal);
    const reason = this.#api.client.reason(answer);
    const hasNoDrafts = answer.status === 422 && /draft pull requests are not supported/i.test(reason);
    if (!isDraft || !hasNoDrafts) return { request, answer };
    remarks.push(`without being a draft: ${reason}`);
    return this.open({ ...draft, isDraft: false }, remarks, signal);
  }

  isTaken(answer: ForgeAnswer): boolean {
    return answer.status === 422 && /already exists/i.test(this.#api.client.reason(answer));
  }

  change(id: string, text: Untyped, signal: AbortSignal): Promise<Untyped> {
    return this.#api.patch(id, text, signal);
  }

  async addExtras(
    json: Untyped,
    draft: PullRequestDraft,
    _isNew: boolean,
    remarks: string[],
    signal: AbortSignal,
  ): Promise<void> {
    const id = textAt(json, 'number') ?? '';
    await this.#addLabels(id, missingFrom(namesIn(json, 'labels', 'name'), draft.labels), remarks, signal);
    await this.#addAssignees(id, missingFrom(namesIn(json, 'assignees', 'login'), draft.assignees), remarks, signal);
    const asked = reviewersIn(json, 'requested_teams', 'slug');
    await this.#askForReviews(id, missingFrom(asked, draft.reviewers), remarks, signal);
  }

  comment(id: string, text: string, signal: AbortSignal): Promise<Untyped> {
    const url = `${this.#api.url}/issues/${id}/comments`;
    return this.#api.client.want({ to: 'comment', method: 'POST', url, body: { body: text } }, signal);
  }

  end(id: string, signal: AbortSignal): Promise<Untyped> {
    return this.#api.patch(id, { state: 'closed' }, signal);
  }

  /** GitHub finds nothing by the name that an owner had before it was renamed, so its present one is asked for. */
  async #page(state: 'all' | 'open', head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    const repository = await this.#api.repository(signal);
    const owner = textAt(mappingAt(repository, 'owner'), 'login') ?? '';
    const query = { state, head: `${owner}:${head}`, base, sort: 'created', direction: 'desc', per_page: MOST_FOUND };
    const request = { to: 'list pull requests', url: `${this.#api.url}/pulls`, query };
    const found = await this.#api.client.wantList(request, signal);
    return found.filter((json) => isFrom(json, head, base)).map((json) => this.#api.read(json));
  }

  /** GitHub makes labels that are missing. */
  async #addLabels(id: string, labels: readonly string[], remarks: string[], signal: AbortSignal) {
    if (labels.length === 0) return;
    const url = `${this.#api.url}/issues/${id}/labels`;
    await optionally(remarks, `the labels ${labels.join(', ')}`, () =>
      this.#api.client.wantList({ to: 'set labels', method: 'POST', url, body: { labels } }, signal),
    );
  }

  /** GitHub passes over whom it cannot assign. */
  async #addAssignees(id: string, assignees: readonly string[], remarks: string[], signal: AbortSignal) {
    if (assignees.length === 0) return;
    const url = `${this.#api.url}/issues/${id}/assignees`;
    await optionally(remarks, `the assignees ${assignees.join(', ')}`, async () => {
      const request = { to: 'assign people', method: 'POST', url, body: { assignees } } as const;
      const issue = await this.#api.client.want(request, signal);
      for (const absent of missingFrom(namesIn(issue, 'assignees', 'login'), assignees)) {
        remarks.push(
          `without the assignee ${absent}: GitHub does not let this repository's requests be assigned to them`,
        );
      }
    });
  }

  async #askForReviews(id: string, reviewers: readonly string[], remarks: string[], signal: AbortSignal) {
    if (reviewers.length === 0) return;
    const { client } = this.#api;
    const url = this.#api.one(id);
    const query = { per_page: MOST_REVIEWS };
    const heard = authorsOf(await client.wantList({ to: 'read reviews', url: `${url}/reviews`, query }, signal));
    await askForReviews(reviewers, heard, remarks, (body) =>
      client.want({ to: 'ask for a review', method: 'POST', url: `${url}/requested_reviewers`, body }, signal),
    );
  }
}

function isFrom(json: Untyped, head: string, base: string): boolean {
  const [from, to] = [mappingAt(json, 'head'), mappingAt(json, 'base')];
  const isOwn = mappingAt(from, 'repo')['id'] === mappingAt(to, 'repo')['id'];
  return from['ref'] === head && to['ref'] === base && isOwn;
}
