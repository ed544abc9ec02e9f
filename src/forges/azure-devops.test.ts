import { expect, test } from 'vitest';
import { begin, draftOf, HEAD } from '../../test/support/forge-suite.ts';
import { azureDevopsDouble } from '../../test/support/forges/azure-devops-double.ts';
import { identitiesAt } from './azure-devops/place.ts';
import { refusesPushes } from './azure-devops/rules.ts';
import { azureDevops } from './azure-devops.ts';
import { parseHostedRepository } from './hosted-repository.ts';

const signal = AbortSignal.timeout(600_000);

for (const [repoURL, place] of [
  ['https://dev.azure.com/acme/my%20shop/_git/deploy', 'https://dev.azure.com/acme my shop/deploy'],
  ['https://acme@dev.azure.com/acme/shop/_git/deploy', 'https://dev.azure.com/acme shop/deploy'],
  ['https://dev.azure.com/acme/_git/deploy', 'https://dev.azure.com/acme deploy/deploy'],
  ['https://dev.azure.com/acme/shop/_git/_optimized/deploy', 'https://dev.azure.com/acme shop/deploy'],
  ['git@ssh.dev.azure.com:v3/acme/shop/deploy', 'https://dev.azure.com/acme shop/deploy'],
  ['ssh://git@ssh.dev.azure.com/v3/acme/my%20shop/deploy', 'https://dev.azure.com/acme my shop/deploy'],
  ['acme@vs-ssh.visualstudio.com:v3/acme/shop/deploy', 'https://dev.azure.com/acme shop/deploy'],
  ['https://acme.visualstudio.com/shop/_git/deploy', 'https://acme.visualstudio.com shop/deploy'],
  ['https://acme.visualstudio.com/_git/deploy', 'https://acme.visualstudio.com deploy/deploy'],
  [
    'https://acme.visualstudio.com/DefaultCollection/shop/_git/deploy',
    'https://acme.visualstudio.com/DefaultCollection shop/deploy',
  ],
  ['https://tfs.example/tfs/Main/shop/_git/deploy', 'https://tfs.example/tfs/Main shop/deploy'],
  ['https://tfs.example/tfs/Main/_git/deploy', 'https://tfs.example/tfs/Main deploy/deploy'],
  ['https://tfs.example:8443/Main/shop/_git/deploy', 'https://tfs.example:8443/Main shop/deploy'],
  ['https://tfs.example/a/b/Main/shop/_git/deploy', 'https://tfs.example/a/b/Main shop/deploy'],
  ['ssh://tfs.example:22/tfs/Main/shop/_ssh/deploy', 'https://tfs.example/tfs/Main shop/deploy'],
  ['https://tfs.example/_git/deploy', undefined],
  ['https://dev.azure.com/acme/shop/deploy', undefined],
  ['https://git.example/v3/acme/shop/deploy', undefined],
] as const) {
  test(`${repoURL} is at ${place ?? 'no place'}`, () => {
    const repository = parseHostedRepository(repoURL);
    const places = repository.ok ? azureDevops.places(repository.value) : [];
    expect(places.map(({ api, path }) => `${api} ${path.join('/')}`)).toEqual(place === undefined ? [] : [place]);
  });
}

for (const [api, identities] of [
  ['https://dev.azure.com/acme', 'https://vssps.dev.azure.com/acme'],
  ['https://acme.visualstudio.com', 'https://vssps.dev.azure.com/acme'],
  ['https://acme.visualstudio.com/DefaultCollection', 'https://vssps.dev.azure.com/acme'],
  ['https://tfs.example/tfs/Main', 'https://tfs.example/tfs/Main'],
] as const) {
  test(`who is who in ${api} is told at ${identities}`, () => {
    expect(identitiesAt(api)).toBe(identities);
  });
}

async function opened() {
  const begun = await begin(azureDevopsDouble);
  const commit = await begun.stage.push(HEAD);
  const { request } = await begun.forge.pullRequests.save(draftOf(), undefined, signal);
  await begun.stage.check(commit, 'passed');
  const { server } = begun.stage;
  if (server === undefined) throw new Error('the double has a server');
  const merge = () => begun.forge.merging.merge(request, commit, 'when-green', signal);
  return { ...begun, commit, request, server, merge };
}

test('a page for signing in is a credential that is not accepted', async () => {
  const { stage, openAs } = await begin(azureDevopsDouble);
  const authorization = { kind: 'basic', username: '', password: 'ended' } as const;
  const forge = await openAs({ ...stage.access, authorization });
  await expect(forge.pullRequests.find(HEAD, 'main', signal)).rejects.toMatchObject({
    code: 'FORGE_UNAUTHORIZED',
    message: expect.stringContaining('203'),
  });
});

for (const [answer, result] of [
  [{ status: 409, json: { typeKey: 'GitPullRequestStaleException', message: 'It moved.' } }, { kind: 'waiting' }],
  [
    { status: 403, json: { typeKey: 'GitPullRequestUpdateRejectedByPolicyException', message: 'No.' } },
    { kind: 'refused', reason: 'No.' },
  ],
] as const) {
  test(`a merge that is answered with ${answer.json.typeKey} is ${result.kind}`, async () => {
    const { server, merge } = await opened();
    server.fail({ method: 'PATCH', answer });
    expect(await merge()).toMatchObject(result);
  });
}

test('a merge that fails behind its order needs a person', async () => {
  const { server, merge, stage, request } = await opened();
  const json = { status: 'active', mergeStatus: 'queued' };
  server.fail({ method: 'PATCH', answer: { status: 200, json } });
  const result = merge();
  await stage.makeConflict(request.id);
  expect(await result).toMatchObject({ kind: 'refused', reason: expect.stringContaining('conflicts') });
});

test('a merge whose answer was lost is not ordered twice', async () => {
  const { server, merge } = await opened();
  server.fail({ method: 'PATCH', answer: 'cut' });
  await expect(merge()).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE' });
  expect(server.seen.filter((one) => one.startsWith('PATCH '))).toHaveLength(1);
});

const BUILD = { id: '0609b952-1397-4640-95ec-e00a01b2c241', displayName: 'Build' };
const REVIEWERS = { id: 'fa4e907d-c16b-4a4c-9dfa-4906e5d171dd', displayName: 'Minimum number of reviewers' };

for (const [what, evaluation, kind] of [
  ['a build that is queued', { status: 'queued', configuration: { isBlocking: true, type: BUILD } }, 'waiting'],
  ['an optional build that runs', { status: 'running', configuration: { isBlocking: false, type: BUILD } }, 'waiting'],
  [
    'an optional build that failed',
    { status: 'rejected', configuration: { isBlocking: false, type: BUILD } },
    'refused',
  ],
  [
    'an optional build that is started by hand',
    { status: 'queued', configuration: { isBlocking: false, type: BUILD, settings: { manualQueueOnly: true } } },
    'merged',
  ],
  [
    'a build that is not about it',
    { status: 'notApplicable', configuration: { isBlocking: true, type: BUILD } },
    'merged',
  ],
  ['missing approvals', { status: 'queued', configuration: { isBlocking: true, type: REVIEWERS } }, 'refused'],
  [
    'missing approvals that need not be',
    { status: 'queued', configuration: { isBlocking: false, type: REVIEWERS } },
    'merged',
  ],
] as const) {
  test(`when green: ${what}, ${kind}`, async () => {
    const { server, request, merge, commit } = await opened();
    const project = { project: { id: '6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c' } };
    const json = { status: 'active', lastMergeSourceCommit: { commitId: commit }, repository: project };
    server.fail({ method: 'GET', answer: { status: 200, json: { ...json, pullRequestId: request.id } } });
    server.fail({ method: 'GET', answer: { status: 200, json: { value: [evaluation] } } });
    expect(await merge()).toMatchObject({ kind });
  });
}

for (const [hasPolicies, canBypass, isProtected] of [
  [true, false, true],
  [true, true, false],
  [true, undefined, undefined],
  [false, false, false],
  [undefined, true, undefined],
] as const) {
  test(`with required policies ${hasPolicies}, and leave to bypass them ${canBypass}: protected ${isProtected}`, () => {
    expect(refusesPushes(hasPolicies, canBypass)).toBe(isProtected);
  });
}

test('an account that is no reviewer of Azure DevOps is remarked upon, one given by id is asked', async () => {
  const { stage, forge } = await begin(azureDevopsDouble);
  await stage.push(HEAD);
  const reviewers = ['10000000-0000-4000-8000-000000616e6e', '10000000-0000-4000-8000-000000000000'];
  const { request, remarks } = await forge.pullRequests.save(draftOf({ reviewers }), undefined, signal);
  expect((await stage.look(request.id)).reviewers).toEqual(['ann']);
  expect(remarks).toEqual([expect.stringContaining('A reviewer is not valid')]);
});
