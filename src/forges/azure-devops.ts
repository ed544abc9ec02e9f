import { isUntyped, textAt, type Untyped } from '../core/untyped.ts';
import type {
  Branches,
  BranchRules,
  MergeResult,
  Merging,
  PullRequest,
  PullRequestDraft,
  PullRequests,
  SavedPullRequest,
} from '../ports/forge.ts';
import { AzureApi, branchOf, exceptionOf, headOf, stateOf } from './azure-devops/api.ts';
import { merge } from './azure-devops/merging.ts';
import { azurePlaces, isAzureHost } from './azure-devops/place.ts';
import { addReviewers } from './azure-devops/reviewers.ts';
import { readRules } from './azure-devops/rules.ts';
import type { ForgeClient, ForgeRequest } from './forge-client.ts';
import { basicOrBearer, type ForgeType, type Place } from './forge-type.ts';
import { openFirst } from './found-requests.ts';
import { missingFrom } from './names.ts';
import { optionally, remarkOnAbsent } from './remarks.ts';

/** Azure DevOps Services, and Azure DevOps Server 2022 and newer. https://learn.microsoft.com/rest/api/azure/devops/git/ */
export const azureDevops: ForgeType = {
  kind: 'azure-devops',
  recognises: isAzureHost,
  places: azurePlaces,
  probe: {
    path: '/_apis/connectionData',
    // A server says who it is even where it lets nobody in.
    fits: ({ status, headers }) => status !== 404 && headers['x-tfs-processid'] !== undefined,
  },
  // A personal access token is the password of whatever name, or of none.
  authorization: basicOrBearer,
  open: (place, client) => {
    const forge = new AzureDevops(place, client);
    return { kind: 'azure-devops', pullRequests: forge, merging: forge, branches: forge, mostBody: 4000 };
  },
};

/** A list tells no more of each description. */
const LISTED_DESCRIPTION = 400;

class AzureDevops implements PullRequests, Merging, Branches {
  readonly #api: AzureApi;
  readonly #client: ForgeClient;

  constructor(place: Place, client: ForgeClient) {
    this.#api = new AzureApi(place, client);
    this.#client = client;
  }

  async find(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    const query = {
      'searchCriteria.status': 'all',
      'searchCriteria.sourceRefName': `refs/heads/${head}`,
      'searchCriteria.targetRefName': `refs/heads/${base}`,
      $top: 100,
    };
    const request = { to: 'list pull requests', url: `${this.#api.url}/pullrequests`, query };
    // A fork may have a branch of the same name.
    const ours = (await this.#api.list(request, signal)).filter((json) => json['forkSource'] === undefined);
    const found = openFirst(ours.map((json) => this.#read(request, json)));
    return Promise.all(found.map((each) => this.#withWholeBody(each, signal)));
  }

  async save(
    draft: PullRequestDraft,
    existing: PullRequest | undefined,
    signal: AbortSignal,
  ): Promise<SavedPullRequest> {
    const json = await (existing === undefined ? this.#create(draft, signal) : this.#update(draft, existing, signal));
    const request = this.#read({ to: '', url: this.#api.url }, json);
    const remarks: string[] = [];
    remarkOnAbsent(remarks, 'Azure DevOps', 'assignees', draft.assignees);
    await this.#addLabels(request, draft.labels, remarks, signal);
    await addReviewers(this.#api, json, draft.reviewers, remarks, signal);
    return { request, remarks };
  }

  async close({ id }: PullRequest, comment: string, signal: AbortSignal): Promise<void> {
    if (stateOf(await this.#api.get(id, signal)) !== 'open') return;
    // Closed: a policy may hold every request that has open threads, should a person open it again.
    const thread = { comments: [{ parentCommentId: 0, content: comment, commentType: 'text' }], status: 'closed' };
    const url = `${this.#api.requestUrl(id)}/threads`;
    await this.#api.want({ to: 'comment', method: 'POST', url, body: thread }, signal);
    const abandon = this.#patch(id, { status: 'abandoned' });
    const answer = await this.#api.ask(abandon, signal);
    if (answer.status === 200 || stateOf(await this.#api.get(id, signal)) !== 'open') return;
    throw this.#client.refusal(abandon, answer);
  }

  merge(
    { id }: PullRequest,
    headCommit: string,
    how: 'forge' | 'when-green',
    signal: AbortSignal,
  ): Promise<MergeResult> {
    return merge(this.#api, id, headCommit, how, signal);
  }

  rules(branch: string, signal: AbortSignal): Promise<BranchRules> {
    return readRules(this.#api, branch, signal);
  }

  /** Somebody who was faster may have opened it: then that one is brought up to date. */
  async #create(draft: PullRequestDraft, signal: AbortSignal): Promise<Untyped> {
    const { head, base, title, body, isDraft } = draft;
    const request = {
      to: 'open a pull request',
      method: 'POST',
      url: `${this.#api.url}/pullrequests`,
      body: {
        sourceRefName: `refs/heads/${head}`,
        targetRefName: `refs/heads/${base}`,
        title,
        description: body,
        isDraft,
      },
    } as const;
    const answer = await this.#api.ask(request, signal);
    if (answer.status === 201 && isUntyped(answer.body)) return answer.body;
    const isTaken = exceptionOf(answer) === 'GitPullRequestExistsException';
    const [existing] = isTaken ? await this.find(head, base, signal) : [];
    if (existing?.state === 'open') return this.#update(draft, existing, signal);
    throw this.#client.refusal(request, answer);
  }

  /** Whether it is a draft stays as people left it. */
  async #update({ title, body }: PullRequestDraft, { id }: PullRequest, signal: AbortSignal): Promise<Untyped> {
    const json = await this.#api.get(id, signal);
    if (json['title'] === title && json['description'] === body) return json;
    return this.#api.want(this.#patch(id, { title, description: body }), signal);
  }

  #patch(id: string, body: Untyped): ForgeRequest {
    return { to: 'change the pull request', method: 'PATCH', url: this.#api.requestUrl(id), body };
  }

  async #addLabels({ id }: PullRequest, wanted: readonly string[], remarks: string[], signal: AbortSignal) {
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

  #read(request: ForgeRequest, json: Untyped): PullRequest {
    const id = textAt(json, 'pullRequestId');
    if (id === undefined) throw this.#client.invalid(request, 'a pull request has no number');
    return {
      id,
      url: `${this.#api.page}/pullrequest/${id}`,
      state: stateOf(json),
      title: textAt(json, 'title') ?? '',
      body: textAt(json, 'description') ?? '',
      head: branchOf(json, 'sourceRefName'),
      base: branchOf(json, 'targetRefName'),
      headCommit: headOf(json),
      isDraft: json['isDraft'] === true,
    };
  }
}
