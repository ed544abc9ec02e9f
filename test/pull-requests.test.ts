import { describe, expect, onTestFinished, test } from 'vitest';
import type { ProposedImage } from '../src/controller/pull-requests/groups.ts';
import { proposalMemory } from '../src/controller/pull-requests/memory.ts';
import { proposeChanges } from '../src/controller/pull-requests/propose.ts';
import type { Proposer } from '../src/controller/pull-requests/proposer.ts';
import { plainWording } from '../src/core/commits/commit-message.ts';
import { digestOf } from '../src/core/digest.ts';
import { provenanceOf } from '../src/core/provenance.ts';
import type { PullRequestSetting } from '../src/core/pull-requests/pull-request.ts';
import { parseMarker } from '../src/core/pull-requests/pull-request-marker.ts';
import { targetKinds } from '../src/writeback/index.ts';
import { openTestForges } from './support/forge-suite.ts';
import { forgeDoubles } from './support/forges/index.ts';
import { HOSTILE } from './support/hostile-text.ts';
import { memoryTree } from './support/memory-tree.ts';
import { change, decided, decision } from './support/tracked.ts';

const SIGNAL = AbortSignal.timeout(600_000);
const PATH = 'web/kustomization.yaml';
const COMPOSING = { kinds: targetKinds, grouping: 'branch', wording: plainWording } as const;

/** An image whose version 1.1.0, with what its publisher says about it, is to be proposed. */
function proposedImage(repoURL: string, forge: PullRequestSetting['forge'], text: string): ProposedImage {
  const words = { application: 'web', alias: 'web', image: 'acme/web', path: PATH };
  const { tracked, place } = decided(words, decision('update', '1.0.0', '1.1.0'));
  const labels = {
    'org.opencontainers.image.source': text,
    'org.opencontainers.image.revision': text,
    'org.opencontainers.image.title': text,
  };
  const tree = memoryTree({ [PATH]: 'images:\n  - name: acme/web\n    newTag: 1.0.0\n' });
  const placed = { ...place, tree, branch: { ...place.branch, repoURL } };
  const moved = change({ ...words, from: '1.0.0', to: '1.1.0' });
  return {
    tracked,
    place: placed,
    setting: {
      forge,
      group: { kind: 'application' },
      labels: [],
      reviewers: [],
      assignees: [],
      draft: false,
      autoMerge: 'off',
    },
    change: { ...moved, place: placed, provenance: provenanceOf({ digest: digestOf(Buffer.from('x')), labels }) },
    reason: text,
    isCertain: true,
  };
}

describe.each(forgeDoubles)('pull requests on $kind', (forge) => {
  async function stageOf() {
    const stage = await forge.start();
    const { forges } = openTestForges(forge.pauses);
    onTestFinished(async () => {
      await forges[Symbol.asyncDispose]();
      await stage[Symbol.asyncDispose]();
      expect(stage.server?.complaints ?? []).toEqual([]);
    });
    let published = 0;
    const proposer: Proposer = {
      forges,
      memory: proposalMemory(),
      access: { credentialName: () => '', access: async () => stage.access },
      branches: {
        present: async () => new Set(),
        remove: async () => 'removed',
        publish: async ({ writeBranch }, compose) => {
          await compose(memoryTree({ [PATH]: 'images:\n  - name: acme/web\n    newTag: 1.0.0\n' }));
          published += 1;
          return { kind: 'published', base: 'main', commit: await stage.push(writeBranch), isNew: true };
        },
      },
    };
    const cycle = (text = 'https://github.com/acme/web') => {
      const image = proposedImage(stage.repoURL, forge.kind, text);
      return proposeChanges([image], proposer, { ...COMPOSING, dryRun: false }, SIGNAL);
    };
    const newestId = async (head: string) => {
      const opened = await forges.open(stage.repoURL, forge.kind, stage.access, SIGNAL);
      return (await opened.pullRequests.find(head, 'main', SIGNAL))[0]?.id ?? '';
    };
    return { stage, cycle, newestId, published: () => published };
  }

  test('a request is opened, stands as it is, and is declined by a close', async () => {
    const { stage, cycle, newestId, published } = await stageOf();
    const first = await cycle();
    expect(first).toMatchObject({ warnings: [], pullRequests: [{ forge: forge.kind, state: 'open' }] });
    const second = await cycle();
    expect(second.pullRequests).toEqual(first.pullRequests);
    expect(published()).toBe(1);
    await stage.close(await newestId(first.pullRequests[0]?.head ?? ''));
    const third = await cycle();
    expect([...third.declined.values()]).toMatchObject([{ url: first.pullRequests[0]?.url, state: 'closed' }]);
    expect(third.pullRequests).toEqual([]);
  });

  test('what a publisher writes arrives as text', async () => {
    for (const [text] of HOSTILE) {
      const { stage, cycle, newestId } = await stageOf();
      const { pullRequests } = await cycle(text);
      const { title, body } = await stage.look(await newestId(pullRequests[0]?.head ?? ''));
      expect(title).toBe('build: automatic update of web');
      expect(parseMarker(body)?.state).toBe('open');
      const outside = body.replaceAll(/`[^`\n]*`/g, '').split('[tiphys]')[0] ?? '';
      expect(outside).not.toMatch(/@|!|https?:|fixes|skip|#/);
    }
  });
});
