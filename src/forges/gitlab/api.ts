import { flagAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest } from '../../ports/forge.ts';
import { draftTitle } from '../draft-title.ts';
import type { ForgeClient } from '../forge-client.ts';
import type { Place } from '../forge-type.ts';
import type { RequestApi } from '../pull-requests.ts';

/** GitLab knows a draft by its title. */
export const TITLE = draftTitle('Draft: ', /^(?:draft:|\[draft\]|\(draft\))\s*/i);

/** One project on GitLab: its addresses, and what its answers mean. */
export class GitlabApi implements RequestApi {
  readonly client: ForgeClient;
  /** "https://gitlab.com/api/v4" */
  readonly root: string;
  /** "https://gitlab.com/api/v4/projects/acme%2Fdeploy" */
  readonly url: string;

  constructor({ api, path }: Place, client: ForgeClient) {
    this.client = client;
    this.root = api;
    this.url = `${api}/projects/${encodeURIComponent(path.join('/'))}`;
  }

  /** "https://gitlab.com/api/v4/projects/acme%2Fdeploy/merge_requests/12" */
  requestUrl(id: string): string {
    return `${this.url}/merge_requests/${encodeURIComponent(id)}`;
  }

  get(id: string, signal: AbortSignal): Promise<Untyped> {
    return this.client.want({ to: 'read the merge request', url: this.requestUrl(id) }, signal);
  }

  put(id: string, body: Untyped, signal: AbortSignal): Promise<Untyped> {
    const request = { to: 'change the merge request', method: 'PUT', url: this.requestUrl(id), body } as const;
    return this.client.want(request, signal);
  }

  read(json: Untyped): PullRequest {
    const isDraft = flagAt(json, 'draft');
    const title = textAt(json, 'title') ?? '';
    return {
      id: textAt(json, 'iid') ?? '',
      url: textAt(json, 'web_url') ?? '',
      state: stateOf(json),
      title: isDraft ? TITLE.read(title) : title,
      body: textAt(json, 'description') ?? '',
      head: textAt(json, 'source_branch') ?? '',
      base: textAt(json, 'target_branch') ?? '',
      headCommit: textAt(json, 'sha') ?? '',
      isDraft,
    };
  }
}

/** "locked" is the moment in which it is being merged. */
function stateOf(json: Untyped): PullRequest['state'] {
  if (json['state'] === 'merged') return 'merged';
  return json['state'] === 'closed' ? 'closed' : 'open';
}
