import { textAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest, PullRequestDraft } from '../../ports/forge.ts';
import type { ForgeAnswer } from '../forge-client.ts';
import { openFirst } from '../found-requests.ts';
import { missingFrom } from '../names.ts';
import type { Ordered, RequestWords } from '../pull-requests.ts';
import { optionally, remarkOnAbsent } from '../remarks.ts';
import { type AzureApi, exceptionOf } from './api.ts';
import { addReviewers } from './reviewers.ts';

/** A list tells no more of each description. */
const LISTED_DESCRIPTION = 400;

export class AzurePullRequests implements RequestWords {
  readonly #api: AzureApi;

  constructor(api: AzureApi) {
    this.#api = api;
  }

  async list(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    const query = {
      'searchCriteria.status': 'all',
      'searchCriteria.sourceRefName': `refs/heads/${head}`,
      'searchCriteria.targetRefName': `refs/heads/${base}`,
      $top: 100,
    };
    const request = { to: 'list pull requests', url: `${this.#api.url}/pullrequests`, query };
    const ours = (await this.#api.list(request, signal)).filter((json) => json['forkSource'] === undefined);
    const told = openFirst(ours.map((json) => this.#api.read(json)));
    return Promise.all(told.map((each) => this.#withWholeBody(each, signal)));
  }

  text({ title, body }: PullRequestDraft): Untyped {
    return { title, description: body };
  }

  async open(draft: PullRequestDraft, _remarks: string[], signal: AbortSignal): Promise<Ordered> {
    const { head, base, isDraft } = draft;
    const branches = { sourceRefName: `refs/heads/${head}`, targetRefName: `refs/heads/${base}` };
    const request = {
      to: 'open a pull request',
      method: 'POST',
      url: `${this.#api.url}/pullrequests`,
      body: { ...this.text(draft), ...branches, isDraft },
    } as const;
    return { request, answer: await this.#api.ask(request, signal) };
  }

  isTaken(answer: ForgeAnswer): boolean {
    return exceptionOf(answer) === 'GitPullRequestExistsException';
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
    remarkOnAbsent(remarks, 'Azure DevOps', 'assignees', draft.assignees);
    await this.#addLabels(textAt(json, 'pullRequestId') ?? '', draft.labels, remarks, signal);
    await addReviewers(this.#api, json, draft.reviewers, remarks, signal);
  }

  comment(id: string, text: string, signal: AbortSignal): Promise<Untyped> {
    // Closed: a policy may hold every request that has open threads, should a person open it again.
    const thread = { comments: [{ parentCommentId: 0, content: text, commentType: 'text' }], status: 'closed' };
    const url = `${this.#api.requestUrl(id)}/threads`;
    return this.#api.want({ to: 'comment', method: 'POST', url, body: thread }, signal);
  }

  end(id: string, signal: AbortSignal): Promise<Untyped> {
    return this.#api.patch(id, { status: 'abandoned' }, signal);
  }

  async #addLabels(id: string, wanted: readonly string[], remarks: string[], signal: AbortSignal) {
    if (wanted.length === 0) return;
    const url = `${this.#api.requestUrl(id)}/labels`;
    const labels = await this.#api.list({ to: 'list labels', url }, signal);
    const present = labels.flatMap((label) => textAt(label, 'name') ?? []);
    for (const name of missingFrom(present, wanted)) {
      await optionally(remarks, `the label ${name}`, () =>
        this.#api.want({ to: 'add a label', method: 'POST', url, body: { name } }, signal),
      );
    }
  }

  async #withWholeBody(request: PullRequest, signal: AbortSignal): Promise<PullRequest> {
    if (request.body.length < LISTED_DESCRIPTION) return request;
    const json = await this.#api.get(request.id, signal);
    return { ...request, body: textAt(json, 'description') ?? '' };
  }
}
