import { expect, test } from 'vitest';
import { memoryApplications } from '../../test/support/live-applications.ts';
import { change } from '../../test/support/tracked.ts';
import { Failure } from '../core/failure.ts';
import type { Fate } from './compose.ts';
import { refreshWritten } from './live.ts';
import { patchMemory } from './patch-memory.ts';

const SIGNAL = new AbortController().signal;
const PATH = 'kustomization.yaml';

function written() {
  const fates: readonly [ReturnType<typeof change>, Fate][] = [
    [change({ application: 'shop', alias: 'web', path: PATH, to: '2' }), { kind: 'applied' }],
    [change({ application: 'shop', alias: 'db', path: PATH, to: '2' }), { kind: 'applied' }],
    [change({ application: 'blog', path: PATH, to: '2' }), { kind: 'void' }],
    [change({ application: 'wiki', path: PATH, to: '2' }), { kind: 'applied' }],
  ];
  return { fates: new Map(fates) };
}

function parts(refreshes: boolean, dryRun = false) {
  const applications = memoryApplications({});
  return { live: { applications, memory: patchMemory(), refreshes }, argocdNamespace: 'argocd', dryRun };
}

test('every Application that something was pushed for is looked at, once', async () => {
  const all = parts(true);
  expect(await refreshWritten(written(), all, SIGNAL)).toEqual([]);
  expect(all.live.applications.refreshed).toEqual(['argocd/shop', 'argocd/wiki']);
});

test('none where it is switched off, or nothing was pushed in earnest', async () => {
  for (const some of [parts(false), parts(true, true)]) {
    await refreshWritten(written(), some, SIGNAL);
    expect(some.live.applications.refreshed).toEqual([]);
  }
});

test('a right that is missing is said, and holds nothing up', async () => {
  const all = parts(true);
  all.live.applications.refresh = async () => {
    throw new Failure('CLUSTER_FORBIDDEN', 'may not patch', { fix: 'grant it' });
  };
  expect(await refreshWritten(written(), all, SIGNAL)).toMatchObject([
    { code: 'CLUSTER_FORBIDDEN', object: 'argocd/shop' },
    { code: 'CLUSTER_FORBIDDEN', object: 'argocd/wiki' },
  ]);
});
