import { shortBranch } from '../../core/commits/branch-name.ts';
import { isUntyped, listAt, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest } from '../../ports/forge.ts';
import type { ForgeAnswer, ForgeClient, ForgeRequest } from '../forge-client.ts';
import type { Place } from '../forge-type.ts';
import { namesIn } from '../names.ts';
import type { RequestApi } from '../pull-requests.ts';

const MOST_PAGES = 20;
const PAGE = 100;
const MOST_TRIES = 3;

/** The REST API of Bitbucket Data Center as one repository uses it. */
export class ServerApi implements RequestApi {
  readonly client: ForgeClient;
  readonly project: string;
  readonly slug: string;
  /** "https://git.example.com/bitbucket/rest" */
  readonly rest: string;
  /** "/projects/OPS/repos/deploy", which follows the name and version of each of its APIs. */
  readonly repository: string;

  constructor({ api, path }: Place, client: ForgeClient) {
    [this.project = '', this.slug = ''] = path;
    this.client = client;
    this.rest = `${api}/rest`;
    this.repository = `/projects/${encodeURIComponent(this.project)}/repos/${encodeURIComponent(this.slug)}`;
  }

  /** Of the repository itself. */
  get url(): string {
    return `${this.rest}/api/1.0${this.repository}`;
  }

  requestUrl(id: string): string {
    return `${this.url}/pull-requests/${encodeURIComponent(id)}`;
  }

  get(id: string, signal: AbortSignal): Promise<Untyped> {
    return this.client.want({ to: 'read the pull request', url: this.requestUrl(id) }, signal);
  }

  read(json: Untyped): PullRequest {
    const [url = ''] = namesIn(mappingAt(json, 'links'), 'self', 'href');
    return {
      id: textAt(json, 'id') ?? '',
      url,
      state: stateOf(json),
      title: textAt(json, 'title') ?? '',
      body: textAt(json, 'description') ?? '',
      head: branchOf(json, 'fromRef'),
      base: branchOf(json, 'toRef'),
      headCommit: textAt(mappingAt(json, 'fromRef'), 'latestCommit') ?? '',
      isDraft: json['draft'] === true,
    };
  }

  /**
   * Gives an order that holds for one version of a request, and again for the next version when somebody was faster.
   * @param order  of the request as it is now, at its address
   * @throws {Failure} FORGE_REFUSED and the like
   */
  async orderAtVersion(
    id: string,
    order: (url: string, json: Untyped) => ForgeRequest,
    signal: AbortSignal,
  ): Promise<Untyped> {
    for (let tries = 1; ; tries++) {
      const request = order(this.requestUrl(id), await this.get(id, signal));
      const answer = await this.client.ask(request, signal);
      if (answer.status === 200 && isUntyped(answer.body)) return answer.body;
      if (!isOutOfDate(answer) || tries >= MOST_TRIES) throw this.client.refusal(request, answer);
    }
  }

  /** The items of every page; of a list that has no end, the first 2,000. */
  async all(request: ForgeRequest, signal: AbortSignal): Promise<readonly Untyped[]> {
    const found: Untyped[] = [];
    let start: number | undefined = 0;
    for (let page = 0; page < MOST_PAGES && start !== undefined; page++) {
      const query = { ...request.query, limit: PAGE, start };
      const json: Untyped = await this.client.want({ ...request, query }, signal);
      found.push(...this.client.itemsIn(request, json, 'values'));
      const next: unknown = json['nextPageStart'];
      start = json['isLastPage'] === false && typeof next === 'number' ? next : undefined;
    }
    return found;
  }

  /** Whether one end of a request is a branch of this repository. */
  isHere(json: Untyped, end: 'fromRef' | 'toRef'): boolean {
    return this.isThis(mappingAt(mappingAt(json, end), 'repository'));
  }

  isThis(repository: Untyped): boolean {
    const key = textAt(mappingAt(repository, 'project'), 'key') ?? '';
    const slug = textAt(repository, 'slug') ?? '';
    return `${key}/${slug}`.toLowerCase() === `${this.project}/${this.slug}`.toLowerCase();
  }
}

/** The short name of the exception that made a server refuse: "PullRequestMergeVetoedException". "" for none. */
export function exceptionOf({ body }: ForgeAnswer): string {
  return textAt(firstError(body), 'exceptionName')?.split('.').at(-1) ?? '';
}

export function firstError(body: unknown): Untyped {
  const [error] = isUntyped(body) ? listAt(body, 'errors') : [];
  return isUntyped(error) ? error : {};
}

function isOutOfDate(answer: ForgeAnswer): boolean {
  return answer.status === 409 && exceptionOf(answer) === 'PullRequestOutOfDateException';
}

export function stateOf(json: Untyped): PullRequest['state'] {
  if (json['state'] === 'OPEN') return 'open';
  return json['state'] === 'MERGED' ? 'merged' : 'closed';
}

export function branchOf(json: Untyped, end: 'fromRef' | 'toRef'): string {
  return shortBranch(textAt(mappingAt(json, end), 'id') ?? '');
}
