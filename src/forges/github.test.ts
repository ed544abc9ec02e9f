import { describe, expect, onTestFinished, test } from 'vitest';
import { draftOf, HEAD, openTestForges } from '../../test/support/forge-suite.ts';
import { FakeRepository } from '../../test/support/forges/fake-repository.ts';
import { type GithubOptions, startGithub } from '../../test/support/forges/github-double.ts';
import type { ApiCommitDraft } from '../ports/forge.ts';
import type { HttpAccess } from '../ports/git.ts';

const signal = AbortSignal.timeout(600_000);
const TOKEN: HttpAccess['authorization'] = { kind: 'github-app', token: 'ghp_writer' };

async function begin(options: GithubOptions = {}, authorization = TOKEN) {
  const repository = new FakeRepository();
  const server = await startGithub(repository, options);
  const { forges } = openTestForges('none');
  onTestFinished(async () => {
    await forges[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    expect(server.complaints).toEqual([]);
  });
  const access: HttpAccess = { source: 'the Secret argocd/deploy', isInsecure: false, authorization };
  const forge = await forges.open(`${server.url}/acme/deploy`, 'github', access, signal);
  return { repository, server, forge };
}

async function propose(begun: Awaited<ReturnType<typeof begin>>, changes: Parameters<typeof draftOf>[0] = {}) {
  const commit = begun.repository.push(HEAD);
  const saved = await begun.forge.pullRequests.save(draftOf(changes), undefined, signal);
  return { commit, ...saved };
}

test('where drafts are not to be had, a request is opened all the same', async () => {
  const { request, remarks } = await propose(await begin({ hasDrafts: false }), { isDraft: true });
  expect(request).toMatchObject({ isDraft: false, state: 'open' });
  expect(remarks).toEqual([expect.stringContaining('without being a draft')]);
});

test('a team is asked by its name, once', async () => {
  const begun = await begin();
  const { request } = await propose(begun, { reviewers: ['acme/platform'] });
  await begun.forge.pullRequests.save(draftOf({ reviewers: ['acme/platform'] }), request, signal);
  expect(begun.repository.request(request.id)?.reviewers).toEqual(['acme/platform']);
  expect(begun.server.seen.filter((one) => one.endsWith('/requested_reviewers'))).toHaveLength(1);
});

test('who has reviewed is not asked again', async () => {
  const begun = await begin({ reviewed: ['ann'] });
  const { request } = await propose(begun, { reviewers: ['ann', 'bob', 'acme/platform'] });
  expect(begun.repository.request(request.id)?.reviewers).toEqual(['bob']);
});

test('a fork below the same owner is none of ours', async () => {
  const { repository, forge } = await begin({ forksOwner: 'acme' });
  repository.push(HEAD);
  repository.open({ head: HEAD, base: 'main', title: 'Mine', isFromFork: true });
  expect(await forge.pullRequests.find(HEAD, 'main', signal)).toEqual([]);
});

test('requests are looked for by the name that the owner has now', async () => {
  const heads: (string | null)[] = [];
  const repository = { status: 200, json: { owner: { login: 'newco' } } };
  const { forge } = await begin({
    routes: [
      { method: 'GET', path: '/api/v3/repos/acme/deploy', handle: () => repository },
      {
        method: 'GET',
        path: '/api/v3/repos/acme/deploy/pulls',
        query: ['state', 'head', 'base', 'sort', 'direction', 'per_page'],
        handle({ query }) {
          heads.push(query.get('head'));
          return { status: 200, json: [] };
        },
      },
    ],
  });
  expect(await forge.pullRequests.find(HEAD, 'main', signal)).toEqual([]);
  expect(heads).toEqual([`newco:${HEAD}`]);
});

describe('merging', () => {
  for (const [merges, expected] of [
    [{ commit: true, squash: true }, 'merge'],
    [{ commit: false, squash: true }, 'squash'],
    [{ commit: false, squash: false }, 'rebase'],
  ] as const) {
    test(`by ${expected}, which the repository allows`, async () => {
      const begun = await begin({ merges });
      const { request, commit } = await propose(begun);
      begun.repository.check(commit, 'passed');
      expect(await begun.forge.merging.merge(request, commit, 'when-green', signal)).toEqual({ kind: 'merged' });
    });
  }

  test('waits where another merge was faster', async () => {
    const message = 'Base branch was modified. Review and try the merge again.';
    const busy = {
      method: 'PUT',
      path: '/api/v3/repos/acme/deploy/pulls/:id/merge',
      body: { sha: 'string', merge_method: 'string' },
    } as const;
    const begun = await begin({ routes: [{ ...busy, handle: () => ({ status: 405, json: { message } }) }] });
    const { request, commit } = await propose(begun);
    begun.repository.check(commit, 'passed');
    const result = await begun.forge.merging.merge(request, commit, 'when-green', signal);
    expect(result).toEqual({ kind: 'waiting', reason: message });
  });

  test('does not merge again when it was not heard whether it did', async () => {
    const begun = await begin();
    const { request, commit } = await propose(begun);
    begun.repository.check(commit, 'passed');
    begun.server.fail({ method: 'PUT', answer: 'cut' });
    const merge = begun.forge.merging.merge(request, commit, 'when-green', signal);
    await expect(merge).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE' });
    expect(begun.server.seen.filter((one) => one.startsWith('PUT '))).toHaveLength(1);
  });

  for (const [mergeableState, kind, why] of [
    ['blocked', 'refused', 'an approval is missing'],
    ['behind', 'waiting', 'its branch is made anew on the newer base'],
    ['unstable', 'merged', 'a check that failed would have been seen'],
    ['has_hooks', 'merged', 'hooks are no rule'],
  ] as const) {
    test(`${mergeableState} though all checks are green is ${kind}: ${why}`, async () => {
      const begun = await begin({ mergeableState });
      const { request, commit } = await propose(begun);
      begun.repository.check(commit, 'passed');
      const result = await begun.forge.merging.merge(request, commit, 'when-green', signal);
      expect(result).toMatchObject({ kind, ...(mergeableState === 'behind' ? { isOutdated: true } : {}) });
    });
  }

  test('waits until GitHub has looked for conflicts', async () => {
    const begun = await begin({ mergeableState: 'unknown' });
    const { request, commit } = await propose(begun);
    begun.repository.check(commit, 'passed');
    expect(await begun.forge.merging.merge(request, commit, 'when-green', signal)).toMatchObject({ kind: 'waiting' });
  });

  test('by GitHub itself needs the setting of the repository', async () => {
    const begun = await begin({ allowsAutoMerge: false });
    begun.repository.needsChecks = true;
    const { request, commit } = await propose(begun);
    const result = await begun.forge.merging.merge(request, commit, 'forge', signal);
    expect(result).toMatchObject({ kind: 'refused', reason: expect.stringContaining('Allow auto-merge') });
  });
});

describe('rules of a branch', () => {
  const CLASSIC = {
    required_pull_request_reviews: { required_approving_review_count: 1 },
    required_signatures: { enabled: true },
    enforce_admins: { enabled: true },
  };

  for (const [what, options, expected] of [
    ['classic protection, as an administrator', { isAdmin: true, protections: { main: CLASSIC } }, [true, true]],
    [
      'classic protection that spares administrators',
      { isAdmin: true, protections: { main: { ...CLASSIC, enforce_admins: { enabled: false } } } },
      [false, true],
    ],
    ['classic protection, as anybody else', { protections: { main: CLASSIC } }, [undefined, undefined]],
    ['no protection', {}, [false, false]],
  ] as const) {
    test(what, async () => {
      const { forge } = await begin(options);
      const { isProtected, needsSignature } = await forge.branches.rules('main', signal);
      expect([isProtected, needsSignature]).toEqual(expected);
    });
  }

  test('a ruleset that this credential may pass does not bind it', async () => {
    const begun = await begin({ mayBypass: true });
    begun.repository.protections.set('main', { needsSignature: true });
    const rules = await begun.forge.branches.rules('main', signal);
    expect(rules).toMatchObject({ isProtected: false, needsSignature: false });
  });

  for (const [what, status, message, expected] of [
    ['a server without rulesets', 404, 'Not Found', false],
    ['a plan without rulesets', 403, 'Upgrade to GitHub Pro or make this repository public', false],
    ['rulesets that are not told', 403, 'Resource not accessible by integration', undefined],
  ] as const) {
    test(what, async () => {
      const path = '/api/v3/repos/acme/deploy/rules/branches/:branch';
      const handle = () => ({ status, json: { message } });
      const { forge } = await begin({ routes: [{ method: 'GET', path, query: ['per_page'], handle }] });
      const { isProtected, needsSignature } = await forge.branches.rules('main', signal);
      expect([isProtected, needsSignature]).toEqual([expected, expected]);
    });
  }

  test('what an App may do is not told in the way in which the rights of users are', async () => {
    const { forge } = await begin({}, { kind: 'github-app', token: 'ghp_reader' });
    expect(await forge.branches.rules('main', signal)).toMatchObject({ canWrite: undefined });
  });
});

describe('commits through the API', () => {
  const draft = (changes: Partial<ApiCommitDraft>): ApiCommitDraft => ({
    branch: 'main',
    expectedHead: '',
    message: 'Update shop\n\nTiphys-Change: ...\n',
    files: new Map([['apps/shop.yaml', Buffer.from('tag: 1.1.0\n')]]),
    ...changes,
  });

  test('are made on the head that is meant', async () => {
    const { repository, forge } = await begin();
    const expectedHead = repository.branches.get('main') ?? '';
    const made = await forge.commits?.commit(draft({ expectedHead }), signal);
    expect(made).toEqual({ kind: 'committed', commit: repository.branches.get('main') });
    expect(repository.written).toEqual([['Update shop', 'Tiphys-Change: ...', 'apps/shop.yaml=tag: 1.1.0\n']]);
  });

  test('tell when somebody was faster', async () => {
    const { repository, forge } = await begin();
    const expectedHead = repository.branches.get('main') ?? '';
    repository.push('main');
    expect(await forge.commits?.commit(draft({ expectedHead }), signal)).toEqual({ kind: 'raced' });
    expect(repository.written).toEqual([]);
  });

  test('are refused on a protected branch, with the reason', async () => {
    const { repository, forge } = await begin();
    repository.protections.set('main', { needsSignature: false });
    const commit = forge.commits?.commit(draft({ expectedHead: repository.branches.get('main') ?? '' }), signal);
    const message = expect.stringContaining('through a pull request');
    await expect(commit).rejects.toMatchObject({ code: 'FORGE_REFUSED', message });
  });

  test('are not sent when GitHub would not take so much', async () => {
    const { server, forge } = await begin();
    const files = new Map([['big.yaml', new Uint8Array(25 * 1024 * 1024 + 1)]]);
    await expect(forge.commits?.commit(draft({ files }), signal)).rejects.toMatchObject({ code: 'FORGE_REFUSED' });
    expect(server.seen).toEqual([]);
  });

  test('of an empty message have one of their own', async () => {
    const { repository, forge } = await begin();
    const expectedHead = repository.branches.get('main') ?? '';
    await forge.commits?.commit(draft({ expectedHead, message: ' \n' }), signal);
    expect(repository.written).toEqual([['Update container image versions', '', 'apps/shop.yaml=tag: 1.1.0\n']]);
  });
});
