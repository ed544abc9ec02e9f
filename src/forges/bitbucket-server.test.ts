import { expect, test } from 'vitest';
import { begin, draftOf, HEAD } from '../../test/support/forge-suite.ts';
import { bitbucketServerDouble } from '../../test/support/forges/bitbucket-server-double.ts';
import { matchesBranch } from './bitbucket-server/branch-matcher.ts';
import { refuses } from './bitbucket-server/rules.ts';
import { bitbucketServer } from './bitbucket-server.ts';
import { parseHostedRepository } from './hosted-repository.ts';

const signal = AbortSignal.timeout(600_000);

for (const [repoURL, places] of [
  ['https://git.example/scm/OPS/deploy.git', ['https://git.example OPS/deploy']],
  ['https://git.example:8443/bitbucket/scm/~ann/deploy.git', ['https://git.example:8443/bitbucket ~ann/deploy']],
  ['https://git.example/a/b/scm/OPS/deploy.git', ['https://git.example/a/b OPS/deploy']],
  [
    'ssh://git@git.example:7999/OPS/deploy.git',
    ['https://git.example OPS/deploy', 'https://git.example/bitbucket OPS/deploy'],
  ],
  ['https://git.example/acme/team/deploy.git', []],
] as const) {
  test(`${repoURL} is at ${places.join(' or ') || 'no place'}`, () => {
    const repository = parseHostedRepository(repoURL);
    const found = repository.ok ? bitbucketServer.places(repository.value) : [];
    expect(found.map(({ api, path }) => `${api} ${path.join('/')}`)).toEqual(places);
  });
}

for (const [username, header] of [
  ['x-token-auth', 'Bearer secret'],
  ['tiphys', `Basic ${btoa('tiphys:secret')}`],
] as const) {
  test(`the secret of ${username} goes as ${header.split(' ')[0]}`, () => {
    expect(bitbucketServer.authorization({ kind: 'basic', username, password: 'secret' })).toBe(header);
  });
}

async function opened() {
  const begun = await begin(bitbucketServerDouble);
  const commit = await begun.stage.push(HEAD);
  const { request } = await begun.forge.pullRequests.save(draftOf(), undefined, signal);
  const { server } = begun.stage;
  if (server === undefined) throw new Error('the double has a server');
  return { ...begun, request, commit, server };
}

function refusal(exception: string, more: object = {}) {
  const exceptionName = `com.atlassian.bitbucket.pull.${exception}`;
  return { status: 409, json: { errors: [{ context: null, message: 'No.', exceptionName, ...more }] } };
}

test('gives an order again for the version that somebody else made', async () => {
  const { server, stage, forge, request } = await opened();
  server.fail({ method: 'PUT', answer: refusal('PullRequestOutOfDateException'), times: 2 });
  await forge.pullRequests.save(draftOf({ title: 'Other' }), request, signal);
  server.fail({ method: 'PUT', answer: refusal('PullRequestOutOfDateException'), times: 3 });
  const third = forge.pullRequests.save(draftOf({ title: 'Third' }), request, signal);
  await expect(third).rejects.toMatchObject({ code: 'FORGE_REFUSED' });
  expect(await stage.look(request.id)).toMatchObject({ title: 'Other' });
});

for (const [answer, result] of [
  [refusal('PullRequestOutOfDateException'), { kind: 'waiting', reason: 'No.' }],
  [refusal('PullRequestMergeVetoedException'), { kind: 'refused', reason: 'No.' }],
  [
    refusal('PullRequestMergeVetoedException', { vetoes: [{ summaryMessage: 'Needs 2 approvals' }] }),
    { kind: 'refused', reason: 'Needs 2 approvals' },
  ],
  [
    refusal('PullRequestMergeVetoedException', {
      vetoes: [{ summaryMessage: 'Not all required builds are successful yet', detailedMessage: 'One is missing.' }],
    }),
    { kind: 'waiting', reason: 'One is missing.' },
  ],
] as const) {
  test(`a merge that is answered with ${answer.json.errors[0]?.exceptionName} is ${result.kind}`, async () => {
    const { server, stage, forge, request, commit } = await opened();
    await stage.check(commit, 'passed');
    server.fail({ method: 'POST', answer });
    expect(await forge.merging.merge(request, commit, 'when-green', signal)).toEqual(result);
  });
}

test('a server whose auto-merge is switched off says so', async () => {
  const { server, forge, request, commit } = await opened();
  const message = 'Auto-merge is not enabled for this repository.';
  server.fail({ method: 'POST', answer: { status: 403, json: { errors: [{ message }] } } });
  const result = await forge.merging.merge(request, commit, 'forge', signal);
  expect(result).toEqual({ kind: 'refused', reason: message });
});

test('a server without drafts is remarked upon', async () => {
  const { stage, forge } = await begin(bitbucketServerDouble);
  await stage.push(HEAD);
  const links = { self: [{ href: 'https://git.example/projects/acme/repos/deploy/pull-requests/1' }] };
  const old = {
    id: 1,
    version: 0,
    state: 'OPEN',
    title: 'x',
    toRef: { repository: { id: 7 } },
    author: { user: { name: 'tiphys-bot' } },
    links,
  };
  stage.server?.fail({ method: 'POST', answer: { status: 201, json: old } });
  const { remarks } = await forge.pullRequests.save(draftOf({ isDraft: true }), undefined, signal);
  expect(remarks).toEqual([expect.stringContaining('not as a draft')]);
});

for (const [answer, reviewers, remarks] of [
  [{ status: 200, json: [{ name: 'bob' }, { name: 'tiphys-bot' }] }, ['ann', 'bob'], []],
  [{ status: 401, json: {} }, ['ann'], [expect.stringContaining('without default reviewers')]],
] as const) {
  test(`default reviewers, answered with ${answer.status}: ${reviewers.join(', ')}`, async () => {
    const { forge, stage } = await begin(bitbucketServerDouble);
    await stage.push(HEAD);
    stage.server?.fail({ method: 'GET', answer });
    const saved = await forge.pullRequests.save(draftOf({ reviewers: ['ann'] }), undefined, signal);
    expect((await stage.look(saved.request.id)).reviewers.toSorted()).toEqual(reviewers);
    expect(saved.remarks).toEqual(remarks);
  });
}

test('an order whose answer was lost is not given twice', async () => {
  const { server, stage, forge, request } = await opened();
  server.fail({ method: 'PUT', answer: 'cut' });
  const { request: saved } = await forge.pullRequests.save(draftOf({ title: 'Other' }), request, signal);
  expect(saved.title).toBe('Other');
  expect(await stage.look(request.id)).toMatchObject({ title: 'Other' });
});

for (const [type, id, branch, expected] of [
  ['BRANCH', 'refs/heads/main', 'main', true],
  ['BRANCH', 'refs/heads/main', 'main2', false],
  ['ANY_REF', 'ANY_REF_MATCHER_ID', 'main', true],
  ['MODEL_BRANCH', 'production', 'main', undefined],
  ['PATTERN', 'main', 'main', true],
  ['PATTERN', 'main', 'old/main', true],
  ['PATTERN', 'release-*', 'team/release-1', true],
  ['PATTERN', 'release-*', 'release-1/2', false],
  ['PATTERN', 'heads/**/1.?', 'release/team/1.0', true],
  ['PATTERN', 'release/', 'release/team/1.0', true],
  ['PATTERN', 'a.c', 'abc', false],
  // Where expressions go back and try again this takes years.
  ['PATTERN', 'a*'.repeat(30), `${'a'.repeat(200)}/`, false],
] as const) {
  test(`${type} ${id} is ${expected ?? 'perhaps '} about ${branch}`, () => {
    expect(matchesBranch({ id, type: { id: type } }, branch)).toBe(expected);
  });
}

for (const [who, exceptions, expected] of [
  ['nobody', { users: [], groups: [] }, true],
  ['us', { users: [{ name: 'bot@example.com' }], groups: [] }, false],
  ['somebody else', { users: [{ name: 'ann' }], groups: [] }, true],
  ['a group', { users: [], groups: ['deployers'] }, undefined],
] as const) {
  test(`a restriction that excepts ${who} ${expected ?? 'perhaps '} refuses us`, () => {
    const restriction = { matcher: { id: 'ANY', type: { id: 'ANY_REF' } }, ...exceptions };
    expect(refuses(restriction, 'main', 'bot%40example.com')).toBe(expected);
  });
}
