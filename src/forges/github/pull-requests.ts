import { isUntyped, listAt, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest, PullRequestDraft, PullRequests, SavedPullRequest } from '../../ports/forge.ts';
import { openFirst } from '../found-requests.ts';
import { missingFrom, namesIn } from '../names.ts';
import { optionally } from '../remarks.ts';
import type { GithubApi } from './api.ts';

const PAGE = 20;
const MOST_REVIEWS = 100;

export class GithubPullRequests implements PullRequests {
  readonly #api: GithubApi;

  constructor(api: GithubApi) {
    this.#api = api;
  }

  async find(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    const newest = await this.#list('all', head, base, signal);
    const isShort = newest.length < PAGE || newest.some(({ state }) => state === 'open');
    // One that was reopened may be older than all that fit on the page.
    return openFirst(isShort ? newest : [...(await this.#list('open', head, base, signal)), ...newest]);
  }

  async save(
    draft: PullRequestDraft,
    existing: PullRequest | undefined,
    signal: AbortSignal,
  ): Promise<SavedPullRequest> {
    const remarks: string[] = [];
    const json = await (existing === undefined
      ? this.#create(draft, remarks, signal)
      : this.#update(draft, existing, signal));
    const request = this.#api.read(json);
    await this.#addLabels(request, missingFrom(namesIn(json, 'labels', 'name'), draft.labels), remarks, signal);
    await this.#addAssignees(
      request,
      missingFrom(namesIn(json, 'assignees', 'login'), draft.assignees),
      remarks,
      signal,
    );
    await this.#askForReviews(request, missingFrom(askedIn(json), draft.reviewers), remarks, signal);
    return { request, remarks };
  }

  async close({ id }: PullRequest, comment: string, signal: AbortSignal): Promise<void> {
    const json = await this.#api.pull(id, signal);
    if (json['state'] !== 'open') return;
    const url = `${this.#api.url}/issues/${id}/comments`;
    await this.#api.client.want({ to: 'comment', method: 'POST', url, body: { body: comment } }, signal);
    await this.#patch(id, { state: 'closed' }, signal);
  }

  /** GitHub finds nothing by the name that an owner had before it was renamed, so its present one is asked for. */
  async #list(state: 'all' | 'open', head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    const repository = await this.#api.repository(signal);
    const owner = textAt(mappingAt(repository, 'owner'), 'login') ?? '';
    const query = { state, head: `${owner}:${head}`, base, sort: 'created', direction: 'desc', per_page: PAGE };
    const request = { to: 'list pull requests', url: `${this.#api.url}/pulls`, query };
    const found = await this.#api.client.wantList(request, signal);
    return found.filter((json) => isFrom(json, head, base)).map((json) => this.#api.read(json));
  }

  /** Gives the open request that somebody was faster with. */
  async #create(draft: PullRequestDraft, remarks: string[], signal: AbortSignal): Promise<Untyped> {
    const { title, body, head, base, isDraft } = draft;
    const request = {
      to: 'open a pull request',
      method: 'POST',
      url: `${this.#api.url}/pulls`,
      body: { title, body, head, base, draft: isDraft },
    } as const;
    const answer = await this.#api.client.ask(request, signal);
    if (answer.status === 201 && isUntyped(answer.body)) return answer.body;
    const reason = this.#api.client.reason(answer);
    if (answer.status === 422 && /already exists/i.test(reason)) {
      const [existing] = await this.find(head, base, signal);
      if (existing?.state === 'open') return this.#update(draft, existing, signal);
    }
    if (answer.status === 422 && isDraft && /draft pull requests are not supported/i.test(reason)) {
      remarks.push(`without being a draft: ${reason}`);
      return this.#create({ ...draft, isDraft: false }, remarks, signal);
    }
    throw this.#api.client.refusal(request, answer);
  }

  /** Whether it is a draft stays as people left it. */
  async #update({ title, body }: PullRequestDraft, { id }: PullRequest, signal: AbortSignal): Promise<Untyped> {
    const json = await this.#api.pull(id, signal);
    if (json['title'] === title && (json['body'] ?? '') === body) return json;
    return this.#patch(id, { title, body }, signal);
  }

  #patch(id: string, body: Untyped, signal: AbortSignal): Promise<Untyped> {
    const url = `${this.#api.url}/pulls/${encodeURIComponent(id)}`;
    return this.#api.client.want({ to: 'change the pull request', method: 'PATCH', url, body }, signal);
  }

  /** GitHub makes labels that are missing. */
  async #addLabels({ id }: PullRequest, labels: readonly string[], remarks: string[], signal: AbortSignal) {
    if (labels.length === 0) return;
    const url = `${this.#api.url}/issues/${id}/labels`;
    await optionally(remarks, `the labels ${labels.join(', ')}`, () =>
      this.#api.client.wantList({ to: 'set labels', method: 'POST', url, body: { labels } }, signal),
    );
  }

  /** GitHub passes over whom it cannot assign. */
  async #addAssignees({ id }: PullRequest, assignees: readonly string[], remarks: string[], signal: AbortSignal) {
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

  /** One by one: a name that GitHub refuses takes all others of the same call with it. "acme/team" is a team. */
  async #askForReviews({ id }: PullRequest, reviewers: readonly string[], remarks: string[], signal: AbortSignal) {
    if (reviewers.length === 0) return;
    const heard = await this.#reviewersHeard(id, signal);
    for (const reviewer of missingFrom(heard, reviewers)) {
      const team = reviewer.split('/')[1];
      // A team is no longer asked once one of its members has answered.
      if (team !== undefined && heard.length > 0) continue;
      const body = team === undefined ? { reviewers: [reviewer] } : { team_reviewers: [team] };
      const url = `${this.#api.url}/pulls/${id}/requested_reviewers`;
      await optionally(remarks, `the reviewer ${reviewer}`, () =>
        this.#api.client.want({ to: 'ask for a review', method: 'POST', url, body }, signal),
      );
    }
  }

  /** Whoever has reviewed is not asked again with every new version. */
  async #reviewersHeard(id: string, signal: AbortSignal): Promise<readonly string[]> {
    const request = {
      to: 'read reviews',
      url: `${this.#api.url}/pulls/${id}/reviews`,
      query: { per_page: MOST_REVIEWS },
    };
    const reviews = await this.#api.client.wantList(request, signal);
    return reviews.flatMap((review) => textAt(mappingAt(review, 'user'), 'login') ?? []);
  }
}

/** A fork may have a branch of the same name. */
function isFrom(json: Untyped, head: string, base: string): boolean {
  const [from, to] = [mappingAt(json, 'head'), mappingAt(json, 'base')];
  const isOwn = mappingAt(from, 'repo')['id'] === mappingAt(to, 'repo')['id'];
  return from['ref'] === head && to['ref'] === base && isOwn;
}

function askedIn(json: Untyped): readonly string[] {
  const owner = textAt(mappingAt(mappingAt(mappingAt(json, 'base'), 'repo'), 'owner'), 'login') ?? '';
  const teams = listAt(json, 'requested_teams').filter(isUntyped);
  const slugs = teams.flatMap((team) => textAt(team, 'slug') ?? []);
  return [...namesIn(json, 'requested_reviewers', 'login'), ...slugs.map((slug) => `${owner}/${slug}`)];
}
