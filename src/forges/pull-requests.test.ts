import { expect, onTestFinished, test } from 'vitest';
import { draftOf, HEAD, openTestForges } from '../../test/support/forge-suite.ts';
import { FakeRepository } from '../../test/support/forges/fake-repository.ts';
import type { Answer, Route } from '../../test/support/forges/forge-server.ts';
import { startGithub } from '../../test/support/forges/github-double.ts';
import type { PullRequest } from '../ports/forge.ts';

const signal = AbortSignal.timeout(600_000);
const PULLS = '/api/v3/repos/acme/deploy/pulls';

/** GitHub, of which one thing is otherwise. */
async function begin(repository: FakeRepository, route: Route) {
  const server = await startGithub(repository, { routes: [route] });
  const { forges } = openTestForges('none');
  onTestFinished(async () => {
    await forges[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const authorization = { kind: 'bearer', token: 'ghp_writer' } as const;
  const access = { source: 'the Secret argocd/deploy', isInsecure: false, authorization };
  return (await forges.open(`${server.url}/acme/deploy`, 'github', access, signal)).pullRequests;
}

/** Closes a request on a forge that answers so to the order, and on which it is in this state by then. */
async function close(answer: Answer, state: PullRequest['state']): Promise<void> {
  const repository = new FakeRepository();
  const pullRequests = await begin(repository, {
    method: 'PATCH',
    path: `${PULLS}/:id`,
    body: { state: 'string' },
    handle: ({ params }) => {
      Object.assign(repository.request(params['id'] ?? '') ?? {}, { state });
      return answer;
    },
  });
  repository.push(HEAD);
  const { request } = await pullRequests.save(draftOf(), undefined, signal);
  await pullRequests.close(request, 'Nothing to do any more.', signal);
}

const REFUSED = { status: 422, json: { message: 'Validation Failed' } };

for (const state of ['closed', 'merged'] as const) {
  test(`closing what is ${state} in the same moment is fine`, async () => {
    await close(REFUSED, state);
  });
}

test('what a forge does not close, and is open still, is a failure', async () => {
  await expect(close(REFUSED, 'open')).rejects.toMatchObject({ code: 'FORGE_REFUSED' });
});

test('a forge that cannot say what it did has not closed anything', async () => {
  await expect(close({ status: 502 }, 'closed')).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE' });
});

test('a request that has no number is none to work with', async () => {
  const [head, base] = [HEAD, 'main'].map((ref) => ({ ref, repo: { id: 1 } }));
  const pullRequests = await begin(new FakeRepository(), {
    method: 'GET',
    path: PULLS,
    query: ['state', 'head', 'base', 'sort', 'direction', 'per_page'],
    handle: () => ({ status: 200, json: [{ html_url: 'https://git.example.com/1', state: 'open', head, base }] }),
  });
  await expect(pullRequests.find(HEAD, 'main', signal)).rejects.toMatchObject({ code: 'FORGE_INVALID_ANSWER' });
});
