import { isUntyped, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest, PullRequestDraft } from '../../ports/forge.ts';
import type { ForgeAnswer } from '../forge-client.ts';
import { MOST_FOUND } from '../found-requests.ts';
import { missingFrom, namesIn } from '../names.ts';
import type { Ordered, RequestWords } from '../pull-requests.ts';
import { optionally } from '../remarks.ts';
import { type GiteaApi, TITLE } from './api.ts';
import { addLabels } from './labels.ts';
import { addAssignees, addReviewers } from './people.ts';

export class GiteaPullRequests implements RequestWords {
  readonly #api: GiteaApi;

  constructor(api: GiteaApi) {
    this.#api = api;
  }

  /** Newest first, as Gitea lists them; no further back than the one that it knows by its branches. */
  async list(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    const earliest = await this.#earliest(head, base, signal);
    if (earliest === 'none') return [];
    const query = { state: 'all', base_branch: base };
    const request = { to: 'list pull requests', url: `${this.#api.url}/pulls`, query };
    const found: PullRequest[] = [];
    for await (const page of this.#api.pages(request, signal)) {
      // Releases before 1.22 pass over base_branch.
      found.push(...page.filter((json) => isFrom(json, head, base)).map((json) => this.#api.read(json)));
      if (found.length >= MOST_FOUND || page.some((json) => Number(json['number']) <= earliest)) break;
    }
    return found;
  }

  text({ title, body }: PullRequestDraft, isDraft: boolean): Untyped {
    return { title: TITLE.write(title, isDraft), body };
  }

  async open(draft: PullRequestDraft, _remarks: string[], signal: AbortSignal): Promise<Ordered> {
    const { head, base, isDraft } = draft;
    const request = {
      to: 'open a pull request',
      method: 'POST',
      url: `${this.#api.url}/pulls`,
      body: { ...this.text(draft, isDraft), head, base },
    } as const;
    return { request, answer: await this.#api.client.ask(request, signal) };
  }

  isTaken({ status }: ForgeAnswer): boolean {
    return status === 409;
  }

  /**
   * Two that ask in the same moment get a request each from Gitea: the older one counts, for both of them. The other
   * one is closed, and loses its text, so that nobody takes this for a person's answer to it.
   */
  async giveWay(json: Untyped, draft: PullRequestDraft, signal: AbortSignal): Promise<PullRequest | undefined> {
    const { id } = this.#api.read(json);
    const open = (await this.list(draft.head, draft.base, signal)).filter(({ state }) => state === 'open');
    const [first] = open.toSorted((one, other) => Number(one.id) - Number(other.id));
    if (first === undefined || Number(first.id) >= Number(id)) return undefined;
    await this.#api.patch(id, { state: 'closed', title: `Opened twice, see #${first.id}`, body: '' }, signal);
    return first;
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
    const labels = missingFrom(namesIn(json, 'labels', 'name'), draft.labels);
    await optionally(remarks, 'labels', () => addLabels(this.#api, id, labels, remarks, signal));
    await addAssignees(this.#api, json, draft.assignees, remarks, signal);
    await addReviewers(this.#api, json, draft.reviewers, remarks, signal);
  }

  comment(id: string, text: string, signal: AbortSignal): Promise<Untyped> {
    const url = `${this.#api.url}/issues/${id}/comments`;
    return this.#api.client.want({ to: 'comment', method: 'POST', url, body: { body: text } }, signal);
  }

  end(id: string, signal: AbortSignal): Promise<Untyped> {
    return this.#api.patch(id, { state: 'closed' }, signal);
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
}

function isFrom(json: Untyped, head: string, base: string): boolean {
  const from = mappingAt(json, 'head');
  const to = mappingAt(json, 'base');
  return textAt(from, 'label') === head && textAt(to, 'ref') === base && from['repo_id'] === to['repo_id'];
}
