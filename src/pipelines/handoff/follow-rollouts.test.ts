import { describe, expect, test } from 'vitest';
import { Failure } from '../../core/failure.ts';
import { JUST_ACCEPTED, type StandingTarget } from '../../core/handoff/operation.ts';
import type { Untyped } from '../../core/untyped.ts';
import { openFollow } from './follow-rollouts.ts';

const COMMIT = 'a'.repeat(40);
const LATER = 'b'.repeat(40);
const REPO = 'https://git.example/shop.git';
const TARGET: StandingTarget = {
  ...{ application: 'argocd/shop', alias: 'web', image: 'ghcr.io/acme/web', tag: '1.1', digest: 'sha256:1' },
  ...JUST_ACCEPTED,
  ...{ state: 'committed', commit: COMMIT, repoURL: REPO, branch: 'main' },
};

/** An Application as Argo CD tells of it. */
function shop(revision: string, sync: string, health: string, status: Untyped = {}): Untyped {
  return {
    metadata: { namespace: 'argocd', name: 'shop' },
    spec: { source: { repoURL: REPO, targetRevision: 'main' }, syncPolicy: { automated: {} } },
    status: {
      sync: { status: sync, revision },
      health: { status: health },
      reconciledAt: '2026-01-01T00:00:00Z',
      ...status,
    },
  };
}

/** Looks at these Applications, one after the other, a minute apart. @returns what each look found */
async function followed(objects: readonly (Untyped | undefined)[], target = TARGET, history: readonly string[] = []) {
  let [index, nowMs] = [0, 0];
  const asked: string[] = [];
  const follow = openFollow({
    applications: {
      application: async () => objects[index],
      patch: async (_, operations) => {
        asked.push(...operations.map(({ path }) => path));
        return { kind: 'patched', object: {} };
      },
      refresh: async () => {
        asked.push('refresh');
        return 'asked';
      },
    },
    git: {
      async contains(branch, revision) {
        asked.push(`${branch.repoURL} ${branch.branch} ${revision.slice(0, 1)}`);
        return history.includes(revision);
      },
    },
    nowMs: () => nowMs,
  });
  const found = [];
  for (; index < objects.length; index += 1, nowMs += 60_000) {
    const [one] = await follow([target], AbortSignal.timeout(600_000));
    found.push([one?.state, one?.health]);
  }
  return { found, asked };
}

describe('a commit', () => {
  test('is synced, and then healthy', async () => {
    const { found, asked } = await followed([
      shop('0'.repeat(40), 'Synced', 'Healthy'),
      shop('0'.repeat(40), 'Synced', 'Healthy'),
      shop(COMMIT, 'OutOfSync', 'Healthy'),
      shop(COMMIT, 'Synced', 'Progressing'),
      shop(COMMIT, 'Synced', 'Healthy'),
    ]);
    expect(found).toEqual([
      ['committed', 'Healthy'],
      ['committed', 'Healthy'],
      ['committed', 'Healthy'],
      ['synced', 'Progressing'],
      ['healthy', 'Healthy'],
    ]);
    expect(asked).toEqual(['refresh', `${REPO} main 0`, 'refresh']);
  });

  test('counts when a later one is synced that has it', async () => {
    const later = shop(LATER, 'Synced', 'Healthy');
    expect((await followed([later, later], TARGET, [LATER])).found.at(-1)).toEqual(['healthy', 'Healthy']);
    expect((await followed([later, later])).found.at(-1)).toEqual(['committed', 'Healthy']);
  });

  test('fails when its Application stays degraded, and not at once', async () => {
    const bad = shop(COMMIT, 'Synced', 'Degraded');
    const { found } = await followed([bad, bad, bad]);
    expect(found).toEqual([
      ['committed', 'Degraded'],
      ['synced', 'Degraded'],
      ['failed', 'Degraded'],
    ]);
  });

  test('that Git had already is as whatever is synced now', async () => {
    const now = shop(LATER, 'Synced', 'Healthy');
    expect((await followed([now, now], { ...TARGET, commit: null })).found.at(-1)).toEqual(['healthy', 'Healthy']);
  });

  test('of a dry source is hydrated at once, and counts when it has been', async () => {
    const drySource = { repoURL: REPO, targetRevision: 'main' };
    const operation = { drySHA: COMMIT, hydratedSHA: LATER };
    const dry = shop(LATER, 'Synced', 'Healthy', { sourceHydrator: { lastSuccessfulOperation: operation } });
    const shown = { ...dry, spec: { sourceHydrator: { drySource } } };
    const { found, asked } = await followed([shown, shown]);
    expect(found.at(-1)).toEqual(['healthy', 'Healthy']);
    expect(asked).toEqual(['refresh', '/metadata/annotations', '/metadata/annotations/argocd.argoproj.io~1hydrate']);
  });

  test('of an Application that is gone stays where it was', async () => {
    expect((await followed([undefined])).found).toEqual([['committed', null]]);
  });
});

test('what is not committed is not looked at', async () => {
  const { found, asked } = await followed([undefined], { ...TARGET, state: 'held' });
  expect([found, asked]).toEqual([[['held', null]], []]);
});

test('an Application is looked at once a second, however many ask', async () => {
  let looks = 0;
  const follow = openFollow({
    applications: {
      async application() {
        looks += 1;
        return shop(COMMIT, 'Synced', 'Healthy');
      },
      patch: async () => ({ kind: 'gone' }),
      refresh: async () => 'asked',
    },
    git: { contains: async () => false },
    nowMs: () => 0,
  });
  await Promise.all(Array.from({ length: 20 }, () => follow([TARGET, TARGET], AbortSignal.timeout(600_000))));
  expect(looks).toBe(1);
});

test('what keeps an Application from being asked is a reason, without credentials', async () => {
  const follow = openFollow({
    applications: {
      application: async () => {
        throw new Failure('CLUSTER_UNREACHABLE', 'https://user:pass@api.example cannot be reached', { fix: 'wait' });
      },
      patch: async () => ({ kind: 'gone' }),
      refresh: async () => 'asked',
    },
    git: { contains: async () => false },
    nowMs: () => 0,
  });
  const [found] = await follow([TARGET], AbortSignal.timeout(600_000));
  expect(found).toEqual({ ...TARGET, reason: 'https://api.example cannot be reached', health: null });
});
