import { isUntyped, listAt, mappingAt, textAt, type Untyped } from '../core/untyped.ts';
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
import { branchOf, CloudApi, quoted, shortHead, stateOf } from './bitbucket-cloud/api.ts';
import { addReviewers, defaultReviewers } from './bitbucket-cloud/reviewers.ts';
import { readRules } from './bitbucket-cloud/rules.ts';
import { type Checks, ended, HEAD_MOVED, notGreen } from './checks.ts';
import type { ForgeClient, ForgeRequest } from './forge-client.ts';
import { basicOrBearer, bearer, type ForgeType, type Place } from './forge-type.ts';
import { openFirst } from './found-requests.ts';
import { remarkOnAbsent } from './remarks.ts';

/** The service at bitbucket.org. https://developer.atlassian.com/cloud/bitbucket/rest/ */
export const bitbucketCloud: ForgeType = {
  kind: 'bitbucket',
  recognises: isBitbucketOrg,
  // Nobody else has this API: what opens another host is not shown to it.
  places: ({ hostname, path }) =>
    isBitbucketOrg(hostname) && path.length === 2 ? [{ api: 'https://api.bitbucket.org/2.0', path }] : [],
  probe: {
    path: '/hook_events',
    fits: ({ status, body }) => status === 200 && Buffer.from(body).includes('"repository"'),
  },
  // A user's API token goes with the e-mail address. Git takes tokens with a name that stands for nobody, too
  // (x-token-auth); the API takes those without a name.
  authorization: (access) =>
    access.kind === 'basic' && access.username.includes('@') ? basicOrBearer(access) : bearer(access),
  open: (place, client) => {
    const forge = new BitbucketCloud(place, client);
    return { kind: 'bitbucket', pullRequests: forge, merging: forge, branches: forge, mostBody: 32_000 };
  },
};

function isBitbucketOrg(hostname: string): boolean {
  return hostname === 'bitbucket.org' || hostname === 'altssh.bitbucket.org';
}

const STATES = ['OPEN', 'MERGED', 'DECLINED', 'SUPERSEDED'].map((state) => `state=${state}`).join('&');
/** A merge that takes long is answered with 202, and goes on. */
const MOST_LOOKS = 6;
const BETWEEN_LOOKS_MS = 1000;

class BitbucketCloud implements PullRequests, Merging, Branches {
  readonly #api: CloudApi;
  readonly #client: ForgeClient;

  constructor(place: Place, client: ForgeClient) {
    this.#api = new CloudApi(place, client);
    this.#client = client;
  }

  async find(head: string, base: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    const q = [
      `source.branch.name = ${quoted(head)}`,
      `destination.branch.name = ${quoted(base)}`,
      // A fork may have a branch of the same name.
      `source.repository.full_name = ${quoted(this.#api.fullName)}`,
    ].join(' AND ');
    const url = `${this.#api.url}/pullrequests?${STATES}`;
    const request = { to: 'list pull requests', url, query: { q, sort: '-created_on', pagelen: 20 } };
    const values = this.#client.itemsIn(request, await this.#client.want(request, signal), 'values');
    return openFirst(await Promise.all(values.map((json) => this.#read(request, json, signal))));
  }

  async save(
    draft: PullRequestDraft,
    existing: PullRequest | undefined,
    signal: AbortSignal,
  ): Promise<SavedPullRequest> {
    const json = await (existing === undefined ? this.#create(draft, signal) : this.#update(draft, existing, signal));
    const remarks: string[] = [];
    remarkOnAbsent(remarks, 'Bitbucket Cloud', 'labels', draft.labels);
    remarkOnAbsent(remarks, 'Bitbucket Cloud', 'assignees', draft.assignees);
    const defaults = existing === undefined ? await defaultReviewers(this.#api, json, remarks, signal) : [];
    await addReviewers(this.#api, json, [...defaults, ...draft.reviewers], remarks, signal);
    return { request: await this.#read({ to: '', url: this.#api.url }, json, signal), remarks };
  }

  async close({ id }: PullRequest, comment: string, signal: AbortSignal): Promise<void> {
    if (stateOf(await this.#api.get(id, signal)) !== 'open') return;
    const url = this.#api.requestUrl(id);
    const body = { content: { raw: comment } };
    await this.#client.want({ to: 'comment', method: 'POST', url: `${url}/comments`, body }, signal);
    const request = { to: 'decline the pull request', method: 'POST', url: `${url}/decline` } as const;
    const answer = await this.#client.ask(request, signal);
    if (answer.status === 200 || stateOf(await this.#api.get(id, signal)) !== 'open') return;
    throw this.#client.refusal(request, answer);
  }

  async merge(
    { id }: PullRequest,
    headCommit: string,
    how: 'forge' | 'when-green',
    signal: AbortSignal,
  ): Promise<MergeResult> {
    const json = await this.#api.get(id, signal);
    const over = ended(stateOf(json));
    if (over !== undefined) return over;
    const hash = shortHead(json);
    if (hash === '' || !headCommit.startsWith(hash)) return HEAD_MOVED;
    if (how === 'forge') {
      return { kind: 'refused', reason: 'Bitbucket Cloud lets nobody schedule a merge: set auto-merge to when-green' };
    }
    if (json['draft'] === true) return { kind: 'refused', reason: 'it is a draft' };
    if (areChangesRequested(json)) return { kind: 'refused', reason: 'a reviewer asked for changes' };
    return notGreen(await this.#checks(headCommit, signal)) ?? this.#merge(id, branchOf(json, 'destination'), signal);
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
        title,
        description: body,
        source: { branch: { name: head } },
        destination: { branch: { name: base } },
        draft: isDraft,
        // Branches are removed by git, which looks whose commits are on them.
        close_source_branch: false,
      },
    } as const;
    const answer = await this.#client.ask(request, signal);
    if (answer.status === 201 && isUntyped(answer.body)) return answer.body;
    const isTaken = answer.status === 400 || answer.status === 409;
    const [existing] = isTaken ? await this.find(head, base, signal) : [];
    if (existing?.state === 'open') return this.#update(draft, existing, signal);
    throw this.#client.refusal(request, answer);
  }

  /** Whether it is a draft stays as people left it. */
  async #update({ title, body }: PullRequestDraft, { id }: PullRequest, signal: AbortSignal): Promise<Untyped> {
    const json = await this.#api.get(id, signal);
    if (json['title'] === title && json['description'] === body) return json;
    return this.#api.put(id, { title, description: body }, signal);
  }

  async #checks(commit: string, signal: AbortSignal): Promise<Checks> {
    const url = `${this.#api.url}/commit/${encodeURIComponent(commit)}/statuses`;
    const states = (await this.#api.all({ to: 'read checks', url }, signal)).map((status) => status['state']);
    if (states.length === 0) return 'none';
    if (states.some((state) => state === 'FAILED' || state === 'STOPPED')) return 'failed';
    return states.every((state) => state === 'SUCCESSFUL') ? 'passed' : 'pending';
  }

  async #merge(id: string, base: string, signal: AbortSignal): Promise<MergeResult> {
    const branchUrl = `${this.#api.url}/refs/branches/${encodeURIComponent(base)}`;
    const branch = await this.#client.want({ to: 'read the branch', url: branchUrl }, signal);
    const strategy = textAt(branch, 'default_merge_strategy');
    const body = { close_source_branch: false, ...(strategy === undefined ? {} : { merge_strategy: strategy }) };
    const request = { to: 'merge', method: 'POST', url: `${this.#api.requestUrl(id)}/merge`, body } as const;
    const answer = await this.#client.ask(request, signal);
    switch (answer.status) {
      case 200:
        return { kind: 'merged' };
      case 202:
        return this.#untilMerged(id, signal);
      case 400:
        return { kind: 'refused', reason: this.#client.reason(answer) };
      case 409:
        return { kind: 'waiting', reason: this.#client.reason(answer) };
      default:
        throw this.#client.refusal(request, answer);
    }
  }

  async #untilMerged(id: string, signal: AbortSignal): Promise<MergeResult> {
    for (let looks = 1; looks <= MOST_LOOKS; looks++) {
      await this.#client.pause(BETWEEN_LOOKS_MS, signal);
      const over = ended(stateOf(await this.#api.get(id, signal)));
      if (over !== undefined) return over;
    }
    return { kind: 'waiting', reason: 'Bitbucket is still merging it' };
  }

  async #read(request: ForgeRequest, json: Untyped, signal: AbortSignal): Promise<PullRequest> {
    const id = textAt(json, 'id');
    const url = textAt(mappingAt(mappingAt(json, 'links'), 'html'), 'href');
    if (id === undefined || url === undefined) {
      throw this.#client.invalid(request, 'a pull request has no number or URL');
    }
    const state = stateOf(json);
    return {
      id,
      url,
      state,
      title: textAt(json, 'title') ?? '',
      body: textAt(json, 'description') ?? '',
      head: branchOf(json, 'source'),
      base: branchOf(json, 'destination'),
      headCommit: state === 'open' ? await this.#wholeHash(shortHead(json), signal) : '',
      isDraft: json['draft'] === true,
    };
  }

  async #wholeHash(hash: string, signal: AbortSignal): Promise<string> {
    if (hash === '') return '';
    const url = `${this.#api.url}/commit/${encodeURIComponent(hash)}`;
    const { status, body } = await this.#client.ask({ to: 'read the commit', url }, signal);
    return status === 200 && isUntyped(body) ? (textAt(body, 'hash') ?? '') : '';
  }
}

function areChangesRequested(json: Untyped): boolean {
  return listAt(json, 'participants').some((each) => isUntyped(each) && each['state'] === 'changes_requested');
}
