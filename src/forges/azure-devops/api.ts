import { shortBranch } from '../../core/commits/branch-name.ts';
import { isUntyped, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest } from '../../ports/forge.ts';
import type { ForgeAnswer, ForgeClient, ForgeRequest } from '../forge-client.ts';
import type { Place } from '../forge-type.ts';
import type { RequestApi } from '../pull-requests.ts';

/** What Azure DevOps Server 2022 speaks as well. */
const VERSION = '7.0';
/** Of the parts that are in preview still, in this version and in every later one. */
export const PREVIEW = '7.0-preview.1';

/** Without it who is not let in is sent to a page for signing in, not told so. */
const NO_SIGN_IN_PAGE = { 'x-tfs-fedauthredirect': 'Suppress' };

/** The REST API of Azure DevOps as one repository uses it. */
export class AzureApi implements RequestApi {
  readonly client: ForgeClient;
  /** The organization or collection. */
  readonly api: string;
  readonly project: string;
  /** Of the repository's API. */
  readonly url: string;
  /** The page of the repository. */
  readonly page: string;

  constructor({ api, path }: Place, client: ForgeClient) {
    const [project = '', repository = ''] = path.map(encodeURIComponent);
    this.client = client.with({ headers: NO_SIGN_IN_PAGE, query: { 'api-version': VERSION } });
    this.api = api;
    this.project = `${api}/${project}`;
    this.url = `${this.project}/_apis/git/repositories/${repository}`;
    this.page = `${this.project}/_git/${repository}`;
  }

  requestUrl(id: string): string {
    return `${this.url}/pullrequests/${encodeURIComponent(id)}`;
  }

  /** The items of a list. */
  async list(request: ForgeRequest, signal: AbortSignal): Promise<readonly Untyped[]> {
    return this.client.itemsIn(request, await this.client.want(request, signal), 'value');
  }

  get(id: string, signal: AbortSignal): Promise<Untyped> {
    return this.client.want({ to: 'read the pull request', url: this.requestUrl(id) }, signal);
  }

  patch(id: string, body: Untyped, signal: AbortSignal): Promise<Untyped> {
    return this.client.want({ to: 'change the pull request', method: 'PATCH', url: this.requestUrl(id), body }, signal);
  }

  read(json: Untyped): PullRequest {
    const id = textAt(json, 'pullRequestId') ?? '';
    return {
      id,
      url: `${this.page}/pullrequest/${id}`,
      state: stateOf(json),
      title: textAt(json, 'title') ?? '',
      body: textAt(json, 'description') ?? '',
      head: branchOf(json, 'sourceRefName'),
      base: branchOf(json, 'targetRefName'),
      headCommit: textAt(mappingAt(json, 'lastMergeSourceCommit'), 'commitId') ?? '',
      isDraft: json['isDraft'] === true,
    };
  }
}

/** Which exception made Azure DevOps refuse: "GitPullRequestExistsException". "" for none. */
export function exceptionOf({ body }: ForgeAnswer): string {
  return isUntyped(body) ? (textAt(body, 'typeKey') ?? '') : '';
}

export function stateOf(json: Untyped): PullRequest['state'] {
  if (json['status'] === 'active') return 'open';
  return json['status'] === 'completed' ? 'merged' : 'closed';
}

function branchOf(json: Untyped, key: 'sourceRefName' | 'targetRefName'): string {
  return shortBranch(textAt(json, key) ?? '');
}
