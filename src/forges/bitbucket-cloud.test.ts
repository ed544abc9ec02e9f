import { expect, test } from 'vitest';
import { begin, draftOf, HEAD } from '../../test/support/forge-suite.ts';
import { bitbucketCloudDouble } from '../../test/support/forges/bitbucket-cloud-double.ts';
import { bitbucketCloud } from './bitbucket-cloud.ts';
import { parseHostedRepository } from './hosted-repository.ts';

const signal = AbortSignal.timeout(600_000);

for (const [repoURL, path] of [
  ['https://bitbucket.org/acme/deploy.git', ['acme', 'deploy']],
  ['git@bitbucket.org:acme/deploy.git', ['acme', 'deploy']],
  ['ssh://git@altssh.bitbucket.org:443/acme/deploy.git', ['acme', 'deploy']],
  ['https://bitbucket.org/acme/deploy/src', undefined],
  ['https://git.example/acme/deploy.git', undefined],
] as const) {
  test(`${repoURL} is ${path?.join('/') ?? 'none of its'}`, () => {
    const repository = parseHostedRepository(repoURL);
    const places = repository.ok ? bitbucketCloud.places(repository.value) : undefined;
    expect(places).toEqual(path === undefined ? [] : [{ api: 'https://api.bitbucket.org/2.0', path }]);
  });
}

for (const [username, header] of [
  ['x-token-auth', 'Bearer secret'],
  ['x-bitbucket-api-token-auth', 'Bearer secret'],
  ['bot@example.com', `Basic ${btoa('bot@example.com:secret')}`],
] as const) {
  test(`the token of ${username} goes as ${header.split(' ')[0]}`, () => {
    expect(bitbucketCloud.authorization({ kind: 'basic', username, password: 'secret' })).toBe(header);
  });
}

async function opened() {
  const begun = await begin(bitbucketCloudDouble);
  const commit = await begun.stage.push(HEAD);
  const { request } = await begun.forge.pullRequests.save(draftOf(), undefined, signal);
  await begun.stage.check(commit, 'passed');
  const merge = () => begun.forge.merging.merge(request, commit, 'when-green', signal);
  return { ...begun, request, merge, server: begun.stage.server };
}

for (const [answer, result] of [
  [{ status: 202 }, { kind: 'waiting', reason: expect.stringContaining('still merging') }],
  [
    { status: 409, json: { error: { message: 'the ref changed' } } },
    { kind: 'waiting', reason: 'the ref changed' },
  ],
  [
    { status: 400, json: { error: { message: '2 approvals' } } },
    { kind: 'refused', reason: '2 approvals' },
  ],
] as const) {
  test(`a merge that is answered with ${answer.status} is ${result.kind}`, async () => {
    const { server, merge } = await opened();
    server?.fail({ method: 'POST', answer });
    expect(await merge()).toEqual(result);
  });
}

test('a merge that goes on is waited for', async () => {
  const { server, stage, request, merge } = await opened();
  server?.fail({ method: 'POST', answer: { status: 202 } });
  const result = merge();
  await stage.merge(request.id);
  expect(await result).toEqual({ kind: 'merged' });
});

for (const [json, reason] of [
  [
    { message: 'Lacks scopes.', detail: { required: ['pullrequest'], granted: [] } },
    /403: Lacks scopes\.; required pullrequest;/,
  ],
  [{ message: 'Bad request', detail: 'There are no changes.' }, /Bad request; There are no changes\./],
  [{ message: 'Bad request', fields: { title: ['is long'] } }, /Bad request; title is long/],
] as const) {
  test(`says of ${JSON.stringify(json)} what helps`, async () => {
    const { server, merge } = await opened();
    server?.fail({ answer: { status: 403, json: { type: 'error', error: json } } });
    await expect(merge()).rejects.toMatchObject({ code: 'FORGE_UNAUTHORIZED', message: expect.stringMatching(reason) });
  });
}

test('shows no half of a secret where a reason is cut', async () => {
  const { server, stage, merge } = await opened();
  const { authorization } = stage.access;
  const secret = authorization.kind === 'basic' ? authorization.password : '';
  server?.fail({ answer: { status: 403, json: { error: { message: `${'x'.repeat(290)} ${secret}` } } } });
  const failure = await merge().then(String, String);
  expect(failure).toContain('xxx');
  expect(failure).not.toContain(secret.slice(0, 4));
});

test('a next page on another host is not asked for', async () => {
  const { server, merge, request } = await opened();
  const source = { commit: { hash: request.headCommit.slice(0, 12) } };
  server?.fail({ answer: { status: 200, json: { state: 'OPEN', source } } });
  server?.fail({ answer: { status: 200, json: { values: [], next: 'https://elsewhere.example/2.0/statuses' } } });
  await expect(merge()).rejects.toMatchObject({ code: 'FORGE_INVALID_ANSWER' });
});

for (const [name, isFound] of [
  ['557058:ann', true],
  ['The user Ann', true],
  ['{00000000-0000-4000-8000-000000616e6e}', true],
  ['{00000000-0000-4000-8000-00006e6f6e65}', false],
  ['The user', false],
] as const) {
  test(`the reviewer ${name} is ${isFound ? 'ann' : 'nobody'}`, async () => {
    const { forge, stage } = await begin(bitbucketCloudDouble);
    await stage.push(HEAD);
    const { request, remarks } = await forge.pullRequests.save(draftOf({ reviewers: [name] }), undefined, signal);
    expect((await stage.look(request.id)).reviewers).toEqual(isFound ? ['ann'] : []);
    expect(remarks).toHaveLength(isFound ? 0 : 1);
  });
}

for (const [answer, reviewers, remarks] of [
  [
    { status: 200, json: { values: [{ user: { uuid: '{00000000-0000-4000-8000-000000626f62}' } }] } },
    ['ann', 'bob'],
    [],
  ],
  [{ status: 403, json: {} }, ['ann'], [expect.stringContaining('without default reviewers')]],
] as const) {
  test(`default reviewers, answered with ${answer.status}: ${reviewers.join(', ')}`, async () => {
    const { forge, stage } = await begin(bitbucketCloudDouble);
    await stage.push(HEAD);
    stage.server?.fail({ method: 'GET', answer });
    const saved = await forge.pullRequests.save(draftOf({ reviewers: ['ann'] }), undefined, signal);
    expect((await stage.look(saved.request.id)).reviewers.toSorted()).toEqual(reviewers);
    expect(saved.remarks).toEqual(remarks);
  });
}

for (const [pattern, isProtected] of [
  ['release/*', true],
  ['*', true],
  ['rel*0', true],
  ['release', false],
  ['release/1?0', false],
] as const) {
  test(`release/1.0 is ${isProtected ? '' : 'not '}protected by ${pattern}`, async () => {
    const { forge, stage } = await begin(bitbucketCloudDouble);
    await stage.protect(pattern, { needsSignature: false });
    expect(await forge.branches.rules('release/1.0', signal)).toMatchObject({ isProtected });
  });
}

test('a pattern that would take years where expressions go back and try again is read at once', async () => {
  const { forge, stage } = await begin(bitbucketCloudDouble);
  await stage.protect(`${'a*'.repeat(30)}b`, { needsSignature: false });
  expect(await forge.branches.rules('a'.repeat(200), signal)).toMatchObject({ isProtected: false });
});
