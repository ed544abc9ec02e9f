import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DEFAULT_LIMITS, OpenForges } from '../../src/forges/open-forges.ts';
import type { Forge, MergeResult, PullRequest, PullRequestDraft } from '../../src/ports/forge.ts';
import type { HttpAccess } from '../../src/ports/git.ts';
import type { ForgeStage, ForgeUnderTest } from './forge-stage.ts';

export const HEAD = 'tiphys/shop-1a2b3c4d';
// Never over: files that are tested in one process share this module, and a test has its own limit.
const { signal } = new AbortController();

/** What opens forges in tests, and what it waited for instead of sleeping. */
export interface TestForges {
  readonly forges: OpenForges;
  readonly slept: number[];
  /** Moves the clock. */
  pass(ms: number): void;
}

export function openTestForges(pauses: ForgeUnderTest['pauses']): TestForges {
  const slept: number[] = [];
  let aheadMs = 0;
  const sleep = async (ms: number) => {
    slept.push(ms);
    if (pauses === 'none') await setImmediate();
    else await new Promise((resolve) => setTimeout(resolve, ms));
  };
  const around = { now: () => Date.now() + aheadMs, sleep, random: () => 0.5 };
  const limits = { ...DEFAULT_LIMITS, connections: 2 };
  return { forges: new OpenForges({ around, limits }), slept, pass: (ms) => (aheadMs += ms) };
}

export function draftOf(changes: Partial<PullRequestDraft> = {}): PullRequestDraft {
  return {
    head: HEAD,
    base: 'main',
    title: 'Update shop to 1.1.0',
    body: '| image | from | to |\n| --- | --- | --- |\n| acme/shop | 1.0.0 | 1.1.0 |',
    labels: [],
    reviewers: [],
    assignees: [],
    isDraft: false,
    ...changes,
  };
}

/** A stage with its forge opened, both gone when the test ends. Whatever a strict double disliked fails the test. */
export async function begin({ kind, start, pauses }: ForgeUnderTest) {
  const stage = await start();
  const { forges, slept, pass } = openTestForges(pauses);
  onTestFinished(async () => {
    await forges[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
    expect(stage.server?.complaints ?? []).toEqual([]);
  });
  const openAs = (access: HttpAccess, repoURL = stage.repoURL) => forges.open(repoURL, kind, access, signal);
  return { stage, openAs, slept, pass, forge: await openAs(stage.access) };
}

async function propose(stage: ForgeStage, forge: Forge, changes: Partial<PullRequestDraft> = {}) {
  const draft = draftOf(changes);
  const commit = await stage.push(draft.head);
  const { request, remarks } = await forge.pullRequests.save(draft, undefined, signal);
  return { draft, commit, request, remarks };
}

function findIn(forge: Forge, base = 'main'): Promise<readonly PullRequest[]> {
  return forge.pullRequests.find(HEAD, base, signal);
}

/** One suite for every forge: doubles and real ones. */
export function forgeSuite(forgeUnderTest: ForgeUnderTest): void {
  describe(`${forgeUnderTest.kind}: pull requests`, () => pullRequestTests(forgeUnderTest));
  describe(`${forgeUnderTest.kind}: merging`, () => mergingTests(forgeUnderTest));
  describe(`${forgeUnderTest.kind}: branches`, () => branchTests(forgeUnderTest));
}

/** A test of what only some forges have. */
function testIf(isThere: boolean): (name: string, run: () => Promise<void>) => void {
  return isThere ? (name, run) => test(name, run) : () => {};
}

function pullRequestTests(under: ForgeUnderTest): void {
  const { features } = under;

  test('finds none where there is none', async () => {
    const { stage, forge } = await begin(under);
    await stage.push(HEAD);
    expect(await findIn(forge)).toEqual([]);
  });

  test('opens a request, and finds it', async () => {
    const { stage, forge } = await begin(under);
    const { draft, commit, request, remarks } = await propose(stage, forge);
    expect(remarks).toEqual([]);
    expect(request).toMatchObject({ state: 'open', title: draft.title, body: draft.body, isDraft: false });
    expect(request).toMatchObject({ head: HEAD, base: 'main', headCommit: commit });
    expect(request.url).toMatch(/^https?:\/\/.+\/acme\/.*deploy.*\d/);
    expect(await findIn(forge)).toEqual([request]);
    expect(await stage.look(request.id)).toMatchObject({ title: draft.title, body: draft.body, state: 'open' });
  });

  test('goes into a base branch with a slash', async () => {
    const { stage, forge } = await begin(under);
    const { request } = await propose(stage, forge, { base: 'release/1.0' });
    expect(await findIn(forge, 'release/1.0')).toEqual([request]);
    expect(await findIn(forge, 'main')).toEqual([]);
  });

  test('brings title and body up to date, and sees the new head', async () => {
    const { stage, forge } = await begin(under);
    const { request } = await propose(stage, forge);
    const commit = await stage.push(HEAD);
    const draft = draftOf({ title: 'Update shop to 1.2.0', body: 'Another <b>one</b> & "more"' });
    const saved = await forge.pullRequests.save(draft, request, signal);
    expect(saved.request).toMatchObject({ id: request.id, title: draft.title, body: draft.body });
    expect(await findIn(forge)).toMatchObject([{ id: request.id, title: draft.title, headCommit: commit }]);
  });

  test('changes nothing where nothing has changed', async () => {
    const { stage, forge } = await begin(under);
    const wanted = { labels: features.labels ? ['ci'] : [], reviewers: ['ann'] };
    const { draft, request } = await propose(stage, forge, wanted);
    const before = stage.server?.seen.length ?? 0;
    expect((await forge.pullRequests.save(draft, request, signal)).request.id).toBe(request.id);
    const after = stage.server?.seen.slice(before) ?? [];
    expect(after.filter((one) => !one.startsWith('GET '))).toEqual([]);
  });

  test('whoever opens one that is open already is given that', async () => {
    const { stage, forge } = await begin(under);
    const { request } = await propose(stage, forge);
    const again = await forge.pullRequests.save(draftOf({ title: 'Update shop to 1.3.0' }), undefined, signal);
    expect(again.request).toMatchObject({ id: request.id, title: 'Update shop to 1.3.0', state: 'open' });
    expect(await findIn(forge)).toHaveLength(1);
  });

  test('two that open it at once are given the same one', async () => {
    const { stage, openAs, forge } = await begin(under);
    const other = await openAs(stage.access);
    await stage.push(HEAD);
    const saves = [forge, other].map((one) => one.pullRequests.save(draftOf(), undefined, signal));
    const ids = new Set((await Promise.all(saves)).map(({ request }) => request.id));
    expect(ids.size).toBe(1);
  });

  test('closes with a comment, once', async () => {
    const { stage, forge } = await begin(under);
    const { request } = await propose(stage, forge);
    await forge.pullRequests.close(request, 'Superseded by 1.2.0.', signal);
    await forge.pullRequests.close(request, 'Superseded by 1.2.0.', signal);
    expect(await stage.look(request.id)).toMatchObject({ state: 'closed', comments: ['Superseded by 1.2.0.'] });
    expect(await findIn(forge)).toMatchObject([{ id: request.id, state: 'closed' }]);
  });

  test('finds what a person closed, with its body, behind the open one', async () => {
    const { stage, forge } = await begin(under);
    const first = await propose(stage, forge, { body: 'not this version' });
    await stage.close(first.request.id);
    expect(await findIn(forge)).toMatchObject([{ id: first.request.id, state: 'closed', body: 'not this version' }]);
    const second = await propose(stage, forge);
    expect(second.request.id).not.toBe(first.request.id);
    expect(await findIn(forge)).toMatchObject([
      { id: second.request.id, state: 'open' },
      { id: first.request.id, state: 'closed' },
    ]);
  });

  testIf(features.reopening)('finds what a person reopened', async () => {
    const { stage, forge } = await begin(under);
    const { request } = await propose(stage, forge);
    await stage.close(request.id);
    await stage.reopen(request.id);
    expect(await findIn(forge)).toMatchObject([{ id: request.id, state: 'open' }]);
  });

  test('finds what a person merged, and leaves it alone', async () => {
    const { stage, forge } = await begin(under);
    const { request } = await propose(stage, forge);
    await stage.merge(request.id);
    expect(await findIn(forge)).toMatchObject([{ id: request.id, state: 'merged' }]);
    await forge.pullRequests.close(request, 'too late', signal);
    expect(await stage.look(request.id)).toMatchObject({ state: 'merged', comments: [] });
  });

  test('finds its own one among many others', async () => {
    const { stage, forge } = await begin(under);
    const { request } = await propose(stage, forge);
    await stage.fill(60);
    expect(await findIn(forge)).toMatchObject([{ id: request.id }]);
  });

  test('takes no request from a fork for its own', async () => {
    const { stage, forge } = await begin(under);
    await stage.push(HEAD);
    await stage.proposeFromFork(HEAD, 'main');
    expect(await findIn(forge)).toEqual([]);
    const { request } = await forge.pullRequests.save(draftOf(), undefined, signal);
    expect(await findIn(forge)).toMatchObject([{ id: request.id }]);
  });

  testIf(features.labels)('adds labels, making those that are missing, and takes none away', async () => {
    const { stage, forge } = await begin(under);
    const { request, remarks } = await propose(stage, forge, { labels: ['ci', 'images: new'] });
    expect(remarks).toEqual([]);
    expect((await stage.look(request.id)).labels.toSorted()).toEqual(['ci', 'images: new']);
    await forge.pullRequests.save(draftOf({ labels: ['third'] }), request, signal);
    expect((await stage.look(request.id)).labels.toSorted()).toEqual(['ci', 'images: new', 'third']);
  });

  testIf(features.labels && features.labelRights)('goes on without a label that it may not make', async () => {
    const { stage, forge } = await begin(under);
    await stage.forbidNewLabels();
    const { request, remarks } = await propose(stage, forge, { labels: ['ci', 'new'] });
    expect((await stage.look(request.id)).labels).toEqual(['ci']);
    expect(remarks).toEqual([expect.stringContaining('without the label new')]);
  });

  test('asks for reviews, and adds to them', async () => {
    const { stage, forge } = await begin(under);
    const { request, remarks } = await propose(stage, forge, { reviewers: ['ann'] });
    expect(remarks).toEqual([]);
    await forge.pullRequests.save(draftOf({ reviewers: ['ann', 'bob'] }), request, signal);
    expect((await stage.look(request.id)).reviewers.toSorted()).toEqual(['ann', 'bob']);
  });

  test('goes on without a reviewer that is unknown', async () => {
    const { stage, forge } = await begin(under);
    const { request, remarks } = await propose(stage, forge, { reviewers: ['nobody', 'ann'] });
    expect((await stage.look(request.id)).reviewers).toEqual(['ann']);
    expect(remarks).toEqual([expect.stringContaining('without the reviewer nobody')]);
  });

  testIf(features.assignees)('assigns whom it can, beside those who are assigned', async () => {
    const { stage, forge } = await begin(under);
    const { request, remarks } = await propose(stage, forge, { assignees: ['ann', 'nobody'] });
    expect(remarks).toEqual([expect.stringContaining('without the assignee nobody')]);
    expect((await stage.look(request.id)).assignees).toEqual(['ann']);
    await forge.pullRequests.save(draftOf({ assignees: ['bob'] }), request, signal);
    expect(await stage.look(request.id)).toMatchObject({ state: 'open' });
    expect((await stage.look(request.id)).assignees).toContain('bob');
  });

  for (const [things, has] of [
    ['labels', features.labels],
    ['assignees', features.assignees],
  ] as const) {
    testIf(!has)(`says that the forge has no ${things}`, async () => {
      const { stage, forge } = await begin(under);
      const { request, remarks } = await propose(stage, forge, { [things]: ['ci', 'ann'] });
      expect(remarks).toEqual([expect.stringMatching(/^without ci, ann: .+ has no /)]);
      expect(await stage.look(request.id)).toMatchObject({ state: 'open', [things]: [] });
    });
  }

  test('finds a long body whole', async () => {
    const { stage, forge } = await begin(under);
    const body = 'A line of the table that says what moves.\n'.repeat(90).trim();
    await propose(stage, forge, { body });
    expect((await findIn(forge)).map((request) => request.body)).toEqual([body]);
  });

  testIf(features.drafts)('opens a draft, which stays one when it is brought up to date', async () => {
    const { stage, forge } = await begin(under);
    const { request, commit } = await propose(stage, forge, { isDraft: true });
    expect(request).toMatchObject({ isDraft: true, title: 'Update shop to 1.1.0' });
    const changed = draftOf({ title: 'Update shop to 1.2.0', isDraft: true });
    const { request: saved } = await forge.pullRequests.save(changed, request, signal);
    expect(saved).toMatchObject({ isDraft: true, title: 'Update shop to 1.2.0' });
    await stage.check(commit, 'passed');
    expect(await forge.merging.merge(saved, commit, 'when-green', signal)).toMatchObject({ kind: 'refused' });
  });

  test('a credential that only reads is told so', async () => {
    const { stage, openAs } = await begin(under);
    await stage.push(HEAD);
    const forge = await openAs(stage.reader);
    await expect(forge.pullRequests.save(draftOf(), undefined, signal)).rejects.toMatchObject({
      code: expect.stringMatching(/^FORGE_(?:UNAUTHORIZED|NOT_FOUND)$/),
      message: expect.stringContaining(stage.reader.source),
    });
  });

  test('a repository that is not there is told so', async () => {
    const { stage, openAs } = await begin(under);
    const forge = await openAs(stage.access, stage.absentURL);
    await expect(findIn(forge)).rejects.toMatchObject({ code: 'FORGE_NOT_FOUND' });
  });
}

function mergingTests(under: ForgeUnderTest): void {
  const { features } = under;

  for (const [state, kind] of [
    [undefined, 'waiting'],
    ['pending', 'waiting'],
    ['failed', 'refused'],
    ['passed', 'merged'],
  ] as const) {
    test(`when green: ${state ?? 'no'} checks, ${kind}`, async () => {
      const { stage, forge } = await begin(under);
      const { request, commit } = await propose(stage, forge);
      if (state !== undefined) await stage.check(commit, state);
      const result = await forge.merging.merge(request, commit, 'when-green', signal);
      expect(result).toMatchObject({ kind });
      expect(await stage.look(request.id)).toMatchObject({ state: kind === 'merged' ? 'merged' : 'open' });
    });
  }

  test('what is merged is merged', async () => {
    const { stage, forge } = await begin(under);
    const { request, commit } = await propose(stage, forge);
    await stage.merge(request.id);
    expect(await forge.merging.merge(request, commit, 'when-green', signal)).toEqual({ kind: 'merged' });
    expect(await forge.merging.merge(request, commit, 'forge', signal)).toEqual({ kind: 'merged' });
  });

  test('what a person closed is not merged', async () => {
    const { stage, forge } = await begin(under);
    const { request, commit } = await propose(stage, forge);
    await stage.check(commit, 'passed');
    await stage.close(request.id);
    expect(await forge.merging.merge(request, commit, 'when-green', signal)).toMatchObject({ kind: 'refused' });
    expect(await stage.look(request.id)).toMatchObject({ state: 'closed' });
  });

  for (const how of ['when-green', 'forge'] as const) {
    test(`${how}: merges no other commit than the one that was meant`, async () => {
      const { stage, forge } = await begin(under);
      const { request, commit } = await propose(stage, forge);
      const other = await stage.push(HEAD);
      await stage.check(other, 'passed');
      expect(await forge.merging.merge(request, commit, how, signal)).toMatchObject({ kind: 'waiting' });
      expect(await stage.look(request.id)).toMatchObject({ state: 'open' });
    });

    test(`${how}: conflicts need a person`, async () => {
      const { stage, forge } = await begin(under);
      const { request } = await propose(stage, forge);
      await stage.makeConflict(request.id);
      const [present] = await findIn(forge);
      const commit = present?.headCommit ?? '';
      await stage.check(commit, 'passed');
      expect(await forge.merging.merge(request, commit, how, signal)).toMatchObject({ kind: 'refused' });
    });
  }

  testIf(features.autoMerge)('forge: merges by itself once checks have passed', async () => {
    const { stage, forge } = await begin(under);
    await stage.needChecks();
    const { request, commit } = await propose(stage, forge);
    await stage.check(commit, 'pending');
    const first = await forge.merging.merge(request, commit, 'forge', signal);
    expect(first).toEqual({ kind: 'scheduled' });
    expect(await stage.look(request.id)).toMatchObject({ state: 'open' });
    expect(await forge.merging.merge(request, commit, 'forge', signal)).toEqual({ kind: 'scheduled' });
    await stage.check(commit, 'passed');
    await expect.poll(async () => (await stage.look(request.id)).state).toBe('merged');
  });

  testIf(features.autoMerge)('forge: merges at once where its rules are met', async () => {
    const { stage, forge } = await begin(under);
    const { request, commit } = await propose(stage, forge);
    await stage.check(commit, 'passed');
    const result: MergeResult = await forge.merging.merge(request, commit, 'forge', signal);
    expect(['merged', 'scheduled']).toContain(result.kind);
    await expect.poll(async () => (await stage.look(request.id)).state).toBe('merged');
  });

  testIf(!features.autoMerge)('forge: says that the forge cannot', async () => {
    const { stage, forge } = await begin(under);
    const { request, commit } = await propose(stage, forge);
    await stage.check(commit, 'pending');
    expect(await forge.merging.merge(request, commit, 'forge', signal)).toMatchObject({ kind: 'refused' });
  });
}

function branchTests(under: ForgeUnderTest): void {
  const { features } = under;

  test('a branch without rules', async () => {
    const { forge } = await begin(under);
    const rules = await forge.branches.rules('main', signal);
    expect(rules).toMatchObject({ canWrite: true, isProtected: false });
    expect(rules.needsSignature).toBe(features.signatures ? false : rules.needsSignature);
  });

  test('a protected branch with a slash in its name', async () => {
    const { stage, forge } = await begin(under);
    await stage.protect('release/1.0', { needsSignature: false });
    const rules = await forge.branches.rules('release/1.0', signal);
    expect(rules).toMatchObject({ canWrite: true, isProtected: true });
    if (features.signatures) expect(rules.needsSignature).toBe(false);
  });

  testIf(features.signatures)('a branch that wants signed commits', async () => {
    const { stage, forge } = await begin(under);
    await stage.protect('main', { needsSignature: true });
    expect(await forge.branches.rules('main', signal)).toMatchObject({ needsSignature: true });
  });

  test('a credential that only reads may not write', async () => {
    const { stage, openAs } = await begin(under);
    const forge = await openAs(stage.reader);
    expect(await forge.branches.rules('main', signal)).toMatchObject({ canWrite: false });
  });
}
