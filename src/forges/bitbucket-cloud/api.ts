import { isUntyped, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest } from '../../ports/forge.ts';
import type { ForgeClient, ForgeRequest } from '../forge-client.ts';
import type { Place } from '../forge-type.ts';
import type { RequestApi } from '../pull-requests.ts';

const MOST_PAGES = 20;
const PAGE = 100;

/** Bitbucket Cloud's API as one repository uses it. */
export class CloudApi implements RequestApi {
  readonly client: ForgeClient;
  readonly workspace: string;
  /** "acme/deploy" */
  readonly fullName: string;
  /** Of all workspaces. */
  readonly root: string;
  /** Of the repository. */
  readonly url: string;

  constructor({ api, path }: Place, client: ForgeClient) {
    this.client = client;
    this.workspace = path[0] ?? '';
    this.fullName = path.join('/');
    this.root = api;
    this.url = `${api}/repositories/${path.map(encodeURIComponent).join('/')}`;
  }

  requestUrl(id: string): string {
    return `${this.url}/pullrequests/${encodeURIComponent(id)}`;
  }

  get(id: string, signal: AbortSignal): Promise<Untyped> {
    return this.client.want({ to: 'read the pull request', url: this.requestUrl(id) }, signal);
  }

  put(id: string, body: Untyped, signal: AbortSignal): Promise<Untyped> {
    const request = { to: 'change the pull request', method: 'PUT', url: this.requestUrl(id), body } as const;
    return this.client.want(request, signal);
  }

  async read(json: Untyped, signal: AbortSignal): Promise<PullRequest> {
    const state = stateOf(json);
    return {
      id: textAt(json, 'id') ?? '',
      url: textAt(mappingAt(mappingAt(json, 'links'), 'html'), 'href') ?? '',
      state,
      title: textAt(json, 'title') ?? '',
      body: textAt(json, 'description') ?? '',
      head: branchOf(json, 'source'),
      base: branchOf(json, 'destination'),
      headCommit: state === 'open' ? await this.#wholeHash(shortHead(json), signal) : '',
      isDraft: json['draft'] === true,
    };
  }

  /** The items of every page; of a list that has no end, the first 2,000. */
  async all(request: ForgeRequest, signal: AbortSignal): Promise<readonly Untyped[]> {
    const found: Untyped[] = [];
    let next: ForgeRequest | undefined = { ...request, query: { pagelen: PAGE } };
    for (let page = 0; page < MOST_PAGES && next !== undefined; page++) {
      const json: Untyped = await this.client.want(next, signal);
      found.push(...this.client.itemsIn(next, json, 'values'));
      const link = textAt(json, 'next');
      next = link === undefined ? undefined : this.client.nextPage(request, link);
    }
    return found;
  }

  async #wholeHash(hash: string, signal: AbortSignal): Promise<string> {
    if (hash === '') return '';
    const url = `${this.url}/commit/${encodeURIComponent(hash)}`;
    const { status, body } = await this.client.ask({ to: 'read the commit', url }, signal);
    return status === 200 && isUntyped(body) ? (textAt(body, 'hash') ?? '') : '';
  }
}

export function stateOf(json: Untyped): PullRequest['state'] {
  if (json['state'] === 'OPEN') return 'open';
  return json['state'] === 'MERGED' ? 'merged' : 'closed';
}

export function branchOf(json: Untyped, end: 'source' | 'destination'): string {
  return textAt(mappingAt(mappingAt(json, end), 'branch'), 'name') ?? '';
}

/** The first twelve digits of the head: more a request does not tell. "" when the branch is gone. */
export function shortHead(json: Untyped): string {
  return textAt(mappingAt(mappingAt(json, 'source'), 'commit'), 'hash') ?? '';
}

/** A text of Bitbucket's query language. */
export function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
