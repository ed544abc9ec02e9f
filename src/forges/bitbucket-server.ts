import { isUntyped, mappingAt, textAt, type Untyped } from '../core/untyped.ts';
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
import { branchOf, headOf, ServerApi, stateOf } from './bitbucket-server/api.ts';
import { merge } from './bitbucket-server/merging.ts';
import { addReviewers, defaultReviewers } from './bitbucket-server/reviewers.ts';
import { readRules } from './bitbucket-server/rules.ts';
import type { ForgeClient, ForgeRequest } from './forge-client.ts';
import { basicOrBearer, bearer, type ForgeType, type Place } from './forge-type.ts';
import { openFirst } from './found-requests.ts';
import type { HostedRepository } from './hosted-repository.ts';
import { namesIn } from './names.ts';
import { remarkOnAbsent } from './remarks.ts';

/** Bitbucket Data Center and Server, 7.0 and newer. https://developer.atlassian.com/server/bitbucket/rest/ */
export const bitbucketServer: ForgeType = {
  kind: 'bitbucket-server',
  recognises: () => false,
  places,
  probe: {
    path: '/rest/api/1.0/application-properties',
    fits: ({ status, body }) => status === 200 && /"displayName"\s*:\s*"Bitbucket"/.test(Buffer.from(body).toString()),
  },
  // A token of a project or repository is nobody's: git takes it with a name that stands for that, the API without.
  authorization: (access) =>
    access.kind === 'basic' && access.username === 'x-token-auth' ? bearer(access) : basicOrBearer(access),
  open: (place, client) => {
    const forge = new BitbucketServer(place, client);
    return { kind: 'bitbucket-server', pullRequests: forge, merging: forge, branches: forge, mostBody: 32_000 };
  },
};

/** ".../scm/OPS/deploy", where folders before "scm" are what the server is installed below; over SSH, only the rest. */
function places({ origin, path }: HostedRepository): readonly Place[] {
  const [project, slug] = path.slice(-2);
  if (project === undefined || slug === undefined) return [];
  const before = path.slice(0, -2);
  if (before.at(-1) === 'scm') {
    const base = before.slice(0, -1).map((part) => `/${encodeURIComponent(part)}`);
    return [{ api: `${origin}${base.join('')}`, path: [project, slug] }];
  }
  if (before.length > 0) return [];
  return ['', '/bitbucket'].map((base) => ({ api: `${origin}${base}`, path: [project, slug] }));
}

class BitbucketServer implements PullRequests, Merging, Branches {
  readonly #api: ServerApi;
  readonly #client: ForgeClient;

  constructor(place: Place, client: ForgeClient) {
    this.#api = new ServerApi(place, client);
    this.#client = client;
  }

  async find(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    const query = { at: `refs/heads/${head}`, direction: 'OUTGOING', state: 'ALL', order: 'NEWEST' };
    const request = { to: 'list pull requests', url: `${this.#api.url}/pull-requests`, query };
    const all = await this.#api.all(request, signal);
    const ours = all.filter((json) => this.#api.isHere(json, 'toRef') && branchOf(json, 'toRef') === base);
    return openFirst(ours.map((json) => this.#read(request, json)));
  }

  async save(
    draft: PullRequestDraft,
    existing: PullRequest | undefined,
    signal: AbortSignal,
  ): Promise<SavedPullRequest> {
    const json = await (existing === undefined ? this.#create(draft, signal) : this.#update(draft, existing, signal));
    const remarks: string[] = [];
    remarkOnAbsent(remarks, 'Bitbucket Data Center', 'labels of pull requests', draft.labels);
    remarkOnAbsent(remarks, 'Bitbucket Data Center', 'assignees', draft.assignees);
    if (existing === undefined && draft.isDraft && json['draft'] !== true) {
      remarks.push('not as a draft: this server has none, Bitbucket Data Center 8.18 and newer do');
    }
    const defaults = existing === undefined ? await defaultReviewers(this.#api, json, remarks, signal) : [];
    await addReviewers(this.#api, json, [...defaults, ...draft.reviewers], remarks, signal);
    return { request: this.#read({ to: '', url: this.#api.url }, json), remarks };
  }

  async close({ id }: PullRequest, comment: string, signal: AbortSignal): Promise<void> {
    if (stateOf(await this.#api.get(id, signal)) !== 'open') return;
    const url = this.#api.requestUrl(id);
    await this.#client.want({ to: 'comment', method: 'POST', url: `${url}/comments`, body: { text: comment } }, signal);
    const decline = (json: Untyped): ForgeRequest | undefined => {
      if (stateOf(json) !== 'open') return undefined;
      const query = { version: textAt(json, 'version') ?? '' };
      return { to: 'decline the pull request', method: 'POST', url: `${url}/decline`, query, body: {} };
    };
    const declined = await this.#api.orderAtVersion(id, decline, signal);
    if (declined === undefined || declined.answer.status === 200) return;
    throw this.#client.refusal(declined.request, declined.answer);
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
    const repository = { slug: this.#api.slug, project: { key: this.#api.project } };
    const request = {
      to: 'open a pull request',
      method: 'POST',
      url: `${this.#api.url}/pull-requests`,
      body: {
        title,
        description: body,
        fromRef: { id: `refs/heads/${head}`, repository },
        toRef: { id: `refs/heads/${base}`, repository },
        ...(isDraft ? { draft: true } : {}),
      },
    } as const;
    const answer = await this.#client.ask(request, signal);
    if (answer.status === 201 && isUntyped(answer.body)) return answer.body;
    const [existing] = answer.status === 409 ? await this.find(head, base, signal) : [];
    if (existing?.state === 'open') return this.#update(draft, existing, signal);
    throw this.#client.refusal(request, answer);
  }

  /** Whether it is a draft stays as people left it, and so do its reviewers: what is left out of a list is taken away. */
  async #update({ title, body }: PullRequestDraft, { id }: PullRequest, signal: AbortSignal): Promise<Untyped> {
    let present: Untyped = {};
    const change = (json: Untyped): ForgeRequest | undefined => {
      present = json;
      if (json['title'] === title && json['description'] === body) return undefined;
      const { version, reviewers } = json;
      const url = this.#api.requestUrl(id);
      const wanted = { version, title, description: body, reviewers };
      return { to: 'change the pull request', method: 'PUT', url, body: wanted };
    };
    const changed = await this.#api.orderAtVersion(id, change, signal);
    if (changed === undefined) return present;
    if (changed.answer.status === 200 && isUntyped(changed.answer.body)) return changed.answer.body;
    throw this.#client.refusal(changed.request, changed.answer);
  }

  #read(request: ForgeRequest, json: Untyped): PullRequest {
    const id = textAt(json, 'id');
    const [url] = namesIn(mappingAt(json, 'links'), 'self', 'href');
    if (id === undefined || url === undefined) {
      throw this.#client.invalid(request, 'a pull request has no number or URL');
    }
    return {
      id,
      url,
      state: stateOf(json),
      title: textAt(json, 'title') ?? '',
      body: textAt(json, 'description') ?? '',
      head: branchOf(json, 'fromRef'),
      base: branchOf(json, 'toRef'),
      headCommit: headOf(json),
      isDraft: json['draft'] === true,
    };
  }
}
