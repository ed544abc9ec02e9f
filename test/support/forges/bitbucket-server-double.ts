import type { ForgeUnderTest } from '../forge-stage.ts';
import { FakeRepository, type FakeRequest } from './fake-repository.ts';
import { type Answer, type Call, ok, type Route, type ServerOptions, startForgeServer } from './forge-server.ts';
import { requestIn, takeComment } from './request-in.ts';
import { stageOf } from './stage-of.ts';

// After https://developer.atlassian.com/server/bitbucket/rest/v903/ and its OpenAPI description.
const PASSWORD = 'server-password';
const READER = 'server-reader';
const BASE = '/git';
const REST = `${BASE}/rest`;
const REPO = `${REST}/api/1.0/projects/acme/repos/deploy`;
const SIGNATURE_HOOK = 'com.atlassian.bitbucket.server.bitbucket-bundled-hooks:verify-commit-signature-hook';

/** What Bitbucket Data Center answers, over state that is held; installed below /git. */
export const bitbucketServerDouble: ForgeUnderTest = {
  kind: 'bitbucket-server',
  pauses: 'none',
  features: {
    labels: false,
    assignees: false,
    drafts: true,
    reopening: true,
    autoMerge: true,
    signatures: true,
    labelRights: false,
  },
  async start() {
    const repository = new FakeRepository();
    const server = await startForgeServer({
      routes: (url) => routesOf({ repository, versions: new Map(), url }),
      guard,
    });
    const access = { username: 'tiphys-bot', password: PASSWORD, readerPassword: READER };
    return stageOf(repository, server, { ...access, path: `${BASE}/scm/acme/deploy.git` });
  },
};

interface State {
  readonly repository: FakeRepository;
  /** What a request looked like in each of its versions, its own changes and those of its head. */
  readonly versions: Map<number, string[]>;
  readonly url: string;
}

function passwordOf({ headers }: Pick<Call, 'headers'>): string {
  return atob(/^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '').split(':')[1] ?? '';
}

const guard: ServerOptions['guard'] = (call) => {
  if (call.path.endsWith('/application-properties')) return undefined;
  const password = passwordOf(call);
  if (password !== PASSWORD && password !== READER) return error(401, 'Authentication failed.', 'AuthenticationFailed');
  if (call.method === 'GET' || password === PASSWORD) return undefined;
  return error(401, 'You are not permitted to access this resource', 'AuthorisationException');
};

function isReader(call: Call): boolean {
  return passwordOf(call) === READER;
}

/** Moves on whenever anything that people see has changed, and when commits arrive. */
function versionOf({ versions }: State, { number, title, body, state, lastCommit }: FakeRequest): number {
  const seen = versions.get(number) ?? [];
  const now = JSON.stringify([title, body, state, lastCommit]);
  if (seen.at(-1) !== now) seen.push(now);
  versions.set(number, seen);
  return seen.length - 1;
}

function routesOf(state: State): readonly Route[] {
  const { repository } = state;
  const show = (request: FakeRequest) => toJson(state, request);
  const one = requestIn(repository, error(404, 'Pull request does not exist', 'NoSuchPullRequestException'));
  /** Orders hold for the version that they name. */
  const at = (call: Call, version: unknown, use: (request: FakeRequest) => Answer): Answer =>
    one(call, (request) => {
      if (Number(version) === versionOf(state, request)) return use(request);
      return error(409, 'You are attempting to modify a pull request based on out-of-date information.', OUT_OF_DATE);
    });
  return [
    {
      method: 'GET',
      path: `${REST}/api/1.0/application-properties`,
      handle: () => ok({ version: '9.4.0', displayName: 'Bitbucket' }),
    },
    {
      method: 'GET',
      path: `${REST}/api/1.0/projects/acme/repos/absent/*`,
      query: LIST,
      handle: () => error(404, 'Repository acme/absent does not exist.', 'NoSuchRepositoryException'),
    },
    {
      method: 'GET',
      path: REPO,
      handle: () => ({ ...ok(repositoryJson(false)), headers: { 'x-ausername': 'tiphys-bot' } }),
    },
    {
      method: 'GET',
      path: `${REST}/api/1.0/repos`,
      query: [...LIST, 'permission', 'name', 'projectkey'],
      handle: (call) => {
        const isFound = call.query.get('permission') === 'REPO_WRITE' && call.query.get('name') === 'The deployment';
        return paged(call, isFound && !isReader(call) ? [repositoryJson(false)] : []);
      },
    },
    {
      method: 'GET',
      path: `${REPO}/pull-requests`,
      query: LIST,
      handle: (call) => {
        const head = call.query.get('at')?.replace(/^refs\/heads\//, '');
        const isOutgoing = call.query.get('direction') === 'OUTGOING';
        const end = (request: FakeRequest) => (isOutgoing ? request.head : request.base);
        const found = repository.requests
          .filter((request) => end(request) === head && !(isOutgoing && request.isFromFork))
          .filter((request) => call.query.get('state') === 'ALL' || request.state === 'open')
          .toReversed();
        return paged(call, found.map(show));
      },
    },
    {
      method: 'POST',
      path: `${REPO}/pull-requests`,
      body: { title: 'string', description: 'string?', fromRef: 'object', toRef: 'object', draft: 'boolean?' },
      handle: ({ body }) => open(state, body),
    },
    { method: 'GET', path: `${REPO}/pull-requests/:id`, handle: (call) => one(call, (request) => ok(show(request))) },
    {
      method: 'PUT',
      path: `${REPO}/pull-requests/:id`,
      body: { version: 'number', title: 'string', description: 'string?', reviewers: 'objects?' },
      handle: (call) =>
        at(call, call.body['version'], (request) => {
          request.title = String(call.body['title']);
          request.body = String(call.body['description'] ?? '');
          const reviewers = Array.isArray(call.body['reviewers']) ? call.body['reviewers'] : [];
          request.reviewers = reviewers.map((each: unknown) => String(Object(Object(each).user).name));
          return ok(show(request));
        }),
    },
    {
      method: 'POST',
      path: `${REPO}/pull-requests/:id/participants`,
      body: { user: 'object', role: 'string' },
      handle: (call) =>
        one(call, (request) => {
          const name = String(Object(call.body['user']).name);
          if (!repository.users.includes(name)) return error(404, `No such user: ${name}`, 'NoSuchUserException');
          request.reviewers.push(name);
          return ok({ user: { name }, role: 'REVIEWER' });
        }),
    },
    {
      method: 'POST',
      path: `${REPO}/pull-requests/:id/comments`,
      body: { text: 'string' },
      handle: (call) => one(call, (request) => takeComment(request, call.body['text'])),
    },
    {
      method: 'POST',
      path: `${REPO}/pull-requests/:id/decline`,
      query: ['version'],
      handle: (call) =>
        at(call, call.query.get('version'), (request) => {
          if (request.state !== 'open')
            return error(409, 'It has already been closed.', 'IllegalPullRequestStateException');
          request.state = 'closed';
          return ok(show(request));
        }),
    },
    {
      method: 'GET',
      path: `${REPO}/pull-requests/:id/merge`,
      handle: (call) =>
        one(call, (request) => {
          const vetoes = vetoesOf(repository, request);
          const conflicted = request.hasConflicts;
          const outcome = conflicted ? 'CONFLICTED' : 'CLEAN';
          return ok({ canMerge: vetoes.length === 0 && !conflicted, conflicted, outcome, vetoes });
        }),
    },
    {
      method: 'POST',
      path: `${REPO}/pull-requests/:id/merge`,
      query: ['version'],
      body: { autoMerge: 'boolean?', autoSubject: 'string?', message: 'string?', strategyId: 'string?' },
      handle: (call) => at(call, call.query.get('version'), (request) => merge(state, request, call)),
    },
    {
      method: 'GET',
      path: `${REPO}/pull-requests/:id/auto-merge`,
      handle: (call) =>
        one(call, (request) => {
          if (request.isScheduled)
            return ok({ createdDate: 13590759200, fromHash: request.lastCommit, autoSubject: true });
          return error(404, 'Auto-merge was not requested.', 'NoSuchAutoMergeRequestException');
        }),
    },
    {
      method: 'GET',
      path: `${REST}/build-status/1.0/commits/:commit`,
      query: LIST,
      handle: (call) => {
        const check = repository.checkOf(call.params['commit'] ?? '');
        const state = check && { pending: 'INPROGRESS', passed: 'SUCCESSFUL', failed: 'FAILED' }[check];
        const lint = ['lint', 'style', 'units'].map((key) => ({ key, state: 'SUCCESSFUL' }));
        return paged(call, state === undefined ? [] : [...lint, { key: 'build', state }]);
      },
    },
    {
      method: 'GET',
      path: `${REST}/default-reviewers/1.0/projects/acme/repos/deploy/reviewers`,
      query: ['sourceRepoId', 'targetRepoId', 'sourceRefId', 'targetRefId'],
      handle: ({ query }) =>
        query.get('targetRepoId') === '7' && query.get('targetRefId')?.startsWith('refs/heads/')
          ? ok([{ name: 'tiphys-bot' }])
          : error(400, 'The given parameters are invalid.', 'ArgumentValidationException'),
    },
    {
      method: 'GET',
      path: `${REST}/branch-permissions/2.0/projects/acme/repos/deploy/restrictions`,
      query: LIST,
      handle: (call) => {
        if (isReader(call))
          return error(401, 'You are not permitted to access this resource', 'AuthorisationException');
        const restrictions = [...repository.protections.keys()].flatMap((branch) =>
          ['no-deletes', 'fast-forward-only', 'pull-request-only'].map((type) => ({
            type,
            matcher: { id: `refs/heads/${branch}`, type: { id: 'BRANCH' } },
            users: [{ name: 'ann' }],
            groups: [],
            accessKeys: [],
          })),
        );
        return paged(call, restrictions);
      },
    },
    {
      method: 'GET',
      path: `${REPO}/settings/hooks/:key`,
      handle: (call) => {
        if (isReader(call))
          return error(401, 'You are not permitted to access this resource', 'AuthorisationException');
        const isEnabled = [...repository.protections.values()].some(({ needsSignature }) => needsSignature);
        return ok({ details: { key: SIGNATURE_HOOK }, enabled: isEnabled && call.params['key'] === SIGNATURE_HOOK });
      },
    },
  ];
}

const LIST = ['at', 'direction', 'state', 'order', 'limit', 'start'];
const OUT_OF_DATE = 'PullRequestOutOfDateException';

/** Three items a page, so that lists have pages. */
function paged({ query }: Call, items: readonly unknown[]): Answer {
  const limit = Math.min(Number(query.get('limit') ?? 25), 3);
  const start = Number(query.get('start') ?? 0);
  const values = items.slice(start, start + limit);
  const isLastPage = start + limit >= items.length;
  return ok({
    size: values.length,
    limit,
    start,
    isLastPage,
    values,
    nextPageStart: isLastPage ? null : start + limit,
  });
}

function open(state: State, body: Call['body']): Answer {
  const { repository } = state;
  const branchIn = (ref: unknown) => String(Object(ref).id).replace(/^refs\/heads\//, '');
  const [head, base] = [branchIn(body['fromRef']), branchIn(body['toRef'])];
  if (!repository.branches.has(head)) return error(404, `Branch "${head}" does not exist`, 'NoSuchBranchException');
  if (!repository.branches.has(base)) return error(404, `Branch "${base}" does not exist`, 'NoSuchBranchException');
  const existing = repository.openRequest(head, base);
  if (existing !== undefined) {
    const message = 'Only one pull request may be open for a given source and target branch';
    return error(409, message, 'DuplicatePullRequestException', { existingPullRequest: toJson(state, existing) });
  }
  const [title, text] = [String(body['title']), String(body['description'] ?? '')];
  const request = repository.open({ head, base, title, body: text, isDraft: body['draft'] === true });
  return { status: 201, json: toJson(state, request) };
}

function vetoesOf(repository: FakeRepository, request: FakeRequest): readonly unknown[] {
  const isGreen = !repository.needsChecks || repository.checkOf(request.lastCommit) === 'passed';
  const detailedMessage = 'You still need a minimum of one successful build before this pull request can be merged.';
  return isGreen ? [] : [{ summaryMessage: 'Not all required builds are successful yet', detailedMessage }];
}

function merge(state: State, request: FakeRequest, { body }: Call): Answer {
  if (request.state !== 'open') return error(409, 'It has already been closed.', 'IllegalPullRequestStateException');
  const vetoes = vetoesOf(state.repository, request);
  if (request.isScheduled) return error(409, 'Auto-merge was requested already.', 'AutoMergeAlreadyRequestedException');
  if (body['autoMerge'] === true && vetoes.length > 0) request.isScheduled = true;
  else if (request.hasConflicts || vetoes.length > 0) {
    const more = { conflicted: request.hasConflicts, vetoes };
    return error(409, 'Merging the pull request has been vetoed.', 'PullRequestMergeVetoedException', more);
  } else state.repository.merge(request);
  return ok(toJson(state, request));
}

function repositoryJson(isFork: boolean): unknown {
  return isFork
    ? { id: 8, slug: 'deploy', name: 'The deployment', project: { key: '~mallory' } }
    : { id: 7, slug: 'deploy', name: 'The deployment', project: { key: 'ACME' } };
}

function toJson(state: State, request: FakeRequest): unknown {
  const { number, head, base, isFromFork, lastCommit } = request;
  const ref = (name: string, latestCommit: string | undefined, isFork: boolean) => ({
    id: `refs/heads/${name}`,
    displayId: name,
    latestCommit,
    repository: repositoryJson(isFork),
  });
  return {
    id: number,
    version: versionOf(state, request),
    title: request.title,
    description: request.body,
    state: { open: 'OPEN', merged: 'MERGED', closed: 'DECLINED' }[request.state],
    draft: request.isDraft,
    fromRef: ref(head, lastCommit, isFromFork),
    toRef: ref(base, state.repository.branches.get(base), false),
    author: { user: { name: 'tiphys-bot' }, role: 'AUTHOR' },
    reviewers: request.reviewers.map((name) => ({ user: { name }, role: 'REVIEWER' })),
    links: { self: [{ href: `${state.url}${BASE}/projects/acme/repos/deploy/pull-requests/${number}` }] },
  };
}

function error(status: number, message: string, exception: string, more: object = {}): Answer {
  const exceptionName = `com.atlassian.bitbucket.pull.${exception}`;
  return { status, json: { errors: [{ context: null, message, exceptionName, ...more }] } };
}
