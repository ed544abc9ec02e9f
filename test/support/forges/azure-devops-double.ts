import type { ForgeUnderTest } from '../forge-stage.ts';
import { FakeRepository, type FakeRequest } from './fake-repository.ts';
import { type Answer, type Call, ok, type Route, type ServerOptions, startForgeServer } from './forge-server.ts';
import { requestIn } from './request-in.ts';
import { stageOf } from './stage-of.ts';

// After https://learn.microsoft.com/rest/api/azure/devops/git/?view=azure-devops-rest-7.0
const TOKEN = 'azure-token';
const READER = 'azure-reader';
const COLLECTION = '/tfs/acme';
const PROJECT = `${COLLECTION}/shop`;
const REPO = `${PROJECT}/_apis/git/repositories/deploy`;
const PROJECT_ID = '6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c';
const REPOSITORY_ID = '3411ebc1-d5aa-464f-9615-0b527bc66719';
const ME = '00000000-0000-4000-8000-000000000001';
const BUILD = '0609b952-1397-4640-95ec-e00a01b2c241';
const MERGE_STRATEGY = 'fa4e907d-c16b-4a4c-9dfa-4916e5d171ab';
const FILE_SIZE = '2e26e725-8201-4edd-8bf5-978563c34a80';

/** What Azure DevOps Server answers, over state that is held. */
export const azureDevopsDouble: ForgeUnderTest = {
  kind: 'azure-devops',
  pauses: 'none',
  features: {
    labels: true,
    assignees: false,
    drafts: true,
    reopening: true,
    autoMerge: true,
    signatures: false,
    labelRights: true,
  },
  async start() {
    const repository = new FakeRepository();
    const server = await startForgeServer({ routes: () => routesOf(repository), guard });
    const path = `${PROJECT}/_git/deploy`;
    return stageOf(repository, server, { username: '', password: TOKEN, readerPassword: READER, path });
  },
};

function tokenOf({ headers }: Pick<Call, 'headers'>): string {
  return atob(/^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '').replace(/^:/, '');
}

const guard: ServerOptions['guard'] = (call) => {
  if (call.headers.authorization === undefined) return { status: 401, headers: { 'x-tfs-processid': REPOSITORY_ID } };
  const isPreview = /\/_apis\/(?:policy\/evaluations|git\/policy\/configurations|connectionData)$/.test(call.path);
  if (call.query.get('api-version') !== (isPreview ? '7.0-preview.1' : '7.0')) {
    return error(400, 'VssVersionNotSpecifiedException', 'No api-version was supplied for the request.');
  }
  const token = tokenOf(call);
  if (token !== TOKEN && token !== READER) return { status: 203, text: '<html>Sign in to your account</html>' };
  if (call.method === 'GET' || token === TOKEN) return undefined;
  return error(403, 'GitNeedsPermissionException', 'TF401027: You need the Git PullRequestContribute permission.');
};

function routesOf(repository: FakeRepository): readonly Route[] {
  const absent = error(404, 'GitPullRequestNotFoundException', 'TF401180: The requested pull request was not found.');
  const one = requestIn(repository, absent);
  return routes(repository, one).map((route) => ({ ...route, query: ['api-version', ...(route.query ?? [])] }));
}

type One = (call: Call, use: (request: FakeRequest) => Answer) => Answer;

function routes(repository: FakeRepository, one: One): readonly Route[] {
  const show = (request: FakeRequest) => toJson(repository, request);
  return [
    {
      method: 'GET',
      path: `${PROJECT}/_apis/git/repositories/absent/*`,
      query: SEARCH,
      handle: () => error(404, 'GitRepositoryNotFoundException', 'TF401019: The Git repository absent does not exist.'),
    },
    { method: 'GET', path: REPO, handle: () => ok({ id: REPOSITORY_ID, name: 'deploy', project: { id: PROJECT_ID } }) },
    {
      method: 'GET',
      path: `${REPO}/pullrequests`,
      query: SEARCH,
      handle: ({ query }) => {
        const status = query.get('searchCriteria.status') ?? 'active';
        const found = repository.requests
          .filter((request) => status === 'all' || STATUS[request.state] === status)
          .filter(({ head }) => `refs/heads/${head}` === query.get('searchCriteria.sourceRefName'))
          .filter(({ base }) => `refs/heads/${base}` === query.get('searchCriteria.targetRefName'))
          .toReversed();
        // A list tells the beginnings of descriptions.
        return list(found.map((request) => ({ ...show(request), description: request.body.slice(0, 400) })));
      },
    },
    {
      method: 'POST',
      path: `${REPO}/pullrequests`,
      body: {
        sourceRefName: 'string',
        targetRefName: 'string',
        title: 'string',
        description: 'string?',
        isDraft: 'boolean?',
      },
      handle: ({ body }) => open(repository, body),
    },
    { method: 'GET', path: `${REPO}/pullrequests/:id`, handle: (call) => one(call, (request) => ok(show(request))) },
    {
      method: 'PATCH',
      path: `${REPO}/pullrequests/:id`,
      body: {
        title: 'string?',
        description: 'string?',
        status: 'string?',
        lastMergeSourceCommit: 'object?',
        autoCompleteSetBy: 'object?',
        isDraft: 'boolean?',
      },
      handle: (call) => one(call, (request) => edit(repository, request, call)),
    },
    {
      method: 'POST',
      path: `${REPO}/pullrequests/:id/threads`,
      body: { comments: 'objects', status: 'string?' },
      handle: (call) =>
        one(call, (request) => {
          const [comment]: unknown[] = Array.isArray(call.body['comments']) ? call.body['comments'] : [];
          request.comments.push(String(Object(comment).content));
          return ok({ id: request.comments.length, status: call.body['status'] });
        }),
    },
    {
      method: 'GET',
      path: `${REPO}/pullrequests/:id/labels`,
      handle: (call) => one(call, ({ labels }) => list(labels.map((name) => ({ id: name, name, active: true })))),
    },
    {
      method: 'POST',
      path: `${REPO}/pullrequests/:id/labels`,
      body: { name: 'string' },
      handle: (call) =>
        one(call, (request) => {
          const name = String(call.body['name']);
          if (!repository.labels.has(name) && !repository.mayMakeLabels) {
            return error(403, 'CreateTagDefinitionPermissionException', 'TF401289: You may not create tags.');
          }
          request.labels.push(name);
          return ok({ id: name, name, active: true });
        }),
    },
    {
      method: 'PUT',
      path: `${REPO}/pullrequests/:id/reviewers/:reviewer`,
      body: { vote: 'number' },
      handle: (call) =>
        one(call, (request) => {
          const name = repository.users.find((user) => idOf(user) === call.params['reviewer']);
          if (name === undefined) return error(400, 'InvalidArgumentValueException', 'A reviewer is not valid.');
          request.reviewers.push(name);
          return ok({ id: idOf(name), vote: 0 });
        }),
    },
    {
      method: 'GET',
      path: `${REPO}/pullrequests/:id/statuses`,
      handle: (call) =>
        one(call, ({ lastCommit }) => {
          const check = repository.checkOf(lastCommit);
          const state = check && { pending: 'pending', passed: 'succeeded', failed: 'failed' }[check];
          const context = { genre: 'ci', name: 'test' };
          // Every report of a check stays, newest last.
          return list(
            state === undefined
              ? []
              : [
                  { id: 1, context, state: 'failed' },
                  { id: 2, context, state },
                ],
          );
        }),
    },
    {
      method: 'GET',
      path: `${COLLECTION}/_apis/identities`,
      query: ['searchFilter', 'filterValue'],
      handle: ({ query }) => {
        const names = repository.users.filter((name) => name === query.get('filterValue'));
        return query.get('searchFilter') === 'General'
          ? list(names.map((name) => ({ id: idOf(name), providerDisplayName: name, isActive: true })))
          : error(400, 'ArgumentException', 'searchFilter');
      },
    },
    {
      method: 'GET',
      path: `${PROJECT}/_apis/policy/evaluations`,
      query: ['artifactId'],
      handle: ({ query }) => {
        const [, number = ''] =
          /^vstfs:\/\/\/CodeReview\/CodeReviewId\/6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c\/(\d+)$/.exec(
            query.get('artifactId') ?? '',
          ) ?? [];
        const request = repository.request(number);
        if (request === undefined) return error(400, 'ArgumentException', 'The artifact is not known.');
        const check = repository.needsChecks ? repository.checkOf(request.lastCommit) : undefined;
        const status = { pending: 'running', passed: 'approved', failed: 'rejected' }[check ?? 'passed'];
        const build = { isBlocking: true, type: { id: BUILD, displayName: 'Build' }, settings: {} };
        const strategy = { isBlocking: true, type: { id: MERGE_STRATEGY, displayName: 'Require a merge strategy' } };
        const evaluations = repository.needsChecks ? [{ status, configuration: build }] : [];
        return list([...evaluations, { status: 'approved', configuration: strategy }]);
      },
    },
    {
      method: 'GET',
      path: `${PROJECT}/_apis/git/policy/configurations`,
      query: ['repositoryId', 'refName'],
      handle: ({ query }) => {
        const branch = query.get('refName')?.replace(/^refs\/heads\//, '') ?? '';
        const scope = { repositoryId: query.get('repositoryId') };
        const policy = (id: string, scopes: readonly object[]) => {
          return { isEnabled: true, isBlocking: true, isDeleted: false, type: { id }, settings: { scope: scopes } };
        };
        const push = policy(FILE_SIZE, [scope]);
        const review = policy(MERGE_STRATEGY, [{ ...scope, refName: `refs/heads/${branch}`, matchKind: 'Exact' }]);
        return list(repository.protections.has(branch) ? [push, review] : [push]);
      },
    },
    {
      method: 'GET',
      path: `${COLLECTION}/_apis/permissions/2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87/:bits`,
      query: ['tokens'],
      handle: (call) => {
        const isOurs = call.query.get('tokens')?.startsWith(`repoV2/${PROJECT_ID}/${REPOSITORY_ID}/refs/heads/`);
        const isContribute = call.params['bits'] === '4';
        return list([isOurs === true && isContribute && tokenOf(call) === TOKEN]);
      },
    },
    {
      method: 'GET',
      path: `${COLLECTION}/_apis/connectionData`,
      handle: () => ok({ authenticatedUser: { id: ME, providerDisplayName: 'tiphys-bot' } }),
    },
  ];
}

const SEARCH = ['searchCriteria.status', 'searchCriteria.sourceRefName', 'searchCriteria.targetRefName', '$top'];
const STATUS = { open: 'active', merged: 'completed', closed: 'abandoned' } as const;

function open(repository: FakeRepository, body: Call['body']): Answer {
  const branchOf = (ref: unknown) => String(ref).replace(/^refs\/heads\//, '');
  const [head, base] = [branchOf(body['sourceRefName']), branchOf(body['targetRefName'])];
  if (!repository.branches.has(head) || !repository.branches.has(base)) {
    return error(400, 'GitPullRequestNoSuchRefException', 'TF401398: The source or the target branch is gone.');
  }
  if (repository.openRequest(head, base) !== undefined) {
    const message = 'TF401179: An active pull request for the source and target branch already exists.';
    return error(409, 'GitPullRequestExistsException', message);
  }
  const text = String(body['description'] ?? '');
  if (text.length > 4000) return error(400, 'InvalidArgumentValueException', 'The description is too long.');
  const isDraft = body['isDraft'] === true;
  const request = repository.open({ head, base, title: String(body['title']), body: text, isDraft });
  return { status: 201, json: toJson(repository, request) };
}

function edit(repository: FakeRepository, request: FakeRequest, { body }: Call): Answer {
  if (request.state === 'merged') return error(400, 'GitPullRequestNotEditableException', 'It cannot be edited.');
  if (typeof body['title'] === 'string') request.title = body['title'];
  if (typeof body['description'] === 'string') request.body = body['description'];
  if (body['status'] === 'abandoned') request.state = 'closed';
  if (body['status'] === 'completed') return complete(repository, request, body);
  if (body['autoCompleteSetBy'] !== undefined) {
    if (Object(body['autoCompleteSetBy']).id !== ME) return error(400, 'InvalidArgumentValueException', 'not you');
    request.isScheduled = true;
    if (isFree(repository, request)) repository.merge(request);
  }
  return ok(toJson(repository, request));
}

function isFree(repository: FakeRepository, { lastCommit, hasConflicts }: FakeRequest): boolean {
  return !hasConflicts && (!repository.needsChecks || repository.checkOf(lastCommit) === 'passed');
}

/** What is ordered is answered as active still, and done a moment later. */
function complete(repository: FakeRepository, request: FakeRequest, body: Call['body']): Answer {
  if (Object(body['lastMergeSourceCommit']).commitId !== request.lastCommit) {
    return error(409, 'GitPullRequestStaleException', 'TF401192: The source branch has been modified.');
  }
  if (!isFree(repository, request)) {
    return error(403, 'GitPullRequestUpdateRejectedByPolicyException', 'TF402455: Pushes are not permitted.');
  }
  const ordered = toJson(repository, request);
  repository.merge(request);
  return ok({ ...ordered, mergeStatus: 'queued' });
}

function idOf(name: string): string {
  return `10000000-0000-4000-8000-${Buffer.from(name).toString('hex').padStart(12, '0').slice(-12)}`;
}

function toJson(repository: FakeRepository, request: FakeRequest) {
  const { number, head, base, isFromFork, lastCommit } = request;
  return {
    pullRequestId: number,
    title: request.title,
    description: request.body,
    status: STATUS[request.state],
    isDraft: request.isDraft,
    sourceRefName: `refs/heads/${head}`,
    targetRefName: `refs/heads/${base}`,
    mergeStatus: request.hasConflicts ? 'conflicts' : 'succeeded',
    lastMergeSourceCommit: { commitId: lastCommit },
    lastMergeTargetCommit: { commitId: repository.branches.get(base) },
    reviewers: request.reviewers.map((name) => ({ id: idOf(name), displayName: name, vote: 0 })),
    repository: { id: REPOSITORY_ID, name: 'deploy', project: { id: PROJECT_ID, name: 'shop' } },
    ...(request.isScheduled ? { autoCompleteSetBy: { id: ME } } : {}),
    ...(isFromFork ? { forkSource: { name: `refs/heads/${head}`, repository: { id: 'a fork' } } } : {}),
  };
}

function list(value: readonly unknown[]): Answer {
  return ok({ count: value.length, value });
}

function error(status: number, typeKey: string, message: string): Answer {
  return { status, json: { $id: '1', message, typeKey, errorCode: 0 } };
}
