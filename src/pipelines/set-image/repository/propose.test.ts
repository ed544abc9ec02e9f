import { describe, expect, test } from 'vitest';
import { type Lab, type LabRepository, openLab } from '../../../../test/support/git-lab.ts';
import { type MemoryForge, memoryForge } from '../../../../test/support/memory-forge.ts';
import { readOrders } from '../../../core/build-order.ts';
import { type ProposalSetting, proposeInRepository } from './propose.ts';
import { type RepositoryReport, type RepositoryRequest, setInRepository } from './set-in-repository.ts';

const KUSTOMIZATION = 'images:\n- name: acme/web\n  newTag: "1.0" # keep\n';
const NEVER = new AbortController().signal;
const SETTING: ProposalSetting = {
  forge: 'auto',
  labels: ['deploy'],
  reviewers: ['jane'],
  assignees: [],
  draft: false,
};

interface Stage extends Lab {
  readonly repository: LabRepository;
  readonly forge: MemoryForge;
  requestOf(build: number): RepositoryRequest;
  propose(build: number, more?: Partial<RepositoryRequest>): Promise<RepositoryReport>;
}

async function startStage(): Promise<Stage> {
  const lab = await openLab();
  const repository = await lab.createRepository('deploy.git', {
    files: new Map([['k8s/kustomization.yaml', KUSTOMIZATION]]),
  });
  const forge = memoryForge((branch) => lab.git(repository, 'rev-parse', `refs/heads/${branch}`).catch(() => ''));
  const requestOf = (build: number): RepositoryRequest => ({
    branch: { repoURL: repository.url, branch: '', project: 'default' },
    images: { images: [`acme/web:${build}`], filenames: ['k8s'], keys: {}, container: undefined, allowMissing: false },
    order: { scope: 'gitlab-iid:gitlab.example.com/42', number: build },
    force: false,
    message: undefined,
    skipCi: false,
    ci: undefined,
    dryRun: false,
  });
  return {
    ...lab,
    repository,
    forge,
    requestOf,
    propose: (build, more = {}) =>
      proposeInRepository(
        { ...requestOf(build), ...more },
        SETTING,
        { git: lab.openGit(), forges: forge.forges },
        NEVER,
      ),
  };
}

describe('proposing an image', () => {
  test('opens a request on a branch of its own', async () => {
    await using stage = await startStage();
    const { result } = await stage.propose(8);
    const [request, ...more] = stage.forge.requests;
    expect(more).toEqual([]);
    expect(request).toMatchObject({ title: 'build: set image acme/web:8', base: 'main', labels: ['deploy'] });
    expect(result).toEqual({
      outcome: 'pull-request',
      commit: await stage.git(stage.repository, 'rev-parse', `refs/heads/${request?.head}`),
      branch: request?.head,
      pullRequestURL: 'https://forge.example/pulls/1',
    });
    expect(readOrders(request?.body ?? '').map(({ number }) => number)).toEqual([8]);
    expect(await stage.show(stage.repository, 'k8s/kustomization.yaml')).toContain('1.0');
    expect(await stage.show(stage.repository, 'k8s/kustomization.yaml', request?.head)).toContain('"8" # keep');
  });

  test('brings the open request to a newer build, and never back to an older one', async () => {
    await using stage = await startStage();
    const first = await stage.propose(8);
    const newer = await stage.propose(9);
    expect(newer.result).toMatchObject({ outcome: 'pull-request', branch: first.result.branch });
    const late = await stage.propose(7);
    expect([late.result.outcome, late.superseded.map(({ by }) => by)]).toEqual(['superseded', [9]]);
    expect(stage.forge.requests.map(({ title }) => title)).toEqual(['build: set image acme/web:9']);
    expect(await stage.show(stage.repository, 'k8s/kustomization.yaml', first.result.branch)).toContain('"9"');
  });

  test('does nothing twice when the same build is tried again', async () => {
    await using stage = await startStage();
    const first = await stage.propose(8);
    expect((await stage.propose(8)).result).toEqual(first.result);
  });

  test('knows a newer build that only a squash merge’s request tells of', async () => {
    await using stage = await startStage();
    const { result } = await stage.propose(8);
    const [request] = stage.forge.requests;
    if (request) request.state = 'merged';
    await stage.git(stage.repository, 'update-ref', '-d', `refs/heads/${result.branch}`);
    await stage.commit(stage.repository, { 'k8s/kustomization.yaml': KUSTOMIZATION.replace('1.0', '8') });
    expect((await stage.propose(7)).result.outcome).toBe('superseded');
    expect((await stage.propose(8)).result.outcome).toBe('unchanged');
    expect((await stage.propose(9)).result.outcome).toBe('pull-request');
  });

  test('knows a newer build that was pushed to the base', async () => {
    await using stage = await startStage();
    await setInRepository(stage.requestOf(8), stage.openGit(), NEVER);
    expect((await stage.propose(7)).result.outcome).toBe('superseded');
  });

  test('leaves a branch alone that somebody else works on', async () => {
    await using stage = await startStage();
    const { result } = await stage.propose(8);
    await stage.commit(stage.repository, { 'more.txt': 'x' }, { branch: result.branch ?? '' });
    await expect(stage.propose(9)).rejects.toMatchObject({ code: 'PULL_REQUEST_BLOCKED' });
  });

  test('only tells when it is told to', async () => {
    await using stage = await startStage();
    const { result, files } = await stage.propose(8, { dryRun: true });
    expect([result.outcome, files.length, stage.forge.requests]).toEqual(['planned', 1, []]);
  });

  test('loses to a newer build that proposes at the same moment', async () => {
    await using stage = await startStage();
    const git = stage.openGit();
    let tries = 0;
    const raced: typeof git = {
      ...git,
      publish: (branch, compose, signal) =>
        git.publish(
          branch,
          async (tree) => {
            const drafts = await compose(tree);
            tries += 1;
            if (tries === 1) await stage.propose(9);
            return drafts;
          },
          signal,
        ),
    };
    const means = { git: raced, forges: stage.forge.forges };
    const { result } = await proposeInRepository(stage.requestOf(8), SETTING, means, NEVER);
    expect(result.outcome).toBe('superseded');
    expect(stage.forge.requests.map(({ title }) => title)).toEqual(['build: set image acme/web:9']);
  });

  test('leaves the request to a newer build that came between the branch and the request', async () => {
    await using stage = await startStage();
    const git = stage.openGit();
    const overtaken: typeof git = {
      ...git,
      publish: async (...asked) => {
        const pushed = await git.publish(...asked);
        await stage.propose(9);
        return pushed;
      },
    };
    const means = { git: overtaken, forges: stage.forge.forges };
    const { result, superseded } = await proposeInRepository(stage.requestOf(8), SETTING, means, NEVER);
    expect([result.outcome, superseded.map(({ by }) => by)]).toEqual(['superseded', [9]]);
    expect(stage.forge.requests.map(({ title }) => title)).toEqual(['build: set image acme/web:9']);
  });
});
