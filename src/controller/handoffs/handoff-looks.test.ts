import { describe, expect, test } from 'vitest';
import { item, REPO, report } from '../../../test/support/sample-report.ts';
import { targetImage } from '../../../test/support/target-images.ts';
import { trackedImage } from '../../../test/support/tracked.ts';
import type { BuildOrder } from '../../core/build-order.ts';
import type { CycleReport, ItemReport, PullRequestReport } from '../../core/report.ts';
import { openMemoryStore } from '../../store/open-store.ts';
import { openHandoffLooks } from './handoff-looks.ts';

const digestOf = (tag: string) => `sha256:${Buffer.from(tag).toString('hex').padStart(64, '0')}`;
const IMAGE = { application: 'argocd/shop', alias: 'web', image: 'ghcr.io/acme/web' };
const TRACKED = trackedImage('shop', 'web', targetImage('acme/web'));
const ONLY = { ...TRACKED, handoffOnly: true as const };
const COMMIT = { repoURL: REPO, branch: 'main', commit: 'c0ffee', message: 'build: automatic update of shop' };
const REQUEST: PullRequestReport = {
  ...{ forge: 'github', repoURL: REPO, head: 'tiphys/shop', base: 'main', title: 'Update', url: `${REPO}/1` },
  ...{ state: 'open', remarks: [] },
};

const moved = (more: Partial<ItemReport> = {}) => item({ outcome: 'update', rule: 'newest', to: '1.1', ...more });

async function openLab() {
  const store = openMemoryStore();
  await store.handoffs.begin(0);
  const looks = openHandoffLooks(store.handoffs, () => 5_000);
  let posted = 0;
  return {
    looks,
    store,
    async post(tag: string, number?: number, scope = 'gitlab-id:gitlab.com/1') {
      const id = `id-${posted++}`;
      const order: BuildOrder | undefined = number === undefined ? undefined : { scope, number };
      const prints = { token: id, body: id, secret: id, issuedMs: 1_000, expiresMs: 9_000, project: 'p' };
      await store.handoffs.submit(
        { id, ...prints, order, targets: [{ ...IMAGE, tag, digest: digestOf(tag) }] },
        1_000 + posted,
      );
      return id;
    },
    /** One look that finds this. @returns what it was given for the image */
    async look(found: Partial<CycleReport>, tracked = TRACKED): Promise<string | undefined> {
      let given: string | undefined;
      const work = async (handedOff: (one: typeof tracked) => { readonly tag: string } | undefined) => {
        given = handedOff(tracked)?.tag;
        return report(found);
      };
      await looks.look(work, false);
      return given;
    },
    async standingOf(id: string) {
      const [target] = (await store.handoffs.find(id))?.targets ?? [];
      return target && [target.state, target.reason, target.commit, target.branch, target.pullRequest];
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

describe('what a look finds about what was handed off', () => {
  for (const [why, found, standing] of [
    ['it is written', { items: [moved()], commits: [COMMIT] }, ['committed', '', 'c0ffee', 'main', null]],
    [
      'it is written to an Application itself',
      { items: [moved({ target: { kind: 'application', application: 'argocd/shop', path: 'spec.source' } })] },
      ['committed', '', null, null, null],
    ],
    [
      'Git says it already',
      { items: [item({ to: '1.1', reason: 'Git says so already' })] },
      ['committed', 'Git says so already', null, 'main', null],
    ],
    [
      'it is proposed',
      { items: [moved({ pullRequest: { ...REQUEST, remarks: ['no label'] } })] },
      ['pull-request', 'no label', null, 'tiphys/shop', `${REPO}/1`],
    ],
    [
      'it is proposed and merged at once',
      { items: [moved({ pullRequest: { ...REQUEST, state: 'merged' } })] },
      ['committed', '', null, 'main', `${REPO}/1`],
    ],
    [
      'a gate holds it',
      { items: [moved({ outcome: 'held', rule: 'downgrade', reason: 'older' })] },
      ['held', 'older', null, null, null],
    ],
    [
      'a person has declined it',
      { items: [moved({ outcome: 'held', rule: 'rejected', reason: 'closed' })] },
      ['refused', 'closed', null, null, null],
    ],
    [
      'a filter is against it',
      { items: [item({ outcome: 'none', rule: 'no-candidate', to: null, reason: 'no tag is left' })] },
      ['refused', 'no tag is left', null, null, null],
    ],
    [
      'the registry is down: it is looked at again',
      { items: [item({ outcome: 'failed', rule: 'REGISTRY_UNREACHABLE', to: null, reason: 'down' })] },
      ['accepted', 'down', null, null, null],
    ],
    [
      'somebody wrote the file meanwhile: it is looked at again',
      { items: [moved({ outcome: 'none', rule: 'superseded' })] },
      ['accepted', '', null, null, null],
    ],
    ['nothing, for it was not part of it', { items: [item({ alias: 'api' })] }, ['accepted', '', null, null, null]],
  ] as const) {
    test(why, async () => {
      await using lab = await openLab();
      const id = await lab.post('1.1');
      expect(await lab.look(found)).toBe('1.1');
      expect(await lab.standingOf(id)).toEqual(standing);
    });
  }
});

describe('of several builds', () => {
  test('the newest is written, and the others are superseded, in whichever order they come', async () => {
    await using lab = await openLab();
    const ids = [await lab.post('1.2', 2), await lab.post('1.3', 3), await lab.post('1.1', 1)];
    expect(await lab.look({ items: [moved({ to: '1.3' })], commits: [COMMIT] })).toBe('1.3');
    const late = ['superseded', '1.3 was handed off by a newer build', null, null, null];
    expect(await Promise.all(ids.map(lab.standingOf))).toEqual([late, ['committed', '', 'c0ffee', 'main', null], late]);
  });

  test('one that comes after a newer one was written is superseded, and scans go on', async () => {
    await using lab = await openLab();
    await lab.post('1.3', 3);
    await lab.look({ items: [moved({ to: '1.3' })], commits: [COMMIT] });
    const id = await lab.post('1.1', 1);
    expect(await lab.look({ items: [item({ to: '1.3' })] })).toBeUndefined();
    expect(await lab.standingOf(id)).toEqual(['superseded', 'a newer build was written before', null, null, null]);
  });

  test('one that was refused is in the way of none', async () => {
    await using lab = await openLab();
    await lab.post('1.3', 3);
    await lab.look({ items: [item({ outcome: 'none', rule: 'handoff-mismatch', to: null })] });
    await lab.post('1.1', 1);
    expect(await lab.look({ items: [moved()], commits: [COMMIT] })).toBe('1.1');
  });

  test('both of the same version come to the same', async () => {
    await using lab = await openLab();
    const ids = [await lab.post('1.3', 3), await lab.post('1.3', 3)];
    await lab.look({ items: [moved({ to: '1.3' })], commits: [COMMIT] });
    const written = ['committed', '', 'c0ffee', 'main', null];
    expect(await Promise.all(ids.map(lab.standingOf))).toEqual([written, written]);
  });
});

describe('what was looked at and not written', () => {
  const HELD = { items: [moved({ outcome: 'held', rule: 'suspended', reason: 'suspended' })] };

  test('is left to scans', async () => {
    await using lab = await openLab();
    const id = await lab.post('1.1');
    await lab.look(HELD);
    expect(await lab.look({ items: [item({ to: '1.0' })] })).toBeUndefined();
    expect(await lab.standingOf(id)).toEqual(['held', 'suspended', null, null, null]);
    expect(await lab.look({ items: [moved({ to: '1.2' })], commits: [COMMIT] })).toBeUndefined();
    expect(await lab.standingOf(id)).toEqual(['superseded', '1.2 was found by a scan', null, null, null]);
  });

  test('goes on to be the version where no scan may move the image', async () => {
    await using lab = await openLab();
    const id = await lab.post('1.1');
    expect(await lab.look(HELD, ONLY)).toBe('1.1');
    expect(await lab.look({ items: [moved()], commits: [COMMIT] }, ONLY)).toBe('1.1');
    expect(await lab.standingOf(id)).toEqual(['committed', '', 'c0ffee', 'main', null]);
    expect(
      await lab.look({ items: [item({ outcome: 'none', rule: 'handoff-only', to: null })] }, ONLY),
    ).toBeUndefined();
  });

  test('is committed once its pull request was merged', async () => {
    await using lab = await openLab();
    const id = await lab.post('1.1');
    await lab.look({ items: [moved({ pullRequest: REQUEST })] }, ONLY);
    expect(await lab.look({ items: [item({ to: '1.1', reason: 'so already' })] }, ONLY)).toBe('1.1');
    expect(await lab.standingOf(id)).toEqual(['committed', 'so already', null, 'main', `${REPO}/1`]);
  });
});

test('somebody has to look at what was accepted', async () => {
  await using lab = await openLab();
  expect(await lab.looks.waiting()).toEqual([]);
  await lab.post('1.1');
  expect(await lab.looks.waiting()).toMatchObject([{ application: 'argocd/shop', tag: '1.1' }]);
  await lab.look({ items: [moved({ outcome: 'held', rule: 'suspended' })] });
  expect(await lab.looks.waiting()).toEqual([]);
});

test('what another replica has made late is settled, though nobody looks at it again', async () => {
  await using lab = await openLab();
  const id = await lab.post('1.1', 1);
  await lab.look({ items: [moved({ outcome: 'held', rule: 'downgrade', reason: 'older' })] });
  const newer = await lab.post('1.2', 2);
  expect((await lab.looks.waiting()).map(({ tag }) => tag)).toEqual(['1.2']);
  expect(await lab.standingOf(id)).toMatchObject(['superseded', expect.stringContaining('1.2'), null, null, null]);
  expect(await lab.standingOf(newer)).toMatchObject(['accepted', '', null, null, null]);
});

test('many are settled some at a time, so that none keeps the store for long', async () => {
  await using store = openMemoryStore();
  await store.handoffs.begin(0);
  const aliases = Array.from({ length: 1_001 }, (_, index) => `web-${index}`);
  const targets = aliases.map((alias) => ({ ...IMAGE, alias, tag: '1.1', digest: digestOf('1.1') }));
  const times = { issuedMs: 1_000, expiresMs: 9_000 };
  const request = { id: 'a', token: 'a', body: 'a', secret: 'a', project: 'p', order: undefined, ...times, targets };
  await store.handoffs.submit(request, 1_000);
  const sizes: number[] = [];
  const settle: typeof store.handoffs.settle = (some, nowMs) => {
    sizes.push(some.length);
    return store.handoffs.settle(some, nowMs);
  };
  const looks = openHandoffLooks({ ...store.handoffs, settle }, () => 5_000);
  const items = aliases.map((alias) => moved({ alias }));
  await looks.look(async () => report({ items, commits: [COMMIT] }), false);
  expect(sizes).toEqual([500, 500, 1]);
  expect((await store.handoffs.pending()).targets).toEqual([]);
});

test('registries are asked anew about what was handed off', async () => {
  await using lab = await openLab();
  const asked: unknown[] = [];
  const look = () =>
    lab.looks.look(async (_handedOff, images) => {
      asked.push(images);
      return report();
    }, false);
  await look();
  await lab.post('1.1');
  await lab.post('1.2');
  await look();
  expect(asked).toMatchObject([[], [{ registry: 'ghcr.io', repository: 'acme/web' }]]);
});

test('a dry run takes what was handed off, and nothing becomes of it', async () => {
  await using lab = await openLab();
  const id = await lab.post('1.1');
  await lab.looks.look(async (handedOff) => {
    expect(handedOff(TRACKED)?.tag).toBe('1.1');
    return report({ items: [moved()] });
  }, true);
  expect(await lab.standingOf(id)).toEqual(['accepted', '', null, null, null]);
});

test('a store that is away is a warning, and the look goes on', async () => {
  const lab = await openLab();
  await lab.post('1.1');
  await lab.store[Symbol.asyncDispose]();
  const found = await lab.looks.look(async (handedOff) => {
    expect(handedOff(TRACKED)).toBeUndefined();
    return report();
  }, false);
  expect(found.warnings).toMatchObject([{ object: 'hand-offs' }]);
});
