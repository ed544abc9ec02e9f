import { describe, expect, test } from 'vitest';
import { type Digest, parseDigest, parseTag, type Tag } from '../../src/core/reference.ts';
import type { RememberedPage, ScanStore } from '../../src/ports/store.ts';
import type { Store } from '../../src/store/memory.ts';
import { testHandoffStore } from './handoff-store-suite.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
export const SHOP = { name: 'registry.example/acme/shop', viewer: 'anonymous' };
const PLACE = { credential: 'Secret shop/ghcr, field auth', host: 'ghcr.io' };
const NONE = { appeared: [], left: [] };

export function tagOf(text: string): Tag {
  const tag = parseTag(text);
  if (!tag.ok) throw new Error(tag.problem);
  return tag.value;
}

export function digestOf(number: number): Digest {
  const digest = parseDigest(`sha256:${String(number).padStart(64, '0')}`);
  if (!digest.ok) throw new Error(digest.problem);
  return digest.value;
}

function page(...tags: readonly string[]): RememberedPage {
  return { url: 'https://registry.example/v2/acme/shop/tags/list', tags };
}

/** Something of everything. */
export async function fill(store: ScanStore): Promise<void> {
  await store.keepList(SHOP, { nowMs: 1_000, pages: [page('1.0')], ...NONE });
  await store.keepTag(SHOP, tagOf('1.0'), digestOf(1), 1_000);
  await store.keepContent(SHOP, digestOf(1), 'an image', 1_000);
}

export async function expectFilled(store: ScanStore): Promise<void> {
  expect(await store.list(SHOP)).toEqual({ pages: [page('1.0')], firstScanMs: 1_000 });
  expect(await store.tag(SHOP, tagOf('1.0'))).toMatchObject({ digest: digestOf(1), checkedMs: 1_000 });
  expect(await store.content(SHOP, digestOf(1), 2_000)).toBe('an image');
}

/** What every store does. @param open  an empty one, which is gone when it is disposed of */
export function testStore(open: () => Promise<Store>): void {
  testHandoffStore(open);

  describe('what was kept is there', () => {
    test('for one set of credentials only', async () => {
      await using store = await open();
      await fill(store);
      const other = { ...SHOP, viewer: 'somebody' };
      expect(await store.list(other)).toBeUndefined();
      expect(await store.tag(other, tagOf('1.0'))).toBeUndefined();
      expect(await store.content(other, digestOf(1), 2_000)).toBeUndefined();
    });

    test('page by page, with what makes the next question a conditional one', async () => {
      await using store = await open();
      const pages = [
        { ...page('b', 'a', 'b'), etag: '"1"', next: 'https://registry.example/2' },
        { ...page('ü'), url: 'https://registry.example/2' },
      ];
      await store.keepList(SHOP, { nowMs: 1_000, pages, ...NONE });
      expect((await store.list(SHOP))?.pages).toEqual(pages);
      await store.keepList(SHOP, { nowMs: 2_000, pages: [page('c')], appeared: ['c'], left: ['a', 'b'] });
      expect((await store.list(SHOP))?.pages).toEqual([page('c')]);
    });

    test('while a list is not believed, and no longer', async () => {
      await using store = await open();
      await fill(store);
      const pending = { believed: ['1.0'], answers: 2, sinceMs: 2_000 };
      await store.keepList(SHOP, { nowMs: 2_000, pages: [page()], pending, ...NONE });
      expect(await store.list(SHOP)).toEqual({ pages: [page()], firstScanMs: 1_000, pending });
      await store.keepList(SHOP, { nowMs: 3_000, ...NONE });
      expect(await store.list(SHOP)).toEqual({ pages: [page()], firstScanMs: 1_000 });
    });

    test('whatever a registry lists: texts that are no tags get no time of their own', async () => {
      await using store = await open();
      const odd = ['a\0b', 'x'.repeat(10_000), 'ü', '\ud800', '"', "'"];
      await store.keepList(SHOP, { nowMs: 1_000, pages: [page()], ...NONE });
      await store.keepList(SHOP, { nowMs: 2_000, pages: [page(...odd)], appeared: odd, left: [] });
      expect((await store.list(SHOP))?.pages).toEqual([page(...odd)]);
      expect((await store.firstSeen(SHOP)).later).toEqual(new Map());
    });
  });

  describe('first seen', () => {
    test('what the first scan finds may be of any age; what comes later is of its time', async () => {
      await using store = await open();
      await store.keepList(SHOP, { nowMs: 1_000, pages: [page('1.0')], appeared: ['1.0'], left: [] });
      await store.keepList(SHOP, { nowMs: 2_000, pages: [page('1.0', '1.1')], appeared: ['1.1'], left: [] });
      await store.keepTag(SHOP, tagOf('1.0'), digestOf(10), 3_000);
      await store.keepTag(SHOP, tagOf('1.1'), digestOf(11), 3_000);
      expect(await store.tag(SHOP, tagOf('1.0'))).toMatchObject({ sinceMs: 1_000, isNews: false });
      expect(await store.tag(SHOP, tagOf('1.1'))).toMatchObject({ sinceMs: 2_000, isNews: true });
      expect(await store.firstSeen(SHOP)).toEqual({
        firstScanMs: 1_000,
        later: new Map([['1.1', 2_000]]),
        digests: new Map([
          [digestOf(10), 3_000],
          [digestOf(11), 3_000],
        ]),
      });
    });

    test('a tag that comes to point elsewhere does so since it was seen', async () => {
      await using store = await open();
      await store.keepList(SHOP, { nowMs: 1_000, pages: [page('nightly')], ...NONE });
      for (const [digest, nowMs] of [
        [1, 1_000],
        [2, 2_000],
        [2, 3_000],
      ] as const) {
        await store.keepTag(SHOP, tagOf('nightly'), digestOf(digest), nowMs);
      }
      expect(await store.tag(SHOP, tagOf('nightly'))).toEqual({
        digest: digestOf(2),
        sinceMs: 2_000,
        checkedMs: 3_000,
        isNews: true,
      });
    });

    for (const [awayDays, expected] of [
      [29, 2_000],
      [31, 2_000 + 31 * DAY_MS],
    ] as const) {
      test(`a tag that is gone for ${awayDays} days was first seen at ${expected}`, async () => {
        await using store = await open();
        const backMs = 2_000 + awayDays * DAY_MS;
        await store.keepList(SHOP, { nowMs: 1_000, pages: [page('1.0')], ...NONE });
        await store.keepList(SHOP, { nowMs: 2_000, pages: [page('1.0', '1.1')], appeared: ['1.1'], left: [] });
        await store.keepList(SHOP, { nowMs: 2_000, pages: [page('1.0')], appeared: [], left: ['1.1'] });
        for (let nowMs = 2_000; nowMs < backMs; nowMs += DAY_MS) await store.keepList(SHOP, { nowMs, ...NONE });
        await store.keepList(SHOP, { nowMs: backMs, pages: [page('1.0', '1.1')], appeared: ['1.1'], left: [] });
        expect((await store.firstSeen(SHOP)).later.get('1.1')).toBe(expected);
      });
    }

    test('many tags that come and go at once', async () => {
      await using store = await open();
      const tags = Array.from({ length: 1_234 }, (_, number) => `1.0.${number}`);
      await store.keepList(SHOP, { nowMs: 1_000, pages: [page('1.0.0')], ...NONE });
      await store.keepList(SHOP, { nowMs: 2_000, pages: [page(...tags)], appeared: tags.slice(1), left: [] });
      await store.keepList(SHOP, { nowMs: 3_000, pages: [page('2')], appeared: ['2'], left: tags });
      await store.keepList(SHOP, { nowMs: 4_000, pages: [page(...tags)], appeared: tags, left: ['2'] });
      const later: [string, number][] = tags.slice(1).map((tag) => [tag, 2_000]);
      expect((await store.firstSeen(SHOP)).later).toEqual(new Map([...later, ['2', 3_000]]));
    });

    test('a tag of the first scan that is away for a while is still one of the first scan', async () => {
      await using store = await open();
      await store.keepList(SHOP, { nowMs: 1_000, pages: [page('1.0')], ...NONE });
      await store.keepList(SHOP, { nowMs: 2_000, pages: [page()], appeared: [], left: ['1.0'] });
      await store.keepList(SHOP, { nowMs: 3_000, pages: [page('1.0')], appeared: ['1.0'], left: [] });
      expect((await store.firstSeen(SHOP)).later).toEqual(new Map());
    });
  });

  describe('what nobody uses for 30 days goes', () => {
    const OTHER = { ...SHOP, name: 'registry.example/acme/other' };

    for (const [days, remains] of [
      [29, true],
      [31, false],
    ] as const) {
      test(`a repository that was not listed for ${days} days ${remains ? 'is there' : 'is gone'}`, async () => {
        await using store = await open();
        await fill(store);
        await store.keepList(OTHER, { nowMs: 1_000 + days * DAY_MS, pages: [page('1')], ...NONE });
        expect((await store.list(SHOP)) !== undefined).toBe(remains);
        expect((await store.tag(SHOP, tagOf('1.0'))) !== undefined).toBe(remains);
        expect((await store.content(SHOP, digestOf(1), 1_000)) !== undefined).toBe(remains);
      });
    }

    test('listing a repository and reading a digest are use; a digest that nobody reads goes', async () => {
      await using store = await open();
      await fill(store);
      await store.keepContent(SHOP, digestOf(2), 'read no more', 1_000);
      for (let day = 1; day <= 40; day += 1) {
        const nowMs = 1_000 + day * DAY_MS;
        await store.keepList(SHOP, { nowMs, ...NONE });
        await store.content(SHOP, digestOf(1), nowMs);
      }
      await expectFilled(store);
      expect(await store.content(SHOP, digestOf(2), 1_000)).toBeUndefined();
    });

    test('content above 128 KiB is not kept', async () => {
      await using store = await open();
      await store.keepContent(SHOP, digestOf(1), 'x'.repeat(128 * 1024 + 1), 1_000);
      expect(await store.content(SHOP, digestOf(1), 1_000)).toBeUndefined();
    });
  });

  describe('how credentials fare', () => {
    test('the last success and the last failure stand side by side, for each host', async () => {
      await using store = await open();
      await store.keepOutcome(PLACE, 'accepted', 1_000);
      await store.keepOutcome(PLACE, 'REGISTRY_UNAUTHORIZED', 2_000);
      await store.keepOutcome(PLACE, 'CREDENTIALS_INVALID', 3_000);
      await store.keepOutcome({ ...PLACE, host: 'quay.io' }, 'accepted', 4_000);
      expect(await store.outcomes()).toEqual([
        { ...PLACE, lastSuccessMs: 1_000, lastFailure: { atMs: 3_000, code: 'CREDENTIALS_INVALID' } },
        { ...PLACE, host: 'quay.io', lastSuccessMs: 4_000, lastFailure: undefined },
      ]);
    });

    for (const [days, isThere] of [
      [29, true],
      [31, false],
    ] as const) {
      test(`what was last used ${days} days ago is ${isThere ? 'still there' : 'gone'}`, async () => {
        await using store = await open();
        await store.keepOutcome(PLACE, 'accepted', 1_000);
        await store.keepDemandsNothing('https://ghcr.io', 1_000);
        await store.keepList(SHOP, { nowMs: 1_000 + days * DAY_MS, appeared: [], left: [] });
        expect(await store.outcomes()).toHaveLength(isThere ? 1 : 0);
        expect(await store.demandsNothingSince('https://ghcr.io')).toBe(isThere ? 1_000 : undefined);
      });
    }

    test('a registry that demands something after all is forgotten', async () => {
      await using store = await open();
      await store.keepDemandsNothing('https://ghcr.io', 1_000);
      await store.keepDemandsNothing('https://ghcr.io', undefined);
      expect(await store.demandsNothingSince('https://ghcr.io')).toBeUndefined();
    });
  });

  describe('what shards know of ImageUpdaters', () => {
    test('is read by all, the last that each shard has said', async () => {
      await using store = await open();
      const part = (updater: string, shard: number, text: string) => ({ updater, shard, text });
      const kept = [part('argocd/a', 0, 'old'), part('argocd/a', 1, 'one'), part('argocd/b', 0, 'b')];
      for (const [index, one] of kept.entries()) await store.keepPart(one, 1_000 + index);
      await store.keepPart(part('argocd/a', 0, 'new'), 2_000);
      const found = (await store.parts(['argocd/a', 'argocd/c'])).toSorted((a, b) => a.shard - b.shard);
      expect(found).toEqual([part('argocd/a', 0, 'new'), part('argocd/a', 1, 'one')]);
      expect(await store.parts([])).toEqual([]);
    });

    test('is read of any number of them', async () => {
      await using store = await open();
      const names = Array.from({ length: 250 }, (_, number) => `argocd/updater-${number}`);
      for (const updater of names) await store.keepPart({ updater, shard: 3, text: updater }, 1_000);
      expect(new Set((await store.parts(names)).map(({ text }) => text))).toEqual(new Set(names));
    });
  });

  describe('looks are handed on', () => {
    const one = { shard: 0, key: 'argocd/shop' };
    const other = { shard: 1, key: 'argocd/shop' };

    test('to whoever holds their shards, once however often they were posted', async () => {
      await using store = await open();
      expect(await store.post([one, other, one], 1_000)).toBe(0);
      await store.post([one], 1_500);
      expect(await store.take([], 10, 2_000)).toEqual([]);
      expect(await store.take([0, 2, 10], 10, 2_000)).toEqual([{ ...one, posts: 2 }]);
      expect(await store.take([0], 10, 2_000)).toEqual([]);
      expect(await store.take([1], 10, 2_000)).toEqual([{ ...other, posts: 1 }]);
    });

    test('those that wait longest first, as many as are asked for', async () => {
      await using store = await open();
      for (const [index, key] of ['c', 'a', 'b'].entries()) await store.post([{ shard: 0, key }], 1_000 + index);
      expect((await store.take([0], 2, 2_000)).map(({ key }) => key)).toEqual(['c', 'a']);
      expect((await store.take([0], 2, 2_000)).map(({ key }) => key)).toEqual(['b']);
    });

    test('again when nobody said for a minute that they are done', async () => {
      await using store = await open();
      await store.post([one], 1_000);
      const taken = await store.take([0], 10, 2_000);
      expect(await store.take([0], 10, 61_999)).toEqual([]);
      expect(await store.take([0], 10, 62_000)).toEqual(taken);
      await store.finish(taken);
      expect(await store.take([0], 10, 200_000)).toEqual([]);
    });

    test('again when they were posted anew before they were done', async () => {
      await using store = await open();
      await store.post([one], 1_000);
      const taken = await store.take([0], 10, 2_000);
      await store.post([one], 3_000);
      await store.finish(taken);
      expect(await store.take([0], 10, 4_000)).toEqual([{ ...one, posts: 2 }]);
    });

    test('not any more after an hour', async () => {
      await using store = await open();
      await store.post([one], 1_000);
      expect(await store.take([0], 10, 1_001 + 60 * 60_000)).toEqual([]);
    });

    for (const [what, key] of [
      ['empty', ''],
      ['longer than 1,024 bytes', 'ü'.repeat(513)],
      ['with a NUL', 'a\0b'],
    ] as const) {
      test(`no key that is ${what}`, async () => {
        await using store = await open();
        expect(await store.post([{ shard: 0, key }, one], 1_000)).toBe(1);
        expect(await store.take([0], 10, 1_000)).toEqual([{ ...one, posts: 1 }]);
      });
    }

    test('100,000 of them, no more', async () => {
      await using store = await open();
      const many = Array.from({ length: 100_001 }, (_, number) => ({ shard: number % 4, key: String(number) }));
      expect(await store.post(many, 1_000)).toBe(1);
      expect(await store.post([one], 1_000)).toBe(1);
    }, 120_000);
  });
}
