import { describe, expect, onTestFinished, test } from 'vitest';
import { readOrders } from '../src/core/build-order.ts';
import { type ProposalMeans, proposeInRepository } from '../src/pipelines/set-image/repository/propose.ts';
import { openTestForges } from './support/forge-suite.ts';
import { forgeDoubles } from './support/forges/index.ts';
import { memoryTree } from './support/memory-tree.ts';

const SIGNAL = AbortSignal.timeout(600_000);
const PATH = 'k8s/kustomization.yaml';
const SCOPE = 'github-run:github.com/1296269/.github/workflows/deploy.yml';

describe.each(forgeDoubles)('an image that is proposed on $kind', (forge) => {
  test('has one request, which tells which build it is from', async () => {
    const stage = await forge.start();
    const { forges } = openTestForges(forge.pauses);
    onTestFinished(async () => {
      await forges[Symbol.asyncDispose]();
      await stage[Symbol.asyncDispose]();
      expect(stage.server?.complaints ?? []).toEqual([]);
    });
    const tree = memoryTree({ [PATH]: 'images:\n- name: acme/web\n  newTag: "1"\n' });
    const git: ProposalMeans['git'] = {
      open: async () => tree,
      push: () => Promise.reject(new Error('nothing is pushed to the base')),
      publish: async ({ writeBranch }, compose) => {
        const drafts = await compose(tree);
        if (drafts.length === 0) return { kind: 'void', base: 'main', commit: undefined };
        return { kind: 'published', base: 'main', commit: await stage.push(writeBranch), isNew: true };
      },
      remove: async () => 'absent',
      present: async () => new Set(),
      log: async function* () {},
      credentialName: () => '',
      access: async () => stage.access,
    };
    const propose = async (build: number) => {
      const request = {
        branch: { repoURL: stage.repoURL, branch: 'main', project: 'default' },
        images: {
          images: [`acme/web:${build}`],
          filenames: [PATH],
          keys: {},
          container: undefined,
          allowMissing: false,
        },
        order: { scope: SCOPE, number: build },
        force: false,
        message: undefined,
        skipCi: false,
        ci: undefined,
        dryRun: false,
      };
      const setting = { forge: forge.kind, labels: [], reviewers: [], assignees: [], draft: false };
      return (await proposeInRepository(request, setting, { git, forges }, SIGNAL)).result;
    };
    const first = await propose(8);
    expect(first).toMatchObject({ outcome: 'pull-request', pullRequestURL: expect.stringMatching(/^https?:/) });
    expect(await propose(9)).toMatchObject({ outcome: 'pull-request', pullRequestURL: first.pullRequestURL });
    const opened = await forges.open(stage.repoURL, forge.kind, stage.access, SIGNAL);
    const [request, ...more] = await opened.pullRequests.find(first.branch ?? '', 'main', SIGNAL);
    expect([request?.title, more]).toEqual(['build: set image acme/web:9', []]);
    const order = { scope: SCOPE, number: 9, path: PATH, field: 'images[acme/web]' };
    expect(readOrders(request?.body ?? '')).toEqual([order]);
    expect(await propose(7)).toMatchObject({ outcome: 'superseded' });
  });
});
