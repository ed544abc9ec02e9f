import type { Failure } from '../../core/failure.ts';
import { flagAt, isUntyped, listAt, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { PullRequest } from '../../ports/forge.ts';
import type { ForgeClient } from '../forge-client.ts';
import type { Place } from '../forge-type.ts';
import type { RequestApi } from '../pull-requests.ts';

/** What GraphQL answers: errors come with status 200. */
export interface GraphqlAnswer {
  readonly data: Untyped;
  readonly errors: readonly { readonly type: string; readonly message: string }[];
}

/** One repository on GitHub: its addresses, and what its answers mean. */
export class GithubApi implements RequestApi {
  readonly client: ForgeClient;
  /** "https://api.github.com/repos/acme/deploy" */
  readonly url: string;
  /** "acme/deploy", as the repoURL has it. */
  readonly fullName: string;
  readonly #graphql: string;
  #repository: Promise<Untyped> | undefined;

  constructor({ api, path }: Place, client: ForgeClient) {
    this.client = client;
    this.fullName = path.join('/');
    this.url = `${api}/repos/${path.map(encodeURIComponent).join('/')}`;
    // https://host/api/v3 and https://host/api/graphql; https://api.github.com and https://api.github.com/graphql
    this.#graphql = `${api.replace(/\/v3$/, '')}/graphql`;
  }

  /** "https://api.github.com/repos/acme/deploy/pulls/12" */
  requestUrl(id: string): string {
    return `${this.url}/pulls/${encodeURIComponent(id)}`;
  }

  /** What the repository says of itself; asked once. */
  async repository(signal: AbortSignal): Promise<Untyped> {
    this.#repository ??= this.client.want({ to: 'read the repository', url: this.url }, signal);
    try {
      return await this.#repository;
    } catch (error) {
      this.#repository = undefined;
      throw error;
    }
  }

  get(id: string, signal: AbortSignal): Promise<Untyped> {
    return this.client.want({ to: 'read the pull request', url: this.requestUrl(id) }, signal);
  }

  patch(id: string, body: Untyped, signal: AbortSignal): Promise<Untyped> {
    return this.client.want({ to: 'change the pull request', method: 'PATCH', url: this.requestUrl(id), body }, signal);
  }

  read(json: Untyped): PullRequest {
    const isMerged = flagAt(json, 'merged') || textAt(json, 'merged_at') !== undefined;
    return {
      id: textAt(json, 'number') ?? '',
      url: textAt(json, 'html_url') ?? '',
      state: isMerged ? 'merged' : json['state'] === 'open' ? 'open' : 'closed',
      title: textAt(json, 'title') ?? '',
      body: textAt(json, 'body') ?? '',
      head: textAt(mappingAt(json, 'head'), 'ref') ?? '',
      base: textAt(mappingAt(json, 'base'), 'ref') ?? '',
      headCommit: textAt(mappingAt(json, 'head'), 'sha') ?? '',
      isDraft: flagAt(json, 'draft'),
    };
  }

  async graphql(to: string, query: string, input: Untyped, signal: AbortSignal): Promise<GraphqlAnswer> {
    const request = { to, method: 'POST', url: this.#graphql, body: { query, variables: { input } } } as const;
    const json = await this.client.want(request, signal);
    const errors = listAt(json, 'errors').filter(isUntyped);
    return {
      data: mappingAt(json, 'data'),
      errors: errors.map((error) => ({ type: textAt(error, 'type') ?? '', message: textAt(error, 'message') ?? '' })),
    };
  }

  /** What errors of GraphQL mean where they have no meaning of their own. */
  graphqlRefusal(to: string, { errors }: GraphqlAnswer): Failure {
    const status = errors.some(({ type }) => type === 'FORBIDDEN') ? 403 : 422;
    const message = errors.map((error) => error.message).join('; ') || 'it answered without data';
    return this.client.refusal({ to, url: this.#graphql }, { status, headers: {}, body: { message } });
  }
}
