import { isUntyped, type Untyped } from '../../../src/core/untyped.ts';
import type { ForgeUnderTest } from '../forge-stage.ts';
import { FakeRepository, type FakeRequest } from './fake-repository.ts';
import {
  type Answer,
  type Call,
  type ForgeServer,
  linkedPage,
  type Route,
  type ServerOptions,
  startForgeServer,
} from './forge-server.ts';
import { requestIn, takeComment } from './request-in.ts';
import type { ServedBranches } from './served-branches.ts';
import { stageOf } from './stage-of.ts';

// After https://docs.github.com/en/rest and /en/graphql, as GitHub Enterprise Server has them.
const TOKEN = 'ghp_writer';
const READER = 'ghp_reader';
/** What an App is given for its key. */
export const APP_TOKEN = 'ghs_installation';
const API = '/api/v3';
const REPO = `${API}/repos/acme/deploy`;
const VERSION = { 'x-github-enterprise-version': '3.17.0' };

/** What GitHub answers, over state that is held. */
export const githubDouble: ForgeUnderTest = {
  kind: 'github',
  pauses: 'none',
  features: {
    labels: true,
    assignees: true,
    drafts: true,
    reopening: true,
    autoMerge: true,
    signatures: true,
    labelRights: false,
  },
  async start() {
    const repository = new FakeRepository();
    const server = await startGithub(repository);
    return stageOf(repository, server, { username: 'tiphys-bot', password: TOKEN, readerPassword: READER });
  },
};

/** What only GitHub has, for tests of its own. */
export interface GithubOptions {
  /** Classic branch protections, by branch: what administrators read, and nobody else. */
  readonly protections?: Readonly<Record<string, unknown>>;
  readonly isAdmin?: boolean;
  readonly mayBypass?: boolean;
  /** Instead of what follows from the state; 'unknown': not computed yet. */
  readonly mergeableState?: string;
  /** Whose the forks are. Default: somebody else. */
  readonly forksOwner?: string;
  readonly hasDrafts?: boolean;
  readonly allowsAutoMerge?: boolean;
  readonly merges?: { readonly commit: boolean; readonly squash: boolean };
  /** Who has reviewed already. */
  readonly reviewed?: readonly string[];
  /** A bare repository whose branches these are; without it they are made up. */
  readonly served?: ServedBranches;
  /** The installation of an App, which may ask for tokens. */
  readonly installation?: string;
  /** Routes that come before the usual ones. */
  readonly routes?: readonly Route[];
}

export async function startGithub(repository: FakeRepository, options: GithubOptions = {}): Promise<ForgeServer> {
  return startForgeServer({
    routes: (url) => [...(options.routes ?? []), ...routesOf(repository, options, url)],
    guard: (call) => {
      if (options.served) followServed(repository, options.served);
      return call.path.startsWith(`${API}/app/`) ? undefined : guard(call);
    },
  });
}

/** What was pushed by git is what the forge shows. */
function followServed(repository: FakeRepository, served: ServedBranches): void {
  repository.branches.clear();
  for (const [branch, commit] of served.all()) repository.moveTo(branch, commit);
}

function roleOf({ headers }: Pick<Call, 'headers'>): 'writer' | 'reader' | undefined {
  if ([`Bearer ${TOKEN}`, `Bearer ${APP_TOKEN}`].includes(headers.authorization ?? '')) return 'writer';
  return headers.authorization === `Bearer ${READER}` ? 'reader' : undefined;
}

const guard: ServerOptions['guard'] = (call) => {
  if (call.path === `${API}/meta`) return { status: 200, json: { installed_version: '3.17.0' }, headers: VERSION };
  if (call.headers['user-agent'] === undefined) return error(403, 'Request forbidden by administrative rules');
  const role = roleOf(call);
  if (role === undefined) return error(401, 'Bad credentials');
  if (role === 'reader' && call.method !== 'GET') return error(403, 'Resource not accessible by personal access token');
  return undefined;
};

function routesOf(repository: FakeRepository, options: GithubOptions, url: string): readonly Route[] {
  const show = (request: FakeRequest) => toJson(repository, request, url, options);
  const one = requestIn(repository, error(404, 'Not Found'));
  return [
    { method: 'GET', path: `${API}/repos/:owner/:name`, handle: (call) => repositoryJson(call, options) },
    {
      method: 'GET',
      path: `${REPO}/pulls`,
      query: ['state', 'head', 'base', 'sort', 'direction', 'per_page', 'page'],
      handle: ({ query }) => {
        const state = query.get('state') ?? 'open';
        const [owner, head] = query.get('head')?.split(':') ?? [];
        const found = repository.requests
          .filter((request) => state === 'all' || (state === 'open') === (request.state === 'open'))
          .filter((request) => head === undefined || (request.head === head && ownerOf(request, options) === owner))
          .filter((request) => (query.get('base') ?? request.base) === request.base)
          .toReversed();
        return linkedPage(found.map(show), { query, path: `${REPO}/pulls`, url }, 'per_page');
      },
    },
    {
      method: 'POST',
      path: `${REPO}/pulls`,
      body: { title: 'string', head: 'string', base: 'string', body: 'string?', draft: 'boolean?' },
      handle: (call) => open(repository, call, options, show),
    },
    { method: 'GET', path: `${REPO}/pulls/:id`, handle: (call) => one(call, (request) => ok(show(request))) },
    {
      method: 'PATCH',
      path: `${REPO}/pulls/:id`,
      body: { title: 'string?', body: 'string?', state: 'string?', base: 'string?' },
      handle: (call) =>
        one(call, (request) => {
          request.title = String(call.body['title'] ?? request.title);
          request.body = String(call.body['body'] ?? request.body);
          if (call.body['state'] === 'closed' && request.state === 'open') request.state = 'closed';
          return ok(show(request));
        }),
    },
    {
      method: 'PUT',
      path: `${REPO}/pulls/:id/merge`,
      body: { sha: 'string?', merge_method: 'string?', commit_title: 'string?', commit_message: 'string?' },
      handle: (call) => one(call, (request) => merge(repository, request, call, options)),
    },
    {
      method: 'GET',
      path: `${REPO}/pulls/:id/reviews`,
      query: ['per_page', 'page'],
      handle: () => ok((options.reviewed ?? []).map((login) => ({ user: { login }, state: 'COMMENTED' }))),
    },
    {
      method: 'POST',
      path: `${REPO}/pulls/:id/requested_reviewers`,
      body: { reviewers: 'strings?', team_reviewers: 'strings?' },
      handle: (call) => one(call, (request) => askForReview(repository, request, call, show)),
    },
    {
      method: 'POST',
      path: `${REPO}/issues/:id/labels`,
      body: { labels: 'strings' },
      handle: (call) =>
        one(call, (request) => {
          request.labels = [...new Set([...request.labels, ...strings(call.body['labels'])])];
          return ok(request.labels.map((name) => ({ name })));
        }),
    },
    {
      method: 'POST',
      path: `${REPO}/issues/:id/assignees`,
      body: { assignees: 'strings' },
      handle: (call) =>
        one(call, (request) => {
          const known = strings(call.body['assignees']).filter((name) => repository.users.includes(name));
          request.assignees = [...new Set([...request.assignees, ...known])];
          return { status: 201, json: { number: request.number, assignees: request.assignees.map(user) } };
        }),
    },
    {
      method: 'POST',
      path: `${REPO}/issues/:id/comments`,
      body: { body: 'string' },
      handle: (call) => one(call, (request) => takeComment(request, call.body['body'])),
    },
    {
      method: 'GET',
      path: `${REPO}/commits/:commit/status`,
      // Nothing of the old kind here: all checks are runs of Actions.
      handle: () => ok({ state: 'pending', total_count: 0, statuses: [] }),
    },
    {
      method: 'GET',
      path: `${REPO}/commits/:commit/check-runs`,
      query: ['filter', 'per_page', 'page'],
      handle: ({ params }) => {
        const check = repository.checkOf(params['commit'] ?? '');
        const run = { passed: 'success', failed: 'failure', pending: null };
        if (check === undefined) return ok({ total_count: 0, check_runs: [] });
        const status = check === 'pending' ? 'in_progress' : 'completed';
        return ok({ total_count: 1, check_runs: [{ name: 'build', status, conclusion: run[check] }] });
      },
    },
    {
      method: 'GET',
      path: `${REPO}/rules/branches/*`,
      query: ['per_page', 'page'],
      handle: ({ params }) => {
        const protection = repository.protections.get(params['rest'] ?? '');
        if (protection === undefined) return ok([]);
        const types = ['deletion', 'pull_request', ...(protection.needsSignature ? ['required_signatures'] : [])];
        return ok(types.map((type) => ({ type, ruleset_id: 7, ruleset_source: 'acme/deploy' })));
      },
    },
    {
      method: 'GET',
      path: `${REPO}/rulesets/:id`,
      handle: () => ok({ id: 7, current_user_can_bypass: options.mayBypass ? 'always' : 'never' }),
    },
    {
      method: 'GET',
      path: `${REPO}/branches/:branch/protection`,
      handle: ({ params }) => {
        const protection = options.protections?.[params['branch'] ?? ''];
        if (!options.isAdmin) return error(403, 'Resource not accessible by personal access token');
        return protection === undefined ? error(404, 'Branch not protected') : ok(protection);
      },
    },
    {
      method: 'GET',
      path: `${REPO}/branches/*`,
      handle: ({ params }) => {
        const name = params['rest'] ?? '';
        return ok({ name, protected: options.protections?.[name] !== undefined });
      },
    },
    {
      method: 'POST',
      path: `${API}/app/installations/:id/access_tokens`,
      handle: ({ params, headers }) => {
        if (!/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/.test(headers.authorization ?? '')) return error(401, 'Bad credentials');
        if (params['id'] !== options.installation) return error(404, 'Not Found');
        const expires = new Date(Date.now() + 3_600_000).toISOString();
        return { status: 201, json: { token: APP_TOKEN, expires_at: expires }, headers: VERSION };
      },
    },
    {
      method: 'POST',
      path: '/api/graphql',
      body: { query: 'string', variables: 'object' },
      handle: (call) => graphql(repository, call, options),
    },
  ];
}

function open(
  repository: FakeRepository,
  { body }: Call,
  options: GithubOptions,
  show: (one: FakeRequest) => unknown,
): Answer {
  const [title, head, base] = [String(body['title']), String(body['head']), String(body['base'])];
  if (!repository.branches.has(head)) return invalid([{ resource: 'PullRequest', field: 'head', code: 'invalid' }]);
  if (repository.openRequest(head, base)) {
    const message = `A pull request already exists for acme:${head}.`;
    return invalid([{ resource: 'PullRequest', code: 'custom', message }]);
  }
  const isDraft = body['draft'] === true;
  if (isDraft && options.hasDrafts === false) {
    return error(422, 'Draft pull requests are not supported in this repository.');
  }
  return { status: 201, json: show(repository.open({ title, head, base, isDraft, body: String(body['body'] ?? '') })) };
}

function askForReview(
  repository: FakeRepository,
  request: FakeRequest,
  { body }: Call,
  show: (one: FakeRequest) => unknown,
): Answer {
  const reviewers = strings(body['reviewers']);
  if (reviewers.some((name) => !repository.users.includes(name))) {
    return error(422, 'Reviews may only be requested from collaborators.');
  }
  const teams = strings(body['team_reviewers']).map((slug) => `acme/${slug}`);
  request.reviewers = [...new Set([...request.reviewers, ...reviewers, ...teams])];
  return { status: 201, json: show(request) };
}

function merge(repository: FakeRepository, request: FakeRequest, { body }: Call, options: GithubOptions): Answer {
  const method = body['merge_method'] ?? 'merge';
  const { commit = true, squash = true } = options.merges ?? {};
  if (request.state !== 'open' || request.isDraft || request.hasConflicts)
    return error(405, 'Pull Request is not mergeable');
  if (method === 'merge' && !commit) return error(405, 'Merge commits are not allowed on this repository.');
  if (method === 'squash' && !squash) return error(405, 'Squash merges are not allowed on this repository.');
  if (body['sha'] !== request.lastCommit)
    return error(409, 'Head branch was modified. Review and try the merge again.');
  if (mergeableState(repository, request) === 'blocked')
    return error(405, 'Required status check "build" is expected.');
  return ok({ sha: repository.merge(request), merged: true, message: 'Pull Request successfully merged' });
}

/** Two mutations; that their input has the schema's names, and no others, is checked. */
function graphql(repository: FakeRepository, { body }: Call, options: GithubOptions): Answer {
  const input = isUntyped(body['variables']) ? body['variables']['input'] : undefined;
  const query = String(body['query']);
  if (!isUntyped(input)) return graphqlErrors('INVALID', 'no input');
  if (query.includes('enablePullRequestAutoMerge(input: $input)')) return enableAutoMerge(repository, input, options);
  if (query.includes('createCommitOnBranch(input: $input)')) return createCommit(repository, input, options);
  return graphqlErrors('INVALID', 'no such mutation');
}

function enableAutoMerge(repository: FakeRepository, input: Untyped, options: GithubOptions): Answer {
  const refuse = (message: string) => graphqlErrors('UNPROCESSABLE', message);
  const request = repository.requests.find((one) => nodeId(one) === input['pullRequestId']);
  const unknown = unknownFields(input, ['pullRequestId', 'expectedHeadOid', 'mergeMethod']);
  if (unknown !== '' || request === undefined) return refuse(`invalid input ${unknown}`);
  if (!['MERGE', 'SQUASH', 'REBASE'].includes(String(input['mergeMethod']))) return refuse('invalid mergeMethod');
  if (options.allowsAutoMerge === false) return refuse('Auto merge is not allowed for this repository');
  if (mergeableState(repository, request) === 'clean') return refuse('Pull request Pull request is in clean status');
  if (input['expectedHeadOid'] !== request.lastCommit) return refuse('Head branch is out of date');
  request.isScheduled = true;
  return ok({ data: { enablePullRequestAutoMerge: { pullRequest: { number: request.number } } } });
}

function createCommit(repository: FakeRepository, input: Untyped, { served }: GithubOptions): Answer {
  const unknown = unknownFields(input, ['branch', 'expectedHeadOid', 'message', 'fileChanges']);
  const branch = isUntyped(input['branch']) ? input['branch'] : {};
  const message = isUntyped(input['message']) ? input['message'] : {};
  const changes = isUntyped(input['fileChanges']) ? input['fileChanges'] : {};
  const additions = Array.isArray(changes['additions']) ? changes['additions'] : [];
  const name = String(branch['branchName']);
  const head = repository.branches.get(name);
  if (
    unknown !== '' ||
    branch['repositoryNameWithOwner'] !== 'acme/deploy' ||
    typeof message['headline'] !== 'string'
  ) {
    return graphqlErrors('INVALID', `invalid input ${unknown}`);
  }
  if (head === undefined) return graphqlErrors('NOT_FOUND', `No ref found for ${name}`);
  if (repository.protections.has(name)) {
    return graphqlErrors('UNPROCESSABLE', 'Changes must be made through a pull request.');
  }
  if (head !== input['expectedHeadOid']) {
    return graphqlErrors('STALE_DATA', `Expected branch to point to "${head}" but it did not. Pull and try again.`);
  }
  const { headline, body = '' } = message;
  const texts = additions.map(({ path, contents }) => `${path}=${atob(contents)}`);
  repository.written.push([headline, String(body), ...texts]);
  const files = new Map<string, Uint8Array>(
    additions.map(({ path, contents }) => [path, Buffer.from(contents, 'base64')]),
  );
  const oid = served ? served.commit(name, head, `${headline}\n\n${body}\n`, files) : repository.push(name);
  if (served) repository.moveTo(name, oid);
  return ok({ data: { createCommitOnBranch: { commit: { oid } } } });
}

function graphqlErrors(type: string, message: string): Answer {
  return ok({ data: null, errors: [{ type, message }] });
}

function unknownFields(input: Untyped, known: readonly string[]): string {
  return Object.keys(input)
    .filter((key) => !known.includes(key))
    .join(', ');
}

function mergeableState(repository: FakeRepository, request: FakeRequest): string {
  if (request.isDraft) return 'draft';
  if (request.hasConflicts) return 'dirty';
  const isGreen = repository.checkOf(request.lastCommit) === 'passed';
  return repository.needsChecks && !isGreen ? 'blocked' : 'clean';
}

function toJson(repository: FakeRepository, request: FakeRequest, url: string, options: GithubOptions): unknown {
  const { number, head, base, reviewers } = request;
  const mergeable = options.mergeableState ?? mergeableState(repository, request);
  const owner = { login: 'acme' };
  const isOpen = request.state === 'open';
  return {
    number,
    node_id: nodeId(request),
    html_url: `${url}/acme/deploy/pull/${number}`,
    title: request.title,
    body: request.body === '' ? null : request.body,
    state: isOpen ? 'open' : 'closed',
    merged_at: request.state === 'merged' ? '2026-01-01T00:00:00Z' : null,
    draft: request.isDraft,
    mergeable: isOpen && mergeable !== 'unknown' ? !request.hasConflicts : null,
    mergeable_state: isOpen ? mergeable : 'unknown',
    auto_merge: request.isScheduled ? { merge_method: 'merge' } : null,
    labels: request.labels.map((name) => ({ name })),
    assignees: request.assignees.map(user),
    requested_reviewers: reviewers.filter((name) => !name.includes('/')).map(user),
    requested_teams: reviewers.filter((name) => name.includes('/')).map((name) => ({ slug: name.split('/')[1] })),
    head: { ref: head, sha: request.lastCommit, repo: request.isFromFork ? { id: 2 } : { id: 1, owner } },
    base: { ref: base, sha: repository.branches.get(base), repo: { id: 1, owner } },
  };
}

function repositoryJson(call: Call, options: GithubOptions): Answer {
  if (call.params['name'] !== 'deploy') return error(404, 'Not Found');
  const { commit = true, squash = true } = options.merges ?? {};
  return ok({
    id: 1,
    owner: { login: 'acme' },
    permissions: { admin: options.isAdmin === true, push: roleOf(call) === 'writer', pull: true },
    allow_merge_commit: commit,
    allow_squash_merge: squash,
  });
}

function nodeId({ number }: FakeRequest): string {
  return `PR_${number}`;
}

function ownerOf({ isFromFork }: FakeRequest, { forksOwner = 'mallory' }: GithubOptions): string {
  return isFromFork ? forksOwner : 'acme';
}

function user(login: string): { readonly login: string } {
  return { login };
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function ok(json: unknown): Answer {
  return { status: 200, json, headers: VERSION };
}

function error(status: number, message: string): Answer {
  return { status, json: { message, documentation_url: 'https://docs.github.com/rest' }, headers: VERSION };
}

function invalid(errors: readonly unknown[]): Answer {
  return { status: 422, json: { message: 'Validation Failed', errors }, headers: VERSION };
}
