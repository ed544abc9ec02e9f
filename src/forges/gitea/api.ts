import { flagAt, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest } from '../../ports/forge.ts';
import { draftTitle } from '../draft-title.ts';
import type { ForgeClient, ForgeRequest } from '../forge-client.ts';
import type { Place } from '../forge-type.ts';
import type { RequestApi } from '../pull-requests.ts';

/** Gitea's own limit for a page, unless it was changed. */
export const PAGE = 50;
/** Of any list: a repository with more requests into one branch is searched no further. */
export const MOST_PAGES = 20;
/** Gitea knows a draft by its title. */
export const TITLE = draftTitle('WIP: ', /^(?:WIP:|\[WIP\])\s*/i);

/** One repository on Gitea: its addresses, and what its answers mean. */
export class GiteaApi implements RequestApi {
  readonly client: ForgeClient;
  /** "https://gitea.com/api/v1/repos/acme/deploy" */
  readonly url: string;
  /** Of the owner, if that is an organisation. */
  readonly organisationLabels: string;

  constructor({ api, path }: Place, client: ForgeClient) {
    const [owner = '', name = ''] = path.map(encodeURIComponent);
    this.client = client;
    this.url = `${api}/repos/${owner}/${name}`;
    this.organisationLabels = `${api}/orgs/${owner}/labels`;
  }

  repository(signal: AbortSignal): Promise<Untyped> {
    return this.client.want({ to: 'read the repository', url: this.url }, signal);
  }

  requestUrl(id: string): string {
    return `${this.url}/pulls/${encodeURIComponent(id)}`;
  }

  get(id: string, signal: AbortSignal): Promise<Untyped> {
    return this.client.want({ to: 'read the pull request', url: this.requestUrl(id) }, signal);
  }

  patch(id: string, body: Untyped, signal: AbortSignal): Promise<Untyped> {
    return this.client.want({ to: 'change the pull request', method: 'PATCH', url: this.requestUrl(id), body }, signal);
  }

  /** All items of a list, page by page. */
  pages(request: ForgeRequest, signal: AbortSignal): AsyncGenerator<readonly Untyped[]> {
    return this.client.pages({ ...request, query: { ...request.query, limit: PAGE } }, MOST_PAGES, signal);
  }

  read(json: Untyped): PullRequest {
    const isDraft = flagAt(json, 'draft');
    const title = textAt(json, 'title') ?? '';
    return {
      id: textAt(json, 'number') ?? '',
      url: textAt(json, 'html_url') ?? '',
      state: flagAt(json, 'merged') ? 'merged' : json['state'] === 'open' ? 'open' : 'closed',
      title: isDraft ? TITLE.read(title) : title,
      body: textAt(json, 'body') ?? '',
      // The name that a branch had before it was deleted is kept in `label` alone.
      head: textAt(mappingAt(json, 'head'), 'label') ?? '',
      base: textAt(mappingAt(json, 'base'), 'ref') ?? '',
      headCommit: textAt(mappingAt(json, 'head'), 'sha') ?? '',
      isDraft,
    };
  }
}
