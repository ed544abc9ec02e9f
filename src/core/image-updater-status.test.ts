import { describe, expect, test } from 'vitest';
import { item } from '../../test/support/sample-report.ts';
import {
  type ImageUpdaterStatus,
  joinParts,
  nextStatus,
  type UpdaterStanding,
  updaterPart,
} from './image-updater-status.ts';
import type { ItemReport } from './report.ts';

const NOON_MS = Date.UTC(2026, 0, 1, 12);
const NOON = '2026-01-01T12:00:00Z';
const MINUTE_MS = 60_000;
const FAILED = { outcome: 'failed', rule: 'REGISTRY_TIMEOUT', reason: 'no answer within 30 s' } as const;

interface Seen extends Partial<Omit<UpdaterStanding, 'part'>> {
  readonly items?: readonly ItemReport[];
  readonly moved?: readonly ItemReport[];
}

function standing({ items = [item()], moved = [], ...different }: Seen = {}): UpdaterStanding {
  return { generation: 3, problems: [], ...different, part: updaterPart(items, moved, NOON_MS) };
}

function written(before: unknown, now: UpdaterStanding, afterMs = 0): ImageUpdaterStatus {
  const status = nextStatus(before, now, NOON_MS + afterMs);
  if (!status) throw new Error('nothing was to be written');
  return status;
}

/** "Ready True ReconcileSucceeded" */
function conditions({ conditions: all }: ImageUpdaterStatus): readonly string[] {
  return all.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
}

describe('conditions (reference part 1, 1.4)', () => {
  const problem = {
    code: 'CONFIG_INVALID',
    object: 'ImageUpdater argocd/a',
    message: 'bad glob',
    fix: 'mend it',
  } as const;
  for (const [what, different, expected, said] of [
    [
      'all is well',
      {},
      ['Ready True ReconcileSucceeded', 'Reconciling False Idle', 'Error False NoErrors'],
      'Reconciled 1 applications, 0 images updated.',
    ],
    [
      'an image fails',
      { items: [item(), item({ alias: 'api', ...FAILED })] },
      ['Ready False ReconcileCompletedWithErrors', 'Reconciling False Idle', 'Error True PartialErrors'],
      'Reconciled 1 applications with 1 errors, 0 images updated.',
    ],
    [
      'the object is wrong',
      { items: [], problems: [problem] },
      ['Ready False ReconcileFailed', 'Reconciling False Idle', 'Error True ReconcileError'],
      'Reconciliation failed: bad glob; mend it',
    ],
    [
      'it selects nothing',
      { items: [] },
      ['Ready True ReconcileSucceeded', 'Reconciling False Idle', 'Error False NoErrors'],
      'Reconciled 0 applications, 0 images updated.',
    ],
  ] as readonly (readonly [string, Seen, readonly string[], string])[]) {
    test(what, () => {
      const status = written(undefined, standing(different));
      expect(conditions(status)).toEqual(expected);
      expect(status.conditions[0]).toMatchObject({ message: said, observedGeneration: 3, lastTransitionTime: NOON });
    });
  }

  test('the failures are named, the first ones', () => {
    const items = ['a', 'b', 'c', 'd', 'e'].map((alias) => item({ alias, ...FAILED }));
    expect(written(undefined, standing({ items })).conditions[2]?.message).toBe(
      '5 error(s) occurred during image update checks. argocd/shop a: no answer within 30 s (REGISTRY_TIMEOUT); ' +
        'argocd/shop b: no answer within 30 s (REGISTRY_TIMEOUT); argocd/shop c: no answer within 30 s ' +
        '(REGISTRY_TIMEOUT); and 2 more',
    );
  });

  test('an alias of any length leaves room for the rest', () => {
    const items = ['a', 'b', 'c'].map((alias) => item({ alias: alias.repeat(40_000), ...FAILED }));
    const { conditions } = written(undefined, standing({ items }));
    for (const { message } of conditions) expect(Buffer.byteLength(message)).toBeLessThan(4_000);
    const moved = items.map((one) => ({ ...one, outcome: 'update', to: '1.1' }) as const);
    expect(JSON.stringify(written(undefined, standing({ items, moved }))).length).toBeLessThan(10_000);
  });

  test('a condition says since when it has been so', () => {
    const first = written(undefined, standing());
    const second = written(first, standing({ items: [item(FAILED)] }), MINUTE_MS);
    const third = written(second, standing({ generation: 4, items: [item(FAILED)] }), 2 * MINUTE_MS);
    expect(third.conditions.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([
      '2026-01-01T12:01:00Z',
      NOON,
      '2026-01-01T12:01:00Z',
    ]);
  });
});

describe('counts and updates (reference part 1, 1.3)', () => {
  const move = (application: string, to: string, more: Partial<ItemReport> = {}) =>
    item({ application, to, outcome: 'update', rule: 'newest', ...more });

  test('images that nothing uses are selected but not managed', () => {
    const items = [item(), item({ alias: 'old', outcome: 'none' }), item({ application: 'argocd/blog' })];
    expect(written(undefined, standing({ items }))).toMatchObject({ applicationsMatched: 2, imagesManaged: 2 });
  });

  test('updates are counted by alias and version; a digest counts for more than its tag', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const moved = [move('argocd/a', '1.1'), move('argocd/b', '1.1'), move('argocd/c', `1.1@${digest}`)];
    const updated = { alias: 'web', image: 'ghcr.io/acme/web', updatedAt: NOON };
    expect(written(undefined, standing({ items: moved, moved }))).toMatchObject({
      lastUpdatedAt: NOON,
      recentUpdates: [
        { ...updated, newVersion: '1.1', applicationsUpdated: 2, message: 'Updated from 1.0.0 to 1.1.' },
        { ...updated, newVersion: digest, applicationsUpdated: 1 },
      ],
    });
  });

  test('they stay until there are others', () => {
    const moved = [move('argocd/a', '1.1')];
    const { lastUpdatedAt, recentUpdates } = written(undefined, standing({ items: moved, moved }));
    const before = { lastUpdatedAt, recentUpdates };
    expect(written(before, standing(), MINUTE_MS)).toMatchObject(before);
  });
});

describe('what several know of it', () => {
  const one = [item({ application: 'argocd/a', ...FAILED })];
  const other = ['b', 'c', 'd'].map((name) => item({ application: `argocd/${name}`, ...FAILED }));

  test('is told as if one knew it all', () => {
    const all = updaterPart([...one, ...other], [], NOON_MS);
    expect(joinParts([updaterPart(one, [], NOON_MS), updaterPart(other, [], NOON_MS)])).toEqual(all);
  });

  test('shows what was moved last, by whomever, with its own time', () => {
    const moved = (name: string) => [item({ application: `argocd/${name}`, outcome: 'update', to: `2-${name}` })];
    const parts = [updaterPart(one, moved('a'), NOON_MS), updaterPart(other, moved('b'), NOON_MS + MINUTE_MS)];
    const { lastUpdatedAt, recentUpdates } = written(
      undefined,
      { ...standing(), part: joinParts(parts) },
      9 * MINUTE_MS,
    );
    expect(lastUpdatedAt).toBe('2026-01-01T12:01:00Z');
    expect(recentUpdates).toMatchObject([
      { newVersion: '2-b', updatedAt: '2026-01-01T12:01:00Z' },
      { newVersion: '2-a', updatedAt: NOON },
    ]);
  });
});

describe('when it is written', () => {
  const before = written(undefined, standing());
  for (const [what, different, minutes, isWritten] of [
    ['nothing is new', {}, 9, false],
    ['nothing is new for ten minutes', {}, 10, true],
    ['the spec was changed', { generation: 4 }, 1, true],
    ['an image more', { items: [item(), item({ alias: 'api' })] }, 1, true],
    ['an image fails', { items: [item(FAILED)] }, 1, true],
    ['an image was moved', { moved: [item({ outcome: 'update', to: '2' })] }, 1, true],
  ] as const) {
    test(what, () => {
      expect(nextStatus(before, standing(different), NOON_MS + minutes * MINUTE_MS) !== undefined).toBe(isWritten);
    });
  }

  test('an image that fails in other words is no news, another one that fails is', () => {
    const first = written(undefined, standing({ items: [item(FAILED), item({ alias: 'api' })] }));
    const words = [item({ ...FAILED, reason: 'no answer within 31 s' }), item({ alias: 'api' })];
    expect(nextStatus(first, standing({ items: words }), NOON_MS + MINUTE_MS)).toBeUndefined();
    const both = [item(FAILED), item({ alias: 'api', ...FAILED })];
    expect(nextStatus(first, standing({ items: both }), NOON_MS + MINUTE_MS)).toBeDefined();
  });

  test('what upstream wrote is replaced', () => {
    const conditions = [{ type: 'Reconciling', status: 'True', reason: 'Reconciling', message: '' }];
    expect(nextStatus({ ...before, conditions }, standing(), NOON_MS + MINUTE_MS)).toBeDefined();
  });
});
