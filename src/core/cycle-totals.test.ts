import { expect, test } from 'vitest';
import { item, MIXED } from '../../test/support/sample-report.ts';
import { cycleTotals } from './cycle-totals.ts';
import { undeployedAfter } from './undeployed.ts';

const of = (name: string) => ({ policy: { rule: '', updater: { namespace: 'argocd', name }, passedOver: [] } });

test('counts by outcome, and failures by code', () => {
  const { images, failures, updaters } = cycleTotals(MIXED.items, MIXED);
  expect(images).toEqual({ update: 1, current: 1, held: 1, none: 1, failed: 1 });
  expect([...failures]).toEqual([['REGISTRY_UNREACHABLE', 1]]);
  const all = { updater: undefined, applications: 3, considered: 4, skipped: 2, updated: 1, errors: 1 };
  expect(updaters).toEqual([all]);
});

test('what fails goes on failing while others are looked at', () => {
  const refused = item({ outcome: 'failed', rule: 'GIT_PUSH_REFUSED' });
  const unread = { code: 'CONFIG_INVALID', object: 'ImageUpdater argocd/a', message: '', fix: '' } as const;
  const { failures } = cycleTotals([refused, refused, item()], { items: [item()], failures: [unread] });
  expect(Object.fromEntries(failures)).toEqual({ GIT_PUSH_REFUSED: 2, CONFIG_INVALID: 1 });
});

test('keeps ImageUpdaters apart', () => {
  const items = [item(of('a')), item({ ...of('a'), alias: 'x', outcome: 'update' }), item(of('b'))];
  expect(cycleTotals(items, { items: [], failures: [] }).updaters).toMatchObject([
    { updater: { name: 'a' }, applications: 1, considered: 2, updated: 1 },
    { updater: { name: 'b' }, applications: 1, considered: 1, updated: 0 },
  ]);
});

test('a version is undeployed from when it was first held until it is written or another takes its place', () => {
  const held = item({ outcome: 'held', to: '2' });
  const first = undeployedAfter([], [held, item()], 1_000);
  expect(first).toEqual([{ application: 'argocd/shop', alias: 'web', to: '2', sinceMs: 1_000 }]);
  const second = undeployedAfter(first, [item({ outcome: 'failed', to: '2' })], 2_000);
  expect(second).toEqual(first);
  expect(undeployedAfter(second, [item({ outcome: 'held', to: '3' })], 3_000)).toMatchObject([
    { to: '3', sinceMs: 3_000 },
  ]);
  expect(undeployedAfter(second, [item({ outcome: 'update', to: '2' })], 3_000)).toEqual([]);
});

test('what is proposed is not written before it is merged', () => {
  const base = { forge: 'github', repoURL: '', head: '', base: '', title: '', url: null, remarks: [] } as const;
  const after = (state: 'open' | 'merged') =>
    undeployedAfter([], [item({ outcome: 'update', to: '2', pullRequest: { ...base, state } })], 0);
  expect(after('open')).toHaveLength(1);
  expect(after('merged')).toHaveLength(0);
});
