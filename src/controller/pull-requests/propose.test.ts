import { describe, expect, test } from 'vitest';
import { kustomization, openProposalLab, type ProposalLab } from '../../../test/support/proposal-lab.ts';
import { digestOf } from '../../core/digest.ts';
import { Failure } from '../../core/failure.ts';
import { parseMarker } from '../../core/pull-requests/pull-request-marker.ts';
import type { CycleReport } from '../../core/report.ts';

/** Every item in one line: "shop update 1.1.0", "shop held rejected". */
function items({ items: all }: CycleReport): readonly string[] {
  return all.map(({ application, outcome, rule, to }) => {
    const name = application.replace('argocd/', '');
    return `${name} ${outcome} ${outcome === 'update' ? to : rule}`;
  });
}

/** A lab with one Application whose version 1.1.0 is proposed. */
async function proposed(settings: Readonly<Record<string, string>> = {}): Promise<ProposalLab> {
  const lab = await openProposalLab(['shop']);
  lab.settings.set('shop', settings);
  lab.tags.set('acme/shop', ['1.0.0', '1.1.0']);
  expect(items(await lab.cycle())).toEqual(['shop update 1.1.0']);
  expect(lab.forge.requests).toMatchObject([{ state: 'open', base: 'main' }]);
  return lab;
}

async function headOf(lab: ProposalLab): Promise<string> {
  const [head = ''] = (await lab.branches()).filter((name) => name !== 'main');
  return head;
}

describe('a request for one Application', () => {
  test('is opened from a branch of ours, and leaves the base alone', async () => {
    await using lab = await openProposalLab(['shop']);
    lab.settings.set('shop', { 'pull-request.labels': 'images', 'pull-request.reviewers': 'ann' });
    lab.tags.set('acme/shop', ['1.0.0', '1.1.0']);
    const report = await lab.cycle();
    const head = await headOf(lab);
    expect(head).toMatch(/^tiphys\/argocd-shop-[0-9a-f]{10}$/);
    const url = 'https://forge.example/pulls/1';
    const title = 'build: automatic update of shop';
    const request = { forge: 'gitea', head, base: 'main', title, url, state: 'open' };
    expect(report.items).toMatchObject([{ from: '1.0.0', to: '1.1.0', outcome: 'update', pullRequest: request }]);
    expect(report).toMatchObject({ pullRequests: [request], failures: [], warnings: [], commits: [{ branch: head }] });
    expect(lab.forge.requests).toMatchObject([{ head, title, labels: ['images'], reviewers: ['ann'] }]);
    expect(lab.forge.requests[0]?.body).toContain('| `argocd/shop` | `ghcr.io/acme/shop` | `1.0.0` | `1.1.0` |');
    expect(await lab.show('shop', head)).toBe(kustomization('shop', '1.1.0').trim());
    expect(await lab.show('shop', 'main')).toBe(kustomization('shop', '1.0.0').trim());
  });

  test('costs one question in a cycle that changes nothing, and no look at its branch', async () => {
    await using lab = await proposed();
    lab.forget();
    lab.forge.calls.length = 0;
    lab.git.commands.length = 0;
    expect(items(await lab.cycle())).toEqual(['shop update 1.1.0']);
    expect(lab.forge.calls).toEqual(['open', 'find']);
    expect(lab.git.commands.filter((command) => command === 'push' || command === 'fast-import')).toEqual([]);
  });

  test('is written anew when a newer version comes, on the base of then', async () => {
    await using lab = await proposed();
    await lab.git.commit(lab.repository, { 'README.md': 'news\n' });
    lab.tags.set('acme/shop', ['1.0.0', '1.1.0', '1.2.0']);
    expect(items(await lab.cycle())).toEqual(['shop update 1.2.0']);
    expect(lab.forge.requests).toHaveLength(1);
    expect(lab.forge.requests[0]?.body).toContain('`1.2.0`');
    const head = await headOf(lab);
    expect(await lab.show('shop', head)).toBe(kustomization('shop', '1.2.0').trim());
    expect(await lab.git.git(lab.repository, 'rev-list', '--count', `main..${head}`)).toBe('1');
    expect(await lab.git.show(lab.repository, 'README.md', head)).toBe('news');
  });

  test('keeps what a person wrote into it until something changes', async () => {
    await using lab = await proposed();
    const [request] = lab.forge.requests;
    if (!request) throw new Error('no request');
    request.title = 'please review';
    await lab.cycle();
    expect(request.title).toBe('please review');
    lab.tags.set('acme/shop', ['1.0.0', '1.2.0']);
    await lab.cycle();
    expect(request.title).toBe('build: automatic update of shop');
  });

  test('is over when it is merged: its branch goes, and nothing is asked any more', async () => {
    await using lab = await proposed();
    await lab.git.git(
      lab.repository,
      'update-ref',
      'refs/heads/main',
      await lab.git.git(lab.repository, 'rev-parse', await headOf(lab)),
    );
    if (lab.forge.requests[0]) lab.forge.requests[0].state = 'merged';
    expect(items(await lab.cycle())).toEqual(['shop current current']);
    expect(await lab.branches()).toEqual(['main']);
    lab.forge.calls.length = 0;
    await lab.cycle();
    lab.forget();
    await lab.cycle();
    expect(lab.forge.calls).toEqual([]);
  });

  test('is closed with a comment when nothing is left of it, and that is no word of a person', async () => {
    await using lab = await proposed();
    await lab.git.commit(lab.repository, { 'shop/kustomization.yaml': kustomization('shop', '1.1.0') });
    const report = await lab.cycle();
    expect(report.pullRequests).toMatchObject([{ state: 'closed' }]);
    const [request] = lab.forge.requests;
    expect(request).toMatchObject({ state: 'closed', comments: [expect.stringContaining('nothing is left')] });
    expect(parseMarker(request?.body ?? '')?.state).toBe('closed');
    expect(await lab.branches()).toEqual(['main']);
    await lab.git.commit(lab.repository, { 'shop/kustomization.yaml': kustomization('shop', '1.0.0') });
    expect(items(await lab.cycle())).toEqual(['shop update 1.1.0']);
    expect(lab.forge.requests).toMatchObject([{ state: 'closed' }, { state: 'open' }]);
  });

  test('stays as it is while its file cannot be read', async () => {
    await using lab = await proposed();
    await lab.git.commit(lab.repository, { 'shop/kustomization.yaml': 'images: [\n' });
    expect((await lab.cycle()).items).toMatchObject([{ outcome: 'failed' }]);
    expect(lab.forge.requests).toMatchObject([{ state: 'open' }]);
    expect(await lab.branches()).toHaveLength(2);
  });

  test('stays as it is while its registry is down', async () => {
    await using lab = await proposed();
    lab.tags.set('acme/shop', undefined);
    lab.forge.calls.length = 0;
    expect(items(await lab.cycle())).toEqual(['shop failed REGISTRY_UNREACHABLE']);
    expect(lab.forge.calls).toEqual([]);
    expect(await lab.branches()).toHaveLength(2);
  });
});

test('a request tells where an image comes from, and what its publisher wrote reaches it as text only', async () => {
  await using lab = await openProposalLab(['shop']);
  lab.tags.set('acme/shop', ['1.0.0', '1.1.0']);
  const labels = {
    'org.opencontainers.image.source': 'https://github.com/acme/shop',
    'org.opencontainers.image.revision': '@all fixes #1',
  };
  lab.labels.set('acme/shop', { digest: digestOf(Buffer.from('x')), labels });
  await lab.cycle();
  expect(lab.forge.requests[0]?.body).toContain(
    '[source](https://github.com/acme/shop), revision `(at)all fixe`, [release notes](https://github.com/acme/shop/releases) |',
  );
});

describe("a person's close", () => {
  test('declines the version, also for a process that knows nothing, until a newer one comes', async () => {
    await using lab = await proposed();
    if (lab.forge.requests[0]) lab.forge.requests[0].state = 'closed';
    lab.forget();
    const report = await lab.cycle();
    expect(items(report)).toEqual(['shop held rejected']);
    expect(report.items[0]?.reason).toContain('https://forge.example/pulls/1');
    expect(await lab.branches()).toEqual(['main']);
    expect(items(await lab.cycle({ dryRun: true }))).toEqual(['shop held rejected']);
    lab.tags.set('acme/shop', ['1.0.0', '1.1.0', '1.2.0']);
    expect(items(await lab.cycle())).toEqual(['shop update 1.2.0']);
    expect(lab.forge.requests).toMatchObject([{ state: 'closed' }, { state: 'open' }]);
  });

  test('is taken back by opening the request again', async () => {
    await using lab = await proposed();
    const [request] = lab.forge.requests;
    if (!request) throw new Error('no request');
    request.state = 'closed';
    await lab.cycle();
    request.state = 'open';
    expect(items(await lab.cycle())).toEqual(['shop update 1.1.0']);
    expect(await lab.show('shop', await headOf(lab))).toBe(kustomization('shop', '1.1.0').trim());
  });

  test('declines one image of a shared request, not the others to come', async () => {
    await using lab = await openProposalLab(['shop', 'blog']);
    for (const name of ['shop', 'blog']) lab.settings.set(name, { 'pull-request.group': 'branch' });
    lab.tags.set('acme/shop', ['1.0.0', '1.1.0']);
    await lab.cycle();
    if (lab.forge.requests[0]) lab.forge.requests[0].state = 'closed';
    lab.tags.set('acme/blog', ['1.0.0', '1.1.0']);
    expect(items(await lab.cycle())).toEqual(['shop held rejected', 'blog update 1.1.0']);
    const head = await headOf(lab);
    expect(await lab.show('shop', head)).toBe(kustomization('shop', '1.0.0').trim());
  });
});

describe('commits of others on the branch', () => {
  test('are never overwritten, and the request says so once', async () => {
    await using lab = await proposed();
    const head = await headOf(lab);
    const theirs = await lab.git.commit(lab.repository, { 'shop/extra.yaml': 'x: 1\n' }, { branch: head });
    lab.tags.set('acme/shop', ['1.0.0', '1.1.0', '1.2.0']);
    for (const _ of [1, 2]) {
      const report = await lab.cycle();
      expect(report.warnings).toMatchObject([{ code: 'PULL_REQUEST_BLOCKED' }]);
      expect(report.pullRequests).toMatchObject([{ state: 'blocked' }]);
    }
    expect(await lab.git.git(lab.repository, 'rev-parse', head)).toBe(theirs);
    expect(lab.forge.calls.filter((call) => call === 'save')).toHaveLength(2);
    expect(lab.forge.requests[0]?.body.match(/does not touch this branch/g)).toHaveLength(1);
  });

  test('without a request there is nothing to propose with', async () => {
    await using lab = await proposed();
    const head = await headOf(lab);
    await lab.git.commit(lab.repository, { 'shop/extra.yaml': 'x: 1\n' }, { branch: head });
    if (lab.forge.requests[0]) lab.forge.requests[0].state = 'merged';
    lab.tags.set('acme/shop', ['1.0.0', '1.2.0']);
    expect(items(await lab.cycle())).toEqual(['shop failed PULL_REQUEST_BLOCKED']);
  });
});

describe('groups', () => {
  test('everything of one branch is one request, and one image that cannot be judged stays in it', async () => {
    await using lab = await openProposalLab(['shop', 'blog']);
    for (const name of ['shop', 'blog']) {
      lab.settings.set(name, { 'pull-request.group': 'branch' });
      lab.tags.set(`acme/${name}`, ['1.0.0', '1.1.0']);
    }
    await lab.cycle();
    expect(lab.forge.requests).toMatchObject([{ title: 'build: update 2 applications' }]);
    const head = await headOf(lab);
    lab.tags.set('acme/blog', undefined);
    await lab.cycle();
    expect(await lab.show('blog', head)).toBe(kustomization('blog', '1.1.0').trim());
    lab.tags.set('acme/shop', ['1.0.0', '1.2.0']);
    await lab.cycle();
    expect(await lab.show('shop', head)).toBe(kustomization('shop', '1.2.0').trim());
  });

  test('Applications of their own have requests of their own; one forge that fails stops no push', async () => {
    await using lab = await openProposalLab(['shop', 'blog', 'wiki']);
    for (const name of ['shop', 'blog', 'wiki']) lab.tags.set(`acme/${name}`, ['1.0.0', '1.1.0']);
    lab.settings.set('wiki', { 'pull-request': 'off' });
    await lab.cycle();
    expect(lab.forge.requests).toHaveLength(2);
    expect(await lab.show('wiki', 'main')).toBe(kustomization('wiki', '1.1.0').trim());
    lab.forge.faults.set('find', new Failure('FORGE_UNREACHABLE', 'no answer', { fix: 'wait' }));
    lab.tags.set('acme/wiki', ['1.2.0']);
    expect(items(await lab.cycle())).toEqual([
      'shop failed FORGE_UNREACHABLE',
      'blog failed FORGE_UNREACHABLE',
      'wiki update 1.2.0',
    ]);
  });

  test("names of a template's: the newer request takes the place of the older one", async () => {
    const git = 'argocd-image-updater.argoproj.io/git-branch';
    await using lab = await proposed({ [git]: 'main:img-{{ (index .Images 0).NewTag }}' });
    expect(await lab.branches()).toEqual(['img-1.1.0', 'main']);
    lab.tags.set('acme/shop', ['1.0.0', '1.1.0', '1.2.0']);
    await lab.cycle();
    expect(await lab.branches()).toEqual(['img-1.2.0', 'main']);
    expect(lab.forge.requests).toMatchObject([
      { state: 'closed', comments: [expect.stringContaining('takes the place')] },
      { state: 'open' },
    ]);
  });
});

describe('a dry run', () => {
  test('tells what would be opened, and does nothing', async () => {
    await using lab = await openProposalLab(['shop']);
    lab.tags.set('acme/shop', ['1.0.0', '1.1.0']);
    const report = await lab.cycle({ dryRun: true });
    expect(report.pullRequests).toMatchObject([{ url: null, state: 'planned', base: 'main' }]);
    expect(report.files).toMatchObject([{ path: 'shop/kustomization.yaml' }]);
    expect(lab.forge.calls).toEqual(['open', 'find']);
    expect(await lab.branches()).toEqual(['main']);
  });

  test('goes on where the forge cannot be asked', async () => {
    await using lab = await openProposalLab(['shop']);
    lab.tags.set('acme/shop', ['1.0.0', '1.1.0']);
    lab.forge.faults.set('find', new Failure('FORGE_UNAUTHORIZED', 'who are you?', { fix: 'say' }));
    const report = await lab.cycle({ dryRun: true });
    expect(items(report)).toEqual(['shop update 1.1.0']);
    expect(report).toMatchObject({ warnings: [{ code: 'FORGE_UNAUTHORIZED' }], pullRequests: [{ state: 'planned' }] });
  });
});

describe('merging', () => {
  test('happens when the forge is ready, one at a time for each base', async () => {
    await using lab = await openProposalLab(['shop', 'blog']);
    for (const name of ['shop', 'blog']) {
      lab.settings.set(name, { 'pull-request.auto-merge': 'when-green' });
      lab.tags.set(`acme/${name}`, ['1.0.0', '1.1.0']);
    }
    const first = await lab.cycle();
    expect(first.pullRequests[0]).toMatchObject({ state: 'open', remarks: ['not merged yet: checks run'] });
    lab.forge.mergeResult = { kind: 'merged' };
    expect((await lab.cycle()).pullRequests.map(({ state }) => state)).toEqual(['merged', 'open']);
    expect(await lab.branches()).toHaveLength(2);
  });

  test('makes only the request whose turn it is anew, where the base wants it to be up to date', async () => {
    await using lab = await openProposalLab(['shop', 'blog']);
    for (const name of ['shop', 'blog']) {
      lab.settings.set(name, { 'pull-request.auto-merge': 'when-green' });
      lab.tags.set(`acme/${name}`, ['1.0.0', '1.1.0']);
    }
    await lab.cycle();
    await lab.git.commit(lab.repository, { 'README.md': 'news\n' });
    lab.forge.mergeResult = { kind: 'waiting', reason: 'behind', isOutdated: true };
    expect((await lab.cycle()).commits).toMatchObject([{ branch: expect.stringContaining('shop') }]);
    const heads = (await lab.branches()).filter((name) => name !== 'main');
    const behind = heads.map((name) => lab.git.git(lab.repository, 'rev-list', '--count', `${name}..main`));
    expect((await Promise.all(behind)).sort()).toEqual(['0', '1']);
  });

  test('is left to the forge once', async () => {
    await using lab = await openProposalLab(['shop']);
    lab.settings.set('shop', { 'pull-request.auto-merge': 'forge' });
    lab.tags.set('acme/shop', ['1.0.0', '1.1.0']);
    lab.forge.mergeResult = { kind: 'scheduled' };
    for (const _ of [1, 2]) expect((await lab.cycle()).pullRequests).toMatchObject([{ state: 'scheduled' }]);
    expect(lab.forge.calls.filter((call) => call === 'merge')).toHaveLength(1);
  });

  test('is not asked for drafts', async () => {
    await using lab = await proposed({ 'pull-request.auto-merge': 'when-green', 'pull-request.draft': 'true' });
    expect(lab.forge.calls).not.toContain('merge');
  });
});

test('two of us at once end with one request', async () => {
  await using lab = await openProposalLab(['shop']);
  lab.tags.set('acme/shop', ['1.0.0', '1.1.0']);
  await Promise.all([lab.cycle(), lab.cycle()]);
  await lab.cycle();
  expect(lab.forge.requests).toHaveLength(1);
  const head = await headOf(lab);
  expect(await lab.git.git(lab.repository, 'rev-list', '--count', `main..${head}`)).toBe('1');
});
