import { describe, expect, onTestFinished, test } from 'vitest';
import { draftOf, HEAD, openTestForges } from '../../test/support/forge-suite.ts';
import { FakeRepository } from '../../test/support/forges/fake-repository.ts';
import { type GitlabOptions, startGitlab } from '../../test/support/forges/gitlab-double.ts';
import type { HttpAccess } from '../ports/git.ts';

const signal = AbortSignal.timeout(600_000);
const PROJECT = '/api/v4/projects/:project';

async function begin(options: GitlabOptions = {}) {
  const repository = new FakeRepository();
  const server = await startGitlab(repository, options);
  const { forges } = openTestForges('none');
  onTestFinished(async () => {
    await forges[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    expect(server.complaints).toEqual([]);
  });
  const authorization = { kind: 'bearer', token: 'glpat-writer' } as const;
  const access: HttpAccess = { source: 'the Secret argocd/deploy', isInsecure: false, authorization };
  const forge = await forges.open(`${server.url}/acme/team/deploy`, 'gitlab', access, signal);
  return { repository, server, forge };
}

async function propose({ repository, forge }: Awaited<ReturnType<typeof begin>>, changes = {}) {
  const commit = repository.push(HEAD);
  const saved = await forge.pullRequests.save(draftOf(changes), undefined, signal);
  return { commit, ...saved };
}

test('what an edition does not take is a remark', async () => {
  const begun = await begin({ isFree: true });
  const { request, remarks } = await propose(begun, { reviewers: ['ann', 'bob'] });
  expect(begun.repository.request(request.id)?.reviewers).toEqual(['ann']);
  expect(remarks).toEqual([expect.stringContaining('without the reviewer bob')]);
});

test('a label with a comma is a remark, and makes no two labels', async () => {
  const begun = await begin();
  const { request, remarks } = await propose(begun, { labels: ['a,b', 'ci'] });
  expect(begun.repository.request(request.id)?.labels).toEqual(['ci']);
  expect(remarks).toEqual([expect.stringContaining('without the label a,b')]);
});

for (const [title, isDraft, shown] of [
  ['Draft: Update', true, 'Update'],
  ['[Draft] Update', true, 'Update'],
  ['(draft) Update', true, 'Update'],
  ['Drafts: Update', false, 'Drafts: Update'],
] as const) {
  test(`"${title}" ${isDraft ? 'is a draft' : 'is no draft'}`, async () => {
    const { repository, forge } = await begin();
    repository.push(HEAD);
    repository.open({ head: HEAD, base: 'main', title, isDraft });
    expect(await forge.pullRequests.find(HEAD, 'main', signal)).toMatchObject([{ title: shown, isDraft }]);
  });
}

test('a draft keeps its title within what GitLab takes', async () => {
  const begun = await begin();
  const { request } = await propose(begun, { title: 'x'.repeat(255), isDraft: true });
  expect(begun.repository.request(request.id)?.title).toHaveLength(255);
});

describe('merging when green', () => {
  for (const [mergeStatus, kind] of [
    ['mergeable', 'merged'],
    ['checking', 'waiting'],
    ['unchecked', 'waiting'],
    ['preparing', 'waiting'],
    ['ci_still_running', 'waiting'],
    ['need_rebase', 'waiting'],
    ['external_status_checks', 'waiting'],
    ['conflict', 'refused'],
    ['not_approved', 'refused'],
    ['discussions_not_resolved', 'refused'],
    ['some_status_of_tomorrow', 'refused'],
  ] as const) {
    test(`${mergeStatus} is ${kind}`, async () => {
      const begun = await begin({ mergeStatus });
      const { request, commit } = await propose(begun);
      begun.repository.check(commit, 'passed');
      expect(await begun.forge.merging.merge(request, commit, 'when-green', signal)).toMatchObject({ kind });
    });
  }

  for (const [pipeline, kind, why] of [
    [{ status: 'success', sha: 'another', source: 'push' }, 'waiting', 'it ran on another commit'],
    [
      { status: 'success', sha: 'merged result', source: 'merge_request_event' },
      'merged',
      'it ran on the merged result',
    ],
    [
      { status: 'manual', sha: 'merged result', source: 'merge_request_event' },
      'waiting',
      'somebody has to start a job',
    ],
    [{ status: 'canceled', sha: 'merged result', source: 'merge_request_event' }, 'refused', 'it was stopped'],
  ] as const) {
    test(`a pipeline that is ${pipeline.status}: ${kind}, for ${why}`, async () => {
      const begun = await begin({ pipeline });
      const { request, commit } = await propose(begun);
      expect(await begun.forge.merging.merge(request, commit, 'when-green', signal)).toMatchObject({ kind });
    });
  }
});

describe('what GitLab answers to a merge', () => {
  for (const [status, how, mergeStatus, kind] of [
    [405, 'when-green', 'mergeable', 'waiting'],
    [405, 'forge', 'not_approved', 'refused'],
    [406, 'when-green', 'mergeable', 'refused'],
    [409, 'when-green', 'mergeable', 'waiting'],
    [422, 'when-green', 'mergeable', 'refused'],
  ] as const) {
    test(`${status}, ${how}, ${mergeStatus}: ${kind}`, async () => {
      const merge = { method: 'PUT', path: `${PROJECT}/merge_requests/:id/merge` };
      const body = { sha: 'string', auto_merge: 'boolean?', merge_when_pipeline_succeeds: 'boolean?' } as const;
      const handle = () => ({ status, json: { message: 'Branch cannot be merged' } });
      const begun = await begin({ mergeStatus, routes: [{ ...merge, body, handle }] });
      const { request, commit } = await propose(begun);
      begun.repository.check(commit, 'passed');
      expect(await begun.forge.merging.merge(request, commit, how, signal)).toMatchObject({ kind });
    });
  }
});

for (const [what, answer, expected] of [
  ['an edition without push rules', { status: 404, json: { error: '404 Not Found' } }, false],
  ['rules that this credential may not read', { status: 403, json: { message: '403 Forbidden' } }, undefined],
  ['no rules', { status: 200, json: null }, false],
] as const) {
  test(`${what}: ${expected === undefined ? 'it is not known' : 'nothing'} is said of signatures`, async () => {
    const { forge } = await begin({ routes: [{ method: 'GET', path: `${PROJECT}/push_rule`, handle: () => answer }] });
    expect((await forge.branches.rules('main', signal)).needsSignature).toBe(expected);
  });
}
