import type { ForgeUnderTest } from '../forge-stage.ts';
import { FakeRepository, type FakeRequest } from './fake-repository.ts';
import {
  type Answer,
  type Call,
  type ForgeServer,
  linkedPage,
  ok,
  type Route,
  type ServerOptions,
  startForgeServer,
} from './forge-server.ts';
import { requestIn, takeComment } from './request-in.ts';
import { stageOf } from './stage-of.ts';

// After the API description of Gitea 1.26, https://docs.gitea.com/api/1.26/.
const TOKEN = 'gitea-token';
const READER = 'gitea-reader';
const API = '/api/v1';
const REPO = `${API}/repos/acme/deploy`;

/** What Gitea answers, over state that is held. */
export const giteaDouble: ForgeUnderTest = {
  kind: 'gitea',
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
    const server = await startGitea(repository);
    return stageOf(repository, server, { username: 'tiphys-bot', password: TOKEN, readerPassword: READER });
  },
};

/** @param routes  that come before the usual ones */
export async function startGitea(repository: FakeRepository, routes: readonly Route[] = []): Promise<ForgeServer> {
  return startForgeServer({ routes: (url) => [...routes, ...routesOf(repository, url)], guard });
}

function userOf({ headers }: Pick<Call, 'headers'>): 'writer' | 'reader' | undefined {
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1];
  const token =
    basic === undefined ? headers.authorization?.replace(/^(?:Bearer|token) /, '') : atob(basic).split(':')[1];
  if (token === TOKEN) return 'writer';
  return token === READER ? 'reader' : undefined;
}

const guard: ServerOptions['guard'] = (call) => {
  if (call.path === `${API}/version`) return undefined;
  const user = userOf(call);
  if (user === undefined) return error(401, 'user should be signed in');
  return user === 'reader' && call.method !== 'GET'
    ? error(403, 'user should have a permission to write to a repo')
    : undefined;
};

function routesOf(repository: FakeRepository, url: string): readonly Route[] {
  const labelIds = new Map<string, number>();
  const idOf = (label: string) => labelIds.get(label) ?? labelIds.set(label, labelIds.size + 1).size;
  const show = (request: FakeRequest) => toJson(repository, request, url, idOf);
  const one = requestIn(repository, error(404, 'not found'));
  return [
    { method: 'GET', path: `${API}/version`, handle: () => ok({ version: '1.26.4' }) },
    { method: 'GET', path: `${API}/repos/:owner/:name`, handle: (call) => repositoryJson(call) },
    { method: 'GET', path: `${API}/repos/acme/absent/*`, handle: () => error(404, 'not found') },
    {
      method: 'GET',
      path: `${REPO}/pulls`,
      query: ['state', 'base_branch', 'limit', 'page'],
      handle: ({ query }) => {
        const state = query.get('state') ?? 'open';
        const base = query.get('base_branch');
        const found = repository.requests
          .filter((request) => state === 'all' || (state === 'open') === (request.state === 'open'))
          .filter((request) => base === null || request.base === base)
          .toReversed();
        return linkedPage(found.map(show), { query, path: `${REPO}/pulls`, url }, 'limit');
      },
    },
    {
      method: 'POST',
      path: `${REPO}/pulls`,
      body: { head: 'string', base: 'string', title: 'string', body: 'string?' },
      handle: ({ body }) => {
        const [head, base, title] = [String(body['head']), String(body['base']), String(body['title'])];
        if (!repository.branches.has(head) || !repository.branches.has(base)) return error(404, 'not found');
        if (repository.openRequest(head, base)) {
          return error(409, `pull request already exists for these targets [head_branch: ${head}]`);
        }
        const isDraft = /^(?:WIP:|\[WIP\])/i.test(title);
        return {
          status: 201,
          json: show(repository.open({ head, base, title, body: String(body['body'] ?? ''), isDraft })),
        };
      },
    },
    {
      method: 'GET',
      path: `${REPO}/pulls/:id`,
      handle: (call) => one(call, (request) => ok(show(request))),
    },
    {
      method: 'PATCH',
      path: `${REPO}/pulls/:id`,
      body: { title: 'string?', body: 'string?', state: 'string?', assignees: 'strings?' },
      handle: (call) => one(call, (request) => edit(repository, request, call, show)),
    },
    { method: 'GET', path: `${REPO}/pulls/:id/reviews`, query: ['limit'], handle: (call) => one(call, reviews) },
    {
      method: 'POST',
      path: `${REPO}/pulls/:id/requested_reviewers`,
      body: { reviewers: 'strings?', team_reviewers: 'strings?' },
      handle: (call) =>
        one(call, (request) => {
          const names = stringsIn(call.body['reviewers']);
          const unknown = names.find((name) => !repository.users.includes(name));
          if (unknown !== undefined) return error(404, `User '${unknown}' not exist`);
          request.reviewers = [...new Set([...request.reviewers, ...names])];
          return { status: 201, json: [] };
        }),
    },
    {
      method: 'GET',
      path: `${REPO}/pulls/:base/*`,
      handle: ({ params }) => {
        const { base, rest: head } = params;
        const found = repository.requests.find((one) => one.head === head && one.base === base && !one.isFromFork);
        return found === undefined ? error(404, 'not found') : ok(show(found));
      },
    },
    {
      method: 'POST',
      path: `${REPO}/issues/:id/comments`,
      body: { body: 'string' },
      handle: (call) => one(call, (request) => takeComment(request, call.body['body'])),
    },
    {
      method: 'POST',
      path: `${REPO}/issues/:id/labels`,
      body: { labels: 'numbers' },
      handle: (call) =>
        one(call, (request) => {
          const ids = Array.isArray(call.body['labels']) ? call.body['labels'] : [];
          const names = [...repository.labels].filter((label) => ids.includes(idOf(label)));
          request.labels = [...new Set([...request.labels, ...names])];
          return ok(names.map((name) => ({ id: idOf(name), name })));
        }),
    },
    {
      method: 'GET',
      path: `${REPO}/labels`,
      query: ['limit', 'page'],
      handle: ({ query }) => {
        const labels = [...repository.labels].map((name) => ({ id: idOf(name), name }));
        return linkedPage(labels, { query, path: `${REPO}/labels`, url }, 'limit');
      },
    },
    { method: 'GET', path: `${API}/orgs/:org/labels`, query: ['limit'], handle: () => error(404, 'not found') },
    {
      method: 'POST',
      path: `${REPO}/labels`,
      body: { name: 'string', color: 'string' },
      handle: ({ body }) => {
        const name = String(body['name']);
        if (!repository.mayMakeLabels) return error(403, 'user should have a permission to write to issues');
        repository.labels.add(name);
        return { status: 201, json: { id: idOf(name), name } };
      },
    },
    {
      method: 'GET',
      path: `${REPO}/commits/:commit/status`,
      query: ['page', 'limit'],
      handle: ({ params }) => {
        const check = repository.checkOf(params['commit'] ?? '');
        if (check === undefined) return ok({ state: '', total_count: 0, statuses: [] });
        const state = { pending: 'pending', passed: 'success', failed: 'failure' }[check];
        return ok({ state, total_count: 1, statuses: [{ context: 'build', status: state }] });
      },
    },
    {
      method: 'POST',
      path: `${REPO}/pulls/:id/merge`,
      body: { Do: 'string', head_commit_id: 'string?', merge_when_checks_succeed: 'boolean?' },
      handle: (call) => one(call, (request) => merge(repository, request, call)),
    },
    {
      method: 'GET',
      path: `${REPO}/branches/*`,
      handle: (call) => {
        const branch = call.params['rest'] ?? '';
        const protection = repository.protections.get(branch);
        return ok({
          name: branch,
          protected: protection !== undefined,
          user_can_push: false,
          effective_branch_protection_name: protection === undefined ? '' : branch,
        });
      },
    },
    {
      method: 'GET',
      path: `${REPO}/branch_protections/*`,
      handle: ({ params }) => {
        const protection = repository.protections.get(params['rest'] ?? '');
        return protection === undefined
          ? error(404, 'not found')
          : ok({ require_signed_commits: protection.needsSignature });
      },
    },
  ];
}

function edit(
  repository: FakeRepository,
  request: FakeRequest,
  { body }: Call,
  show: (one: FakeRequest) => unknown,
): Answer {
  const assignees = body['assignees'] === undefined ? undefined : stringsIn(body['assignees']);
  const unknown = assignees?.find((name) => !repository.users.includes(name));
  if (unknown !== undefined) return error(422, `Assignee does not exist: [name: ${unknown}]`);
  if (assignees !== undefined) request.assignees = [...assignees];
  if (typeof body['title'] === 'string') {
    request.title = body['title'];
    request.isDraft = /^(?:WIP:|\[WIP\])/i.test(request.title);
  }
  if (typeof body['body'] === 'string') request.body = body['body'];
  if (body['state'] !== undefined && request.state === 'merged') return error(412, 'it was already merged');
  if (body['state'] === 'closed') request.state = 'closed';
  return { status: 201, json: show(request) };
}

function merge(repository: FakeRepository, request: FakeRequest, { body }: Call): Answer {
  if (request.state === 'merged') return error(405, 'The PR is already merged');
  if (request.state === 'closed') return error(404, 'not found');
  if (request.isDraft) return error(405, 'Work in progress PRs cannot be merged');
  if (request.hasConflicts) return error(405, 'Please try again later');
  if (body['merge_when_checks_succeed'] === true) {
    if (request.isScheduled) return error(409, 'pull request is already scheduled to auto merge when checks succeed');
    request.isScheduled = true;
    if (!repository.needsChecks) repository.merge(request);
    return { status: 201 };
  }
  if (body['head_commit_id'] !== request.lastCommit) return error(409, 'head out of date');
  repository.merge(request);
  return { status: 200 };
}

function toJson(
  repository: FakeRepository,
  request: FakeRequest,
  url: string,
  idOf: (label: string) => number,
): unknown {
  const { number, head, base, isFromFork } = request;
  const user = (login: string) => ({ login });
  return {
    number,
    html_url: `${url}/acme/deploy/pulls/${number}`,
    title: request.title,
    body: request.body,
    state: request.state === 'open' ? 'open' : 'closed',
    merged: request.state === 'merged',
    draft: request.isDraft,
    mergeable: !request.hasConflicts && !request.isDraft,
    labels: request.labels.map((name) => ({ id: idOf(name), name })),
    requested_reviewers: request.reviewers.map(user),
    requested_reviewers_teams: [],
    assignees: request.assignees.map(user),
    head: {
      label: head,
      ref: repository.branches.has(head) ? head : `refs/pull/${number}/head`,
      sha: request.lastCommit,
      repo_id: isFromFork ? 2 : 1,
    },
    base: {
      label: base,
      ref: base,
      sha: repository.branches.get(base),
      repo_id: 1,
      repo: { owner: { login: 'acme' } },
    },
  };
}

function repositoryJson(call: Call): Answer {
  if (call.params['name'] !== 'deploy') return error(404, 'not found');
  return ok({ permissions: { pull: true, push: userOf(call) === 'writer' }, default_merge_style: 'merge' });
}

/** A request for a review is one that was not given yet. */
function reviews({ reviewers }: FakeRequest): Answer {
  return ok(reviewers.map((login) => ({ user: { login }, state: 'REQUEST_REVIEW' })));
}

function stringsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function error(status: number, message: string): Answer {
  return { status, json: { message, url: 'https://docs.gitea.com/api' } };
}
