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
import { stageOf } from './stage-of.ts';

// After https://docs.gitlab.com/api/, as GitLab 18 Premium has it.
const TOKEN = 'glpat-writer';
const READER = 'glpat-reader';
const PROJECT_PATH = 'acme/team/deploy';
const META = { 'x-gitlab-meta': '{"correlation_id":"01","version":"1"}' };

/** What GitLab answers, over state that is held; the project is in a sub-group. */
export const gitlabDouble: ForgeUnderTest = {
  kind: 'gitlab',
  pauses: 'none',
  features: {
    labels: true,
    assignees: true,
    drafts: true,
    reopening: true,
    autoMerge: true,
    signatures: true,
    labelRights: true,
  },
  async start() {
    const repository = new FakeRepository();
    const server = await startGitlab(repository);
    const path = `/${PROJECT_PATH}.git`;
    return stageOf(repository, server, { username: 'oauth2', password: TOKEN, readerPassword: READER, path });
  },
};

/** What only GitLab has, for tests of its own. */
export interface GitlabOptions {
  /** The folder that it is installed below: "/tools". */
  readonly base?: string;
  /** Instead of what follows from the state. */
  readonly mergeStatus?: string;
  /** Of the head's pipeline. */
  readonly pipeline?: Readonly<Record<string, unknown>>;
  /** Whether it takes more than one reviewer and one assignee. */
  readonly isFree?: boolean;
  readonly routes?: readonly Route[];
}

export async function startGitlab(repository: FakeRepository, options: GitlabOptions = {}): Promise<ForgeServer> {
  const api = `${options.base ?? ''}/api/v4`;
  const guard: ServerOptions['guard'] = (call) => {
    const role = roleOf(call);
    if (role === undefined)
      return call.path.startsWith(api) ? error(401, '401 Unauthorized') : { status: 404, text: '<html>' };
    return role === 'reader' && call.method !== 'GET' ? error(403, '403 Forbidden') : undefined;
  };
  return startForgeServer({
    routes: (url) => [...(options.routes ?? []), ...routesOf(repository, options, url, api)],
    guard,
  });
}

function roleOf({ headers }: Pick<Call, 'headers'>): 'writer' | 'reader' | undefined {
  if (headers.authorization === `Bearer ${TOKEN}`) return 'writer';
  return headers.authorization === `Bearer ${READER}` ? 'reader' : undefined;
}

function routesOf(repository: FakeRepository, options: GitlabOptions, url: string, api: string): readonly Route[] {
  const show = (request: FakeRequest) => toJson(repository, request, url, options);
  const project = `${api}/projects/:project`;
  /** The project is one part of the path, its slashes encoded. */
  const within = (handle: (call: Call) => Answer) => (call: Call) =>
    call.params['project'] === PROJECT_PATH ? handle(call) : error(404, '404 Project Not Found');
  const one = (use: (request: FakeRequest, call: Call) => Answer) =>
    within((call) => {
      const request = repository.request(call.params['id'] ?? '');
      return request === undefined ? error(404, '404 Not found') : use(request, call);
    });
  return [
    { method: 'GET', path: `${api}/version`, handle: () => ok({ version: '18.5.0-ee' }) },
    {
      method: 'GET',
      path: project,
      handle: within((call) => {
        const access_level = roleOf(call) === 'writer' ? 30 : 20;
        return ok({ id: 1, permissions: { project_access: null, group_access: { access_level } } });
      }),
    },
    {
      method: 'GET',
      path: `${project}/merge_requests`,
      query: ['state', 'source_branch', 'target_branch', 'order_by', 'sort', 'per_page', 'page'],
      handle: within(({ query }) => {
        const state = query.get('state') ?? 'all';
        const found = repository.requests
          .filter((request) => state === 'all' || stateOf(request) === state)
          .filter((request) => (query.get('source_branch') ?? request.head) === request.head)
          .filter((request) => (query.get('target_branch') ?? request.base) === request.base)
          .toReversed();
        return linkedPage(found.map(show), { query, path: `${api}/projects/1/merge_requests`, url }, 'per_page');
      }),
    },
    {
      method: 'POST',
      path: `${project}/merge_requests`,
      body: { source_branch: 'string', target_branch: 'string', title: 'string', description: 'string?' },
      handle: within((call) => open(repository, call, show)),
    },
    { method: 'GET', path: `${project}/merge_requests/:id`, handle: one((request) => ok(show(request))) },
    {
      method: 'PUT',
      path: `${project}/merge_requests/:id`,
      body: {
        title: 'string?',
        description: 'string?',
        state_event: 'string?',
        add_labels: 'string?',
        reviewer_ids: 'numbers?',
        assignee_ids: 'numbers?',
      },
      handle: one((request, call) => {
        edit(repository, request, call, options);
        return ok(show(request));
      }),
    },
    {
      method: 'PUT',
      path: `${project}/merge_requests/:id/merge`,
      body: { sha: 'string?', auto_merge: 'boolean?', merge_when_pipeline_succeeds: 'boolean?', squash: 'boolean?' },
      handle: one((request, call) => merge(repository, request, call, options, show)),
    },
    {
      method: 'POST',
      path: `${project}/merge_requests/:id/notes`,
      body: { body: 'string' },
      handle: one((request, { body }) => {
        request.comments.push(String(body['body']));
        return { status: 201, json: { id: request.comments.length }, headers: META };
      }),
    },
    {
      method: 'GET',
      path: `${api}/users`,
      query: ['username'],
      handle: ({ query }) =>
        ok(repository.users.filter((name) => name === query.get('username')).map((name) => user(repository, name))),
    },
    {
      method: 'GET',
      path: `${project}/repository/branches/:branch`,
      handle: within((call) => {
        const name = call.params['branch'] ?? '';
        const isProtected = repository.protections.has(name);
        if (!repository.branches.has(name)) return error(404, '404 Branch Not Found');
        return ok({ name, protected: isProtected, can_push: roleOf(call) === 'writer' && !isProtected });
      }),
    },
    {
      method: 'GET',
      path: `${project}/push_rule`,
      handle: within(() => {
        const needs = [...repository.protections.values()].some(({ needsSignature }) => needsSignature);
        return ok({ id: 1, reject_unsigned_commits: needs });
      }),
    },
  ];
}

function open(repository: FakeRepository, { body }: Call, show: (one: FakeRequest) => unknown): Answer {
  const [head, base, title] = [String(body['source_branch']), String(body['target_branch']), String(body['title'])];
  if (!repository.branches.has(head)) return error(400, { source_branch: ['does not exist'] });
  const present = repository.openRequest(head, base);
  if (present !== undefined) {
    return error(409, [`Another open merge request already exists for this source branch: !${present.number}`]);
  }
  const request = repository.open({
    head,
    base,
    title,
    body: String(body['description'] ?? ''),
    isDraft: isDraft(title),
  });
  return { status: 201, json: show(request), headers: META };
}

function edit(repository: FakeRepository, request: FakeRequest, { body }: Call, options: GitlabOptions): void {
  request.title = String(body['title'] ?? request.title);
  request.isDraft = isDraft(request.title);
  request.body = String(body['description'] ?? request.body);
  if (body['state_event'] === 'close' && request.state === 'open') request.state = 'closed';
  for (const label of String(body['add_labels'] ?? '').split(',')) {
    if (label === '' || (!repository.labels.has(label) && !repository.mayMakeLabels)) continue;
    repository.labels.add(label);
    if (!request.labels.includes(label)) request.labels.push(label);
  }
  const people = (ids: unknown, present: string[]) => {
    if (!Array.isArray(ids)) return present;
    const names = repository.users.filter((_, index) => ids.includes(index + 1));
    return options.isFree ? names.slice(0, 1) : names;
  };
  request.reviewers = people(body['reviewer_ids'], request.reviewers);
  request.assignees = people(body['assignee_ids'], request.assignees);
}

function merge(
  repository: FakeRepository,
  request: FakeRequest,
  { body }: Call,
  options: GitlabOptions,
  show: (one: FakeRequest) => unknown,
): Answer {
  const status = mergeStatus(repository, request, options);
  if (body['sha'] !== undefined && body['sha'] !== request.lastCommit) {
    return error(409, 'SHA does not match HEAD of source branch');
  }
  const check = repository.checkOf(request.lastCommit);
  const isLater = body['auto_merge'] === true && (check === 'pending' || status === 'ci_must_pass');
  if (isLater && !['conflict', 'draft_status'].includes(status)) request.isScheduled = true;
  else if (status !== 'mergeable') return error(405, '405 Method Not Allowed');
  else repository.merge(request);
  return ok(show(request));
}

function mergeStatus(repository: FakeRepository, request: FakeRequest, { mergeStatus }: GitlabOptions): string {
  if (request.state !== 'open') return 'not_open';
  if (mergeStatus !== undefined) return mergeStatus;
  if (request.hasConflicts) return 'conflict';
  if (request.isDraft) return 'draft_status';
  return repository.needsChecks && repository.checkOf(request.lastCommit) !== 'passed' ? 'ci_must_pass' : 'mergeable';
}

function toJson(repository: FakeRepository, request: FakeRequest, url: string, options: GitlabOptions): unknown {
  const { number, lastCommit } = request;
  const check = repository.checkOf(lastCommit);
  const pipelines = { passed: 'success', failed: 'failed', pending: 'running' };
  const pipeline = check === undefined ? null : { sha: lastCommit, source: 'push', status: pipelines[check] };
  return {
    iid: number,
    project_id: 1,
    web_url: `${url}/${PROJECT_PATH}/-/merge_requests/${number}`,
    title: request.title,
    description: request.body,
    state: stateOf(request),
    draft: request.isDraft,
    source_branch: request.head,
    target_branch: request.base,
    source_project_id: request.isFromFork ? 2 : 1,
    target_project_id: 1,
    sha: lastCommit,
    labels: request.labels,
    reviewers: request.reviewers.map((name) => user(repository, name)),
    assignees: request.assignees.map((name) => user(repository, name)),
    detailed_merge_status: mergeStatus(repository, request, options),
    merge_when_pipeline_succeeds: request.isScheduled,
    head_pipeline: options.pipeline ?? pipeline,
  };
}

function stateOf({ state }: FakeRequest): string {
  return state === 'open' ? 'opened' : state;
}

function isDraft(title: string): boolean {
  return /^(?:draft:|\[draft\]|\(draft\))/i.test(title);
}

function user(repository: FakeRepository, username: string): { readonly id: number; readonly username: string } {
  return { id: repository.users.indexOf(username) + 1, username };
}

function ok(json: unknown): Answer {
  return { status: 200, json, headers: META };
}

function error(status: number, message: unknown): Answer {
  return { status, json: { message }, headers: META };
}
