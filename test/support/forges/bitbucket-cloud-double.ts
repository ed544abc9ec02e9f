import type { HttpAccess } from '../../../src/ports/git.ts';
import type { ForgeUnderTest } from '../forge-stage.ts';
import { FakeRepository, type FakeRequest } from './fake-repository.ts';
import { type Answer, type Call, ok, type Route, type ServerOptions, startForgeServer } from './forge-server.ts';
import { requestIn } from './request-in.ts';
import { stageOf } from './stage-of.ts';

// After https://developer.atlassian.com/cloud/bitbucket/rest/ and its OpenAPI description.
const TOKEN = 'cloud-token';
const READER = 'cloud-reader';
const REPO = '/repositories/acme/deploy';
const FULL_NAME = 'acme/deploy';

/** What Bitbucket Cloud answers, over state that is held. */
export const bitbucketCloudDouble: ForgeUnderTest = {
  kind: 'bitbucket',
  pauses: 'none',
  features: {
    labels: false,
    assignees: false,
    drafts: true,
    reopening: false,
    autoMerge: false,
    signatures: false,
    labelRights: false,
  },
  async start() {
    const repository = new FakeRepository();
    const server = await startForgeServer({ routes: (url) => routesOf(repository, url), guard });
    const stage = stageOf(repository, server, { username: 'x-token-auth', password: TOKEN, readerPassword: READER });
    const inCloud = (access: HttpAccess) => ({ ...access, apiBase: server.url });
    return {
      ...stage,
      repoURL: 'https://bitbucket.org/acme/deploy.git',
      absentURL: 'https://bitbucket.org/acme/absent.git',
      access: inCloud(stage.access),
      reader: inCloud(stage.reader),
    };
  },
};

const guard: ServerOptions['guard'] = ({ headers, method }) => {
  if (headers.authorization === `Bearer ${TOKEN}`) return undefined;
  if (headers.authorization !== `Bearer ${READER}`) return error(401, 'Token is invalid or not supported');
  return method === 'GET' ? undefined : error(403, 'Your credentials lack one or more required privilege scopes.');
};

function isReader({ headers }: Call): boolean {
  return headers.authorization === `Bearer ${READER}`;
}

function routesOf(repository: FakeRepository, url: string): readonly Route[] {
  const show = (request: FakeRequest) => toJson(repository, request);
  const one = requestIn(repository, error(404, 'Pull request not found'));
  const page = (call: Call, path: string, items: readonly unknown[]) => paged(call, `${url}${path}`, items);
  return [
    { method: 'GET', path: '/repositories/acme/absent/*', query: LIST, handle: () => error(404, 'No such repository') },
    {
      method: 'GET',
      path: REPO,
      handle: (call) => ({
        ...ok({ full_name: FULL_NAME, slug: 'deploy' }),
        headers: {
          'x-oauth-scopes': isReader(call) ? 'repository, pullrequest' : 'repository:write, pullrequest:write',
        },
      }),
    },
    {
      method: 'GET',
      path: '/repositories/acme',
      query: ['role', 'q'],
      handle: (call) => ok({ values: isReader(call) ? [] : [{ full_name: FULL_NAME }] }),
    },
    {
      method: 'GET',
      path: `${REPO}/pullrequests`,
      query: LIST,
      handle: (call) => {
        const states = call.query.getAll('state');
        const wanted = states.length === 0 ? ['OPEN'] : states;
        const found = repository.requests
          .filter((request) => wanted.includes(STATES[request.state]))
          .filter((request) => fits(request, call.query.get('q') ?? ''))
          .toReversed();
        return page(call, `${REPO}/pullrequests`, found.map(show));
      },
    },
    {
      method: 'POST',
      path: `${REPO}/pullrequests`,
      body: {
        title: 'string',
        description: 'string?',
        source: 'object',
        destination: 'object',
        draft: 'boolean?',
        close_source_branch: 'boolean?',
      },
      handle: ({ body }) => open(repository, body, show),
    },
    { method: 'GET', path: `${REPO}/pullrequests/:id`, handle: (call) => one(call, (request) => ok(show(request))) },
    {
      method: 'PUT',
      path: `${REPO}/pullrequests/:id`,
      body: { title: 'string?', description: 'string?', reviewers: 'objects?', draft: 'boolean?' },
      handle: (call) => one(call, (request) => edit(repository, request, call, show)),
    },
    {
      method: 'POST',
      path: `${REPO}/pullrequests/:id/comments`,
      body: { content: 'object' },
      handle: (call) =>
        one(call, (request) => {
          request.comments.push(String(Object(call.body['content']).raw));
          return { status: 201, json: { id: request.comments.length } };
        }),
    },
    {
      method: 'POST',
      path: `${REPO}/pullrequests/:id/decline`,
      handle: (call) =>
        one(call, (request) => {
          if (request.state !== 'open') return error(400, 'This pull request is already closed.');
          request.state = 'closed';
          return ok(show(request));
        }),
    },
    {
      method: 'POST',
      path: `${REPO}/pullrequests/:id/merge`,
      body: { merge_strategy: 'string?', close_source_branch: 'boolean?', message: 'string?' },
      handle: (call) =>
        one(call, (request) => {
          if (request.state !== 'open') return error(400, 'This pull request is already closed.');
          if (request.hasConflicts) return error(400, 'You can’t merge until you resolve all merge conflicts.');
          if (call.body['merge_strategy'] !== 'squash') return error(400, 'that is not the strategy of this branch');
          repository.merge(request);
          return ok(show(request));
        }),
    },
    {
      method: 'GET',
      path: `${REPO}/commit/:commit`,
      handle: ({ params }) => {
        const known = [...repository.branches.values(), ...repository.requests.map(({ lastCommit }) => lastCommit)];
        const hash = known.find((commit) => commit.startsWith(params['commit'] ?? ''));
        return hash === undefined ? error(404, 'Commit not found') : ok({ hash });
      },
    },
    {
      method: 'GET',
      path: `${REPO}/commit/:commit/statuses`,
      query: LIST,
      handle: (call) => {
        const { commit = '' } = call.params;
        const check = repository.checkOf(commit);
        const state = check && { pending: 'INPROGRESS', passed: 'SUCCESSFUL', failed: 'FAILED' }[check];
        const passed = { key: 'lint', state: 'SUCCESSFUL' };
        const statuses = state === undefined ? [] : [passed, { key: 'build', state }];
        return page(call, `${REPO}/commit/${commit}/statuses`, statuses);
      },
    },
    {
      method: 'GET',
      path: `${REPO}/refs/branches/*`,
      handle: ({ params: { rest = '' } }) => ok({ name: rest, default_merge_strategy: 'squash' }),
    },
    {
      method: 'GET',
      path: `${REPO}/effective-default-reviewers`,
      query: LIST,
      handle: (call) => page(call, `${REPO}/effective-default-reviewers`, [{ user: userOf('tiphys-bot') }]),
    },
    {
      method: 'GET',
      path: '/workspaces/acme/members',
      query: LIST,
      handle: (call) => {
        const members = repository.users.map((name) => ({ type: 'workspace_membership', user: userOf(name) }));
        return page(call, '/workspaces/acme/members', members);
      },
    },
    {
      method: 'GET',
      path: `${REPO}/branch-restrictions`,
      query: LIST,
      handle: (call) => {
        if (isReader(call)) return error(403, 'Your credentials lack one or more required privilege scopes.');
        const restrictions = [...repository.protections.keys()].flatMap((pattern) =>
          ['force', 'push'].map((kind) => ({ kind, branch_match_kind: 'glob', pattern, users: [], groups: [] })),
        );
        return page(call, `${REPO}/branch-restrictions`, restrictions);
      },
    },
  ];
}

const LIST = ['q', 'sort', 'state', 'pagelen', 'page'];
const STATES = { open: 'OPEN', merged: 'MERGED', closed: 'DECLINED' } as const;

/** Understands the conditions that are joined by AND, as `name = "value"`. */
function fits(request: FakeRequest, q: string): boolean {
  const facts: Readonly<Record<string, string>> = {
    'source.branch.name': request.head,
    'destination.branch.name': request.base,
    'source.repository.full_name': request.isFromFork ? 'mallory/deploy' : FULL_NAME,
  };
  return q.split(' AND ').every((condition) => {
    const [, name = '', value = ''] = /^([a-z_.]+) = "((?:[^"\\]|\\.)*)"$/.exec(condition) ?? [];
    return facts[name] === value.replace(/\\(.)/g, '$1');
  });
}

/** Two items a page, so that lists have pages. */
function paged({ query }: Call, url: string, items: readonly unknown[]): Answer {
  const size = 2;
  const page = Number(query.get('page') ?? 1);
  const isSmall = Number(query.get('pagelen')) <= 20;
  if (isSmall) return ok({ pagelen: 20, page: 1, values: items.slice(0, 20) });
  const next = new URL(url);
  for (const [name, value] of query) next.searchParams.append(name, value);
  next.searchParams.set('page', String(page + 1));
  const values = items.slice((page - 1) * size, page * size);
  return ok({ pagelen: size, page, values, ...(page * size < items.length ? { next: next.href } : {}) });
}

/** Another request for the same two branches takes the place of the open one. */
function open(repository: FakeRepository, body: Call['body'], show: (one: FakeRequest) => unknown): Answer {
  const branchIn = (end: unknown) => String(Object(Object(end).branch).name);
  const [head, base] = [branchIn(body['source']), branchIn(body['destination'])];
  if (!repository.branches.has(head)) return error(400, `source: branch not found: ${head}`);
  if (!repository.branches.has(base)) return error(400, `destination: branch not found: ${base}`);
  const [title, text] = [String(body['title']), String(body['description'] ?? '')];
  const existing = repository.openRequest(head, base);
  if (existing !== undefined) Object.assign(existing, { title, body: text });
  const request = existing ?? repository.open({ head, base, title, body: text, isDraft: body['draft'] === true });
  return { status: 201, json: show(request) };
}

function edit(
  repository: FakeRepository,
  request: FakeRequest,
  { body }: Call,
  show: (one: FakeRequest) => unknown,
): Answer {
  if (request.state !== 'open') return error(400, 'You can only edit an open pull request.');
  if (Array.isArray(body['reviewers'])) {
    const names = body['reviewers'].map((user: unknown) => nameOf(repository, String(Object(user).uuid)));
    if (names.includes(undefined)) return error(400, 'reviewers: Malformed reviewers list');
    if (names.includes('tiphys-bot'))
      return error(400, 'tiphys-bot is the author and cannot be included as a reviewer.');
    request.reviewers = names.filter((name) => name !== undefined);
  }
  if (typeof body['title'] === 'string') request.title = body['title'];
  if (typeof body['description'] === 'string') request.body = body['description'];
  return ok(show(request));
}

function uuidOf(name: string): string {
  return `{00000000-0000-4000-8000-${Buffer.from(name).toString('hex').padStart(12, '0').slice(-12)}}`;
}

function nameOf(repository: FakeRepository, uuid: string): string | undefined {
  return repository.users.find((name) => uuidOf(name) === uuid);
}

function userOf(name: string): unknown {
  return {
    type: 'user',
    uuid: uuidOf(name),
    nickname: name,
    display_name: `The user ${name}`,
    account_id: `557058:${name}`,
  };
}

function toJson(repository: FakeRepository, request: FakeRequest): unknown {
  const { number, head, base, isFromFork, lastCommit } = request;
  return {
    type: 'pullrequest',
    id: number,
    links: { html: { href: `https://bitbucket.org/acme/deploy/pull-requests/${number}` } },
    title: request.title,
    description: request.body,
    state: STATES[request.state],
    draft: request.isDraft,
    author: userOf('tiphys-bot'),
    reviewers: request.reviewers.map(userOf),
    participants: request.reviewers.map((name) => ({ user: userOf(name), role: 'REVIEWER', state: null })),
    source: {
      branch: { name: head },
      commit: { hash: lastCommit.slice(0, 12) },
      repository: { full_name: isFromFork ? 'mallory/deploy' : FULL_NAME },
    },
    destination: { branch: { name: base }, commit: { hash: repository.branches.get(base)?.slice(0, 12) } },
  };
}

function error(status: number, message: string): Answer {
  return { status, json: { type: 'error', error: { message } } };
}
