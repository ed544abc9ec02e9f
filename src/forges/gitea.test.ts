import { describe, expect, onTestFinished, test } from 'vitest';
import { draftOf, HEAD, openTestForges } from '../../test/support/forge-suite.ts';
import { FakeRepository } from '../../test/support/forges/fake-repository.ts';
import type { Route } from '../../test/support/forges/forge-server.ts';
import { startGitea } from '../../test/support/forges/gitea-double.ts';
import type { HttpAccess } from '../ports/git.ts';

const signal = AbortSignal.timeout(600_000);
const REPO = '/api/v1/repos/acme/deploy';

async function begin(routes: readonly Route[] = [], repository = new FakeRepository()) {
  const server = await startGitea(repository, routes);
  const { forges } = openTestForges('none');
  onTestFinished(async () => {
    await forges[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    expect(server.complaints).toEqual([]);
  });
  const authorization = { kind: 'bearer', token: 'gitea-token' } as const;
  const access: HttpAccess = { source: 'the Secret argocd/deploy', isInsecure: false, authorization };
  const forge = await forges.open(`${server.url}/acme/deploy`, 'gitea', access, signal);
  return { repository, server, forge };
}

test('of two requests that are opened at once the older one counts, and the other one says nothing', async () => {
  const repository = new FakeRepository();
  const race: Route = {
    method: 'POST',
    path: `${REPO}/pulls`,
    body: { head: 'string', base: 'string', title: 'string', body: 'string?' },
    handle({ body }) {
      const [head, base, title] = [String(body['head']), String(body['base']), String(body['title'])];
      repository.open({ head, base, title: 'from the other process' });
      const { number } = repository.open({ head, base, title, body: String(body['body']) });
      return { status: 201, json: { number, html_url: 'http://git.example/acme/deploy/pulls/2', state: 'open' } };
    },
  };
  const { forge } = await begin([race], repository);
  repository.push(HEAD);
  const { request } = await forge.pullRequests.save(draftOf(), undefined, signal);
  expect(request).toMatchObject({ id: '1', title: 'Update shop to 1.1.0' });
  const [open, closed] = await forge.pullRequests.find(HEAD, 'main', signal);
  expect(open).toMatchObject({ id: '1', state: 'open' });
  expect(closed).toMatchObject({ id: '2', state: 'closed', body: '' });
});

describe('a request that was closed', () => {
  const [opened, closed] = ['2026-05-06T07:08:01Z', '2026-05-06T07:08:09Z'];
  const close = { type: 'close', user: { login: 'tiphys-bot' }, created_at: closed };
  const removal = { ...close, type: 'delete_branch' };
  const byAnn = { user: { login: 'ann' } };
  for (const [what, events, times, isAnswer] of [
    ['by Gitea, which came late to a removal', [close, removal], {}, false],
    ['by Gitea, opened again, and closed by a person', [close, removal, { ...close, ...byAnn }], {}, true],
    ['by a person', [{ ...close, ...byAnn }], {}, true],
    [
      'by a person who then removed the branch',
      [
        { ...close, ...byAnn },
        { ...removal, ...byAnn },
      ],
      {},
      true,
    ],
    ['by a person with the same account', [close], {}, true],
    ['and whose branch was removed later', [close, { ...removal, created_at: '2026-05-06T07:08:12Z' }], {}, true],
    ['long after it was opened', [close, removal], { closed_at: '2026-05-07T07:08:09Z' }, true],
    ['where the timeline is not told', undefined, {}, true],
  ] as const) {
    test(`${what} ${isAnswer ? 'keeps' : 'loses'} the text that makes it an answer`, async () => {
      const repository = new FakeRepository();
      repository.push(HEAD);
      const { number } = repository.open({ head: HEAD, base: 'main', title: 't', body: 'ours', state: 'closed' });
      const json = {
        ...{ number, html_url: 'http://git.example/1', title: 't', body: 'ours', state: 'closed' },
        ...{ user: { login: 'tiphys-bot' }, created_at: opened, closed_at: closed, ...times },
        ...{ head: { label: HEAD, repo_id: 1 }, base: { ref: 'main', repo_id: 1 } },
      };
      const list: Route = {
        method: 'GET',
        path: `${REPO}/pulls`,
        query: ['state', 'base_branch', 'limit', 'page'],
        handle: () => ({ status: 200, json: [json] }),
      };
      const timeline: Route = {
        method: 'GET',
        path: `${REPO}/issues/:id/timeline`,
        handle: () => (events === undefined ? { status: 403, json: {} } : { status: 200, json: events }),
      };
      const { forge } = await begin([list, timeline], repository);
      const [found] = await forge.pullRequests.find(HEAD, 'main', signal);
      expect(found).toMatchObject({ state: 'closed', body: isAnswer ? 'ours' : '' });
    });
  }
});

describe('merging', () => {
  for (const [status, message, kind] of [
    [405, 'Please try again later', 'waiting'],
    [405, 'not ready to merge: not enough approvals', 'refused'],
    [409, 'head out of date', 'waiting'],
    [409, 'PushRejected without remote error message', 'waiting'],
  ] as const) {
    test(`${status} "${message}" is ${kind}`, async () => {
      const body = { Do: 'string', head_commit_id: 'string' } as const;
      const merge = { method: 'POST', path: `${REPO}/pulls/:id/merge`, body };
      const { repository, forge } = await begin([{ ...merge, handle: () => ({ status, json: { message } }) }]);
      const commit = repository.push(HEAD);
      const { request } = await forge.pullRequests.save(draftOf(), undefined, signal);
      repository.check(commit, 'passed');
      const result = await forge.merging.merge(request, commit, 'when-green', signal);
      expect(result).toEqual({ kind, reason: message });
    });
  }

  test('every page of statuses counts: the state that is combined is that of one page', async () => {
    const status: Route = {
      method: 'GET',
      path: `${REPO}/commits/:commit/status`,
      query: ['page', 'limit'],
      handle({ query }) {
        const isLast = query.get('page') === '2';
        const statuses = Array.from({ length: isLast ? 1 : 50 }, () => ({}));
        return { status: 200, json: { state: isLast ? 'failure' : 'success', total_count: 51, statuses } };
      },
    };
    const { repository, forge } = await begin([status]);
    const commit = repository.push(HEAD);
    const { request } = await forge.pullRequests.save(draftOf(), undefined, signal);
    expect(await forge.merging.merge(request, commit, 'when-green', signal)).toMatchObject({ kind: 'refused' });
  });
});
