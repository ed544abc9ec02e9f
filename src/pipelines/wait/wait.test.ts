import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CANARY } from '../../../test/support/canary.ts';
import { Failure } from '../../core/failure.ts';
import type { Untyped } from '../../core/untyped.ts';
import type { Trouble } from '../../core/wait-report.ts';
import type { JsonPatchOperation } from '../../ports/cluster.ts';
import type { SyncOutcome } from '../../ports/rollout.ts';
import { type WaitFor, waitFor } from './wait.ts';

const KEY = { namespace: 'argocd', name: 'shop' };
const OURS = '1'.repeat(40);
const SIGNAL = new AbortController().signal;

function application(status: object, more: object = {}): Untyped {
  const source = { repoURL: 'https://git.example/deploy', path: 'web', targetRevision: 'prod' };
  const metadata = { ...KEY };
  return { metadata, spec: { source, syncPolicy: { automated: {} } }, status, ...more };
}

const settled = (revision = OURS) => {
  return application({ sync: { status: 'Synced', revision }, health: { status: 'Healthy' } });
};

const away = (code: 'CLUSTER_UNREACHABLE' | 'CLUSTER_FORBIDDEN') => {
  return new Failure(code, `https://user:${CANARY}@cluster.example is away`, { fix: 'wait' });
};

/** A controller that shows one thing after the other, the last one for ever; a second passes with each pause. */
function playing(
  shown: readonly (Untyped | undefined | Failure | Promise<never>)[],
  syncs: readonly SyncOutcome[] = [],
) {
  const asked: string[] = [];
  const told: string[] = [];
  const patches: (readonly JsonPatchOperation[])[] = [];
  const leftSyncs = [...syncs];
  let looks = 0;
  let nowMs = 0;
  const tools = {
    applications: {
      application: async () => {
        const now = shown[Math.min(looks, shown.length - 1)];
        looks += 1;
        if (now instanceof Failure) throw now;
        return await now;
      },
      applicationSet: async () => undefined,
      patch: async (_: object, operations: readonly JsonPatchOperation[]) => {
        patches.push(operations);
        return { kind: 'patched', object: {} } as const;
      },
      refresh: async () => {
        asked.push('refresh');
        return 'asked' as const;
      },
    },
    rollouts: {
      select: async () => [],
      sync: async () => {
        asked.push('sync');
        return leftSyncs.shift() ?? ({ kind: 'asked' } as const);
      },
      troubles: async (): Promise<readonly Trouble[]> => [
        { resource: 'Pod shop/web', state: 'Failed', reasons: [`https://user:${CANARY}@registry.example said no`] },
      ],
    },
    git: {
      contains: async (branch: object, revision: string, commit: string) => {
        asked.push(JSON.stringify({ ...branch, revision, commit }));
        return revision === '2'.repeat(40);
      },
    },
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
    told: ({ reason }: { readonly reason: string }) => told.push(reason),
  };
  const wanted = { commit: OURS, repoURL: undefined, images: [], syncMark: undefined, graceMs: 30_000 };
  const wait = (more: Partial<WaitFor['wanted']> = {}, options: Partial<WaitFor> = {}, signal = SIGNAL) =>
    waitFor(KEY, { timeoutMs: 120_000, branch: '', ...options, wanted: { ...wanted, ...more } }, tools, signal);
  return { asked, told, patches, wait };
}

test('what passes is waited out, once there is something to wait for', async () => {
  const { wait, told } = playing([settled(), away('CLUSTER_UNREACHABLE'), away('CLUSTER_UNREACHABLE'), settled()]);
  expect(await wait()).toMatchObject({ application: 'argocd/shop', revisions: [OURS], outcome: { kind: 'done' } });
  expect(told).toEqual([expect.stringContaining('compare'), expect.stringContaining('is away')]);
  expect(told.join()).not.toContain(CANARY);
});

for (const [what, shown, code] of [
  ['nobody answers from the beginning', [away('CLUSTER_UNREACHABLE')], 'CLUSTER_UNREACHABLE'],
  ['a right is taken away amid it', [settled(), away('CLUSTER_FORBIDDEN')], 'CLUSTER_FORBIDDEN'],
  ['there is none', [undefined], 'APPLICATION_GONE'],
] as const) {
  test(`${what}: that is no answer`, async () => {
    const { outcome } = await playing(shown).wait();
    expect(outcome).toMatchObject({ kind: 'unknown', problem: { code, object: 'argocd/shop' } });
    expect(JSON.stringify(outcome)).not.toContain(CANARY);
  });
}

test('nobody answers for the rest of the time', async () => {
  const { outcome, tookMs } = await playing([settled(), away('CLUSTER_UNREACHABLE')]).wait();
  expect(outcome).toMatchObject({ kind: 'timed-out', reason: expect.stringContaining('is away') });
  expect(tookMs).toBe(120_000);
});

test('nobody has answered at all when time is over', async () => {
  const late = sleep(50).then(() => Promise.reject(away('CLUSTER_UNREACHABLE')));
  const { outcome } = await playing([late]).wait({}, { timeoutMs: 10 });
  expect(outcome).toMatchObject({ kind: 'unknown', problem: { code: 'CLUSTER_UNREACHABLE' } });
});

test('the first answer was still to come when time was over', async () => {
  const cut = sleep(500).then(() => Promise.reject(new Failure('ABORTED', 'stopped while asking', { fix: 'again' })));
  const { outcome } = await playing([cut]).wait({}, { timeoutMs: 10 });
  const message = 'nothing had answered when time was over';
  expect(outcome).toMatchObject({ kind: 'unknown', problem: { object: 'argocd/shop', message } });
});

test('reasons are told without credentials', async () => {
  const failed = { phase: 'Failed', message: `https://user:${CANARY}@git.example`, startedAt: 'now' };
  const operationState = { ...failed, syncResult: { revision: OURS } };
  const shown = application({ sync: { status: 'OutOfSync', revision: OURS }, operationState });
  const { outcome } = await playing([settled(), shown]).wait();
  expect(outcome).toMatchObject({ kind: 'failed', troubles: [{ resource: 'Pod shop/web', state: 'Failed' }] });
  expect(JSON.stringify(outcome)).not.toContain(CANARY);
});

test('a closed sync window is told, and asked again a while later', async () => {
  const out = application({ sync: { status: 'OutOfSync', revision: OURS }, health: { status: 'Healthy' } });
  const { wait, asked, told } = playing([out], [{ kind: 'blocked', reason: 'the window is closed' }]);
  const { outcome } = await wait({ syncMark: 'mark' }, { timeoutMs: 20_000 });
  expect(outcome.kind).toBe('timed-out');
  expect(told).toContain('the window is closed');
  expect(asked).toEqual(['refresh', 'sync', 'sync']);
});

test('a sync that is refused is a failure', async () => {
  const { wait } = playing([settled()], [{ kind: 'refused', reason: 'no such revision' }]);
  expect((await wait({ syncMark: 'mark' })).outcome).toMatchObject({ kind: 'failed', reason: 'no such revision' });
});

test('the history is asked once for each revision, on the branch that the source names or that is given', async () => {
  const [newer, older] = ['2'.repeat(40), '3'.repeat(40)];
  const { wait, asked } = playing([settled(older), settled(older), settled(older), settled(newer)]);
  expect(await wait({ repoURL: 'https://git.example/deploy' })).toMatchObject({ outcome: { kind: 'done' } });
  const question = { repoURL: 'https://git.example/deploy', branch: 'prod', project: 'default' };
  expect(asked).toEqual([
    'refresh',
    JSON.stringify({ ...question, revision: older, commit: OURS }),
    JSON.stringify({ ...question, revision: newer, commit: OURS }),
  ]);
  const other = playing([settled(newer)]);
  await other.wait({ repoURL: 'https://git.example/deploy' }, { branch: 'main' });
  expect(other.asked[1]).toContain('"branch":"main"');
});

test('the hydrator is asked to hydrate', async () => {
  const drySource = { repoURL: 'https://git.example/deploy', targetRevision: 'main' };
  const operation = { drySHA: OURS, hydratedSHA: 'aa' };
  const status = { sync: { status: 'Synced', revision: 'aa' }, health: { status: 'Healthy' } };
  const shown = application({ ...status, sourceHydrator: { lastSuccessfulOperation: operation } });
  const { wait, patches } = playing([{ ...shown, spec: { sourceHydrator: { drySource } } }]);
  expect((await wait()).outcome.kind).toBe('done');
  expect(patches).toEqual([
    [
      { op: 'add', path: '/metadata/annotations', value: {} },
      { op: 'add', path: '/metadata/annotations/argocd.argoproj.io~1hydrate', value: 'normal' },
    ],
  ]);
});

test('whoever waits can leave', async () => {
  const stop = new AbortController();
  stop.abort(new DOMException('enough', 'AbortError'));
  await expect(playing([away('CLUSTER_UNREACHABLE')]).wait({}, {}, stop.signal)).rejects.toThrow('enough');
});

test('what is said at length is cut', async () => {
  const shown = application({ conditions: [{ type: 'ComparisonError', message: 'x'.repeat(100_000) }] });
  const { outcome } = await playing([shown]).wait({ graceMs: 0 });
  const reason = expect.stringMatching(/^ComparisonError: x{1000,2000}…$/);
  expect(outcome).toMatchObject({ kind: 'failed', reason });
});

test('without time there is no answer', async () => {
  const { outcome } = await playing([settled()]).wait({}, { timeoutMs: 0 });
  expect(outcome).toMatchObject({ kind: 'timed-out' });
});
