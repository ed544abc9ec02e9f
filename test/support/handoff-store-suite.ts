import { describe, expect, test } from 'vitest';
import { JUST_ACCEPTED } from '../../src/core/handoff/operation.ts';
import type { NewHandoff, SettledTarget } from '../../src/ports/handoffs.ts';
import type { Store } from '../../src/store/memory.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const SHOP = { application: 'argocd/shop', alias: 'web', image: 'ghcr.io/acme/shop', tag: '1.1', digest: 'sha256:1' };
const SCOPE = 'github-run:github.com/7/deploy.yml';

function handoff(id: string, more: Partial<NewHandoff> = {}): NewHandoff {
  const prints = { token: `token of ${id}`, body: 'body', secret: `secret of ${id}` };
  const times = { issuedMs: 1_000, expiresMs: 100_000, project: 'https://gitlab.com 42' };
  return { id, ...prints, ...times, order: undefined, targets: [SHOP], ...more };
}

function settled(id: string, more: Partial<SettledTarget> = {}): SettledTarget {
  const { application, alias } = SHOP;
  return { handoff: id, application, alias, ...JUST_ACCEPTED, state: 'committed', written: undefined, ...more };
}

/** What every store does with hand-offs. @param open  an empty one, which is gone when it is disposed of */
export function testHandoffStore(open: () => Promise<Store>): void {
  describe('a hand-off', () => {
    test('is kept with its targets, and found by its id', async () => {
      await using store = await open();
      await store.handoffs.begin(1_000);
      const order = { scope: SCOPE, number: 7 };
      const other = { ...SHOP, application: 'argocd/blog' };
      const given = handoff('a', { order, targets: [SHOP, other] });
      expect(await store.handoffs.submit(given, 2_000)).toEqual({ kind: 'accepted', id: 'a', isNew: true });
      expect(await store.handoffs.find('a')).toEqual({
        ...{ id: 'a', token: 'token of a', secret: 'secret of a', createdMs: 2_000, order },
        targets: [
          { ...other, ...JUST_ACCEPTED },
          { ...SHOP, ...JUST_ACCEPTED },
        ],
      });
      expect(await store.handoffs.find('b')).toBeUndefined();
    });

    test('is the same operation when the same body comes again with its token, and none when another does', async () => {
      await using store = await open();
      await store.handoffs.begin(1_000);
      await store.handoffs.submit(handoff('a'), 2_000);
      const again = handoff('b', { token: 'token of a' });
      expect(await store.handoffs.submit(again, 3_000)).toEqual({ kind: 'accepted', id: 'a', isNew: false });
      const other = { ...again, body: 'other', secret: 'secret of another body' };
      expect(await store.handoffs.submit(other, 3_000)).toEqual({ kind: 'used' });
      // The secret is made of the token as it came last.
      expect(await store.handoffs.find('a')).toMatchObject({ secret: 'secret of b' });
      expect(await store.handoffs.find('b')).toBeUndefined();
    });

    test('of many targets is kept whole', async () => {
      await using store = await open();
      await store.handoffs.begin(1_000);
      const targets = Array.from({ length: 431 }, (_, index) => ({ ...SHOP, alias: `image-${index}` }));
      await store.handoffs.submit(handoff('a', { targets }), 2_000);
      expect((await store.handoffs.find('a'))?.targets).toHaveLength(431);
    });

    test('is one too many where its project has 100,000 targets, which leaves other projects their room', async () => {
      await using store = await open();
      await store.handoffs.begin(1_000);
      const submit = (id: string, project: string, targets = 1) => {
        const all = Array.from({ length: targets }, (_, index) => ({ ...SHOP, alias: `image-${index}` }));
        return store.handoffs.submit(handoff(id, { project, targets: all }), 2_000);
      };
      const full = { kind: 'full', of: 'project' };
      await submit('first', 'busy', 400);
      expect(await submit('too large', 'busy', 99_601)).toEqual(full);
      expect(await store.handoffs.find('too large')).toBeUndefined();
      expect(await submit('small', 'busy')).toMatchObject({ isNew: true });
      expect(await submit('calm', 'calm')).toMatchObject({ isNew: true });
      // A lost answer can be asked for all the same.
      const again = handoff('again', { token: 'token of first', project: 'busy' });
      expect(await store.handoffs.submit(again, 2_000)).toMatchObject({ id: 'first', isNew: false });
    });

    test('comes from a token that is younger than the store', async () => {
      await using store = await open();
      // Nobody has begun: the store was lost, with all tokens that it knew.
      expect(await store.handoffs.submit(handoff('a', { issuedMs: 1_999 }), 2_000)).toEqual({ kind: 'forgotten' });
      await store.handoffs.begin(9_000);
      expect(await store.handoffs.submit(handoff('a', { issuedMs: 1_999 }), 9_000)).toEqual({ kind: 'forgotten' });
      expect(await store.handoffs.submit(handoff('a', { issuedMs: 2_000 }), 9_000)).toMatchObject({ isNew: true });
    });

    test('is remembered for a week, and as long as its token can be used', async () => {
      await using store = await open();
      await store.handoffs.begin(1_000);
      await store.handoffs.submit(handoff('week'), 2_000);
      await store.handoffs.submit(handoff('month', { expiresMs: 30 * DAY_MS }), 2_000);
      const later = async (days: number) => {
        await store.handoffs.submit(handoff(`day ${days}`), days * DAY_MS);
        return [await store.handoffs.find('week'), await store.handoffs.find('month')].map((one) => one?.id);
      };
      expect(await later(7)).toEqual(['week', 'month']);
      expect(await later(8)).toEqual([undefined, 'month']);
      expect(await later(31)).toEqual([undefined, undefined]);
    });
  });

  describe('what is pending', () => {
    test('is accepted, held or proposed, in the order in which it came', async () => {
      await using store = await open();
      await store.handoffs.begin(1_000);
      for (const [index, id] of ['c', 'a', 'b', 'd', 'e'].entries())
        await store.handoffs.submit(handoff(id), 2_000 + index);
      const states = [settled('a', { state: 'held' }), settled('b'), settled('e', { state: 'pull-request' })];
      await store.handoffs.settle(states, 3_000);
      const { targets } = await store.handoffs.pending();
      expect(targets.map(({ handoff: id, state, createdMs }) => [id, state, createdMs])).toEqual([
        ['c', 'accepted', 2_000],
        ['a', 'held', 2_001],
        ['d', 'accepted', 2_003],
        ['e', 'pull-request', 2_004],
      ]);
    });

    test('is what is new, with all that waits for the same image, however much else waits', async () => {
      await using store = await open();
      await store.handoffs.begin(1_000);
      const targets = Array.from({ length: 10_000 }, (_, index) => ({ ...SHOP, alias: `image-${index}` }));
      const held = { ...JUST_ACCEPTED, state: 'held', written: undefined } as const;
      for (const [index, own] of [targets, [SHOP], [SHOP]].entries()) {
        const id = `${index}`;
        await store.handoffs.submit(handoff(id, { targets: own }), 2_000 + index);
        if (index === 2) continue;
        const settling = own.map((target) => ({ handoff: id, ...target, ...held }));
        for (let at = 0; at < own.length; at += 500) await store.handoffs.settle(settling.slice(at, at + 500), 3_000);
      }
      const found = (await store.handoffs.pending()).targets;
      expect(found).toHaveLength(10_000);
      expect(found.slice(0, 2)).toMatchObject([
        { ...SHOP, handoff: '1', state: 'held' },
        { ...SHOP, handoff: '2', state: 'accepted' },
      ]);
    });

    test('knows the newest number that was written for its image, also when an older one is told later', async () => {
      await using store = await open();
      await store.handoffs.begin(1_000);
      for (const [id, number] of [
        ['a', 7],
        ['b', 5],
      ] as const) {
        const order = { scope: SCOPE, number };
        await store.handoffs.submit(handoff(id, { order }), 2_000);
        await store.handoffs.settle([settled(id, { written: order })], 2_000);
      }
      await store.handoffs.submit(handoff('c'), 3_000);
      const { writtenOf } = await store.handoffs.pending();
      expect([...writtenOf('argocd/shop', 'web')]).toEqual([[SCOPE, 7]]);
      expect([...writtenOf('argocd/shop', 'api')]).toEqual([]);
    });

    test('is settled with all that became of it', async () => {
      await using store = await open();
      await store.handoffs.begin(1_000);
      await store.handoffs.submit(handoff('a'), 2_000);
      const place = { repoURL: 'https://git.example/shop', branch: 'main', pullRequest: 'https://git.example/1' };
      const what = { reason: 'why', commit: 'c0ffee', ...place };
      await store.handoffs.settle([settled('a', what)], 3_000);
      expect((await store.handoffs.find('a'))?.targets).toEqual([{ ...SHOP, state: 'committed', ...what }]);
      expect((await store.handoffs.pending()).targets).toEqual([]);
    });
  });

  test('tokens that come at the same moment are told apart', async () => {
    await using store = await open();
    await store.handoffs.begin(1_000);
    const posts = Array.from({ length: 20 }, (_, index) =>
      store.handoffs.submit(handoff(`id-${index}`, { token: `token ${index % 4}` }), 2_000),
    );
    const accepted = await Promise.all(posts);
    expect(accepted.filter((one) => one.kind === 'accepted' && one.isNew)).toHaveLength(4);
    expect(new Set(accepted.map((one) => one.kind === 'accepted' && one.id)).size).toBe(4);
  });
}
