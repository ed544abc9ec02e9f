import { isUntyped, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest, PullRequestDraft, PullRequests, SavedPullRequest } from '../../ports/forge.ts';
import { MOST_FOUND, openFirst } from '../found-requests.ts';
import { missingFrom, namesIn } from '../names.ts';
import { optionally } from '../remarks.ts';
import { type GiteaApi, TITLE } from './api.ts';
import { addLabels } from './labels.ts';
import { addAssignees, addReviewers } from './people.ts';

export class GiteaPullRequests implements PullRequests {
  readonly #api: GiteaApi;

  constructor(api: GiteaApi) {
    this.#api = api;
  }

  /** Newest first, as Gitea lists them; no further back than the one that it knows by its branches. */
  async find(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    const earliest = await this.#earliest(head, base, signal);
    if (earliest === 'none') return [];
    const query = { state: 'all', base_branch: base };
    const request = { to: 'list pull requests', url: `${this.#api.url}/pulls`, query };
    const found: PullRequest[] = [];
    for await (const page of this.#api.pages(request, signal)) {
      // Releases before 1.22 pass over base_branch, and a fork may have a branch of the same name.
      found.push(...page.filter((json) => isFrom(json, head, base)).map((json) => this.#api.read(json)));
      if (found.length >= MOST_FOUND || page.some((json) => Number(json['number']) <= earliest)) break;
    }
    return openFirst(found);
  }

  async save(
    draft: PullRequestDraft,
    existing: PullRequest | undefined,
    signal: AbortSignal,
  ): Promise<SavedPullRequest> {
    const json = await (existing === undefined ? this.#create(draft, signal) : this.#update(draft, existing, signal));
    const request = this.#api.read(json);
    const remarks: string[] = [];
    const labels = missingFrom(namesIn(json, 'labels', 'name'), draft.labels);
    await optionally(remarks, 'labels', () => addLabels(this.#api, request, labels, remarks, signal));
    await addAssignees(this.#api, json, draft.assignees, remarks, signal);
    await addReviewers(this.#api, json, draft.reviewers, remarks, signal);
    return { request, remarks };
  }

  async close({ id }: PullRequest, comment: string, signal: AbortSignal): Promise<void> {
    const { state } = await this.#api.get(id, signal);
    if (state !== 'open') return;
    const url = `${this.#api.url}/issues/${id}/comments`;
    await this.#api.client.want({ to: 'comment', method: 'POST', url, body: { body: comment } }, signal);
    await this.#api.patch(id, { state: 'closed' }, signal);
  }

  /**
   * The number of the first request between two branches, by one answer where scanning the list needs many. A base with
   * a slash has no such address everywhere: 0 then, which is before all.
   */
  async #earliest(head: string, base: string, signal: AbortSignal): Promise<number | 'none'> {
    if (base.includes('/')) return 0;
    const url = `${this.#api.url}/pulls/${encodeURIComponent(base)}/${encodeURIComponent(head)}`;
    const request = { to: 'list pull requests', url };
    const answer = await this.#api.client.ask(request, signal);
    if (answer.status === 200) return isUntyped(answer.body) ? Number(answer.body['number']) : 0;
    if (answer.status !== 404) throw this.#api.client.refusal(request, answer);
    // It says the same of a repository that is not there, or not for us.
    await this.#api.repository(signal);
    return 'none';
  }

  /** Gives the open request that somebody was faster with. */
  async #create(draft: PullRequestDraft, signal: AbortSignal): Promise<Untyped> {
    const { head, base, body, isDraft } = draft;
    const request = {
      to: 'open a pull request',
      method: 'POST',
      url: `${this.#api.url}/pulls`,
      body: { head, base, title: TITLE.write(draft.title, isDraft), body },
    } as const;
    const answer = await this.#api.client.ask(request, signal);
    if (answer.status === 201 && isUntyped(answer.body)) return this.#unlessSecond(draft, answer.body, signal);
    const [existing] = answer.status === 409 ? await this.find(head, base, signal) : [];
    if (existing?.state === 'open') return this.#update(draft, existing, signal);
    throw this.#api.client.refusal(request, answer);
  }

  /**
   * Two that ask in the same moment get a request each from Gitea: the older one counts, for both of them. The other
   * one is closed, and loses its text, so that nobody takes this for a person's answer to it.
   */
  async #unlessSecond(draft: PullRequestDraft, json: Untyped, signal: AbortSignal): Promise<Untyped> {
    const { id } = this.#api.read(json);
    const found = await this.find(draft.head, draft.base, signal);
    const first = found.filter(({ state }) => state === 'open').at(-1);
    if (first === undefined || Number(first.id) >= Number(id)) return json;
    await this.#api.patch(id, { state: 'closed', title: `Opened twice, see #${first.id}`, body: '' }, signal);
    return this.#update(draft, first, signal);
  }

  /** Whether it is a draft stays as people left it. */
  async #update(draft: PullRequestDraft, { id, isDraft }: PullRequest, signal: AbortSignal): Promise<Untyped> {
    const json = await this.#api.get(id, signal);
    const title = TITLE.write(draft.title, isDraft);
    if (json['title'] === title && json['body'] === draft.body) return json;
    return this.#api.patch(id, { title, body: draft.body }, signal);
  }
}

function isFrom(json: Untyped, head: string, base: string): boolean {
  const from = mappingAt(json, 'head');
  const to = mappingAt(json, 'base');
  return textAt(from, 'label') === head && textAt(to, 'ref') === base && from['repo_id'] === to['repo_id'];
}
