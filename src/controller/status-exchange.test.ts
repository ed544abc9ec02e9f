import { expect, test } from 'vitest';
import { item } from '../../test/support/sample-report.ts';
import { updaterPart } from '../core/image-updater-status.ts';
import type { Look } from '../ports/look-inbox.ts';
import type { StatusPart } from '../ports/status-parts.ts';
import { tellerOf } from './division.ts';
import { openStatusExchange } from './status-exchange.ts';
import { statusKey, survey } from './survey.ts';

const NOON_MS = Date.UTC(2026, 0, 1, 12);
const SHARDS = 3;
const KEY = { namespace: 'argocd', name: 'shop' };
const TELLER = tellerOf(KEY, SHARDS);
const [OTHER = -1, THIRD = -1] = [0, 1, 2].filter((shard) => shard !== TELLER);

/** Shards that have Applications of one ImageUpdater, and the store between them. */
function openShards(...holders: readonly number[]) {
  const kept = new Map<number, StatusPart>();
  const posted: Look[] = [];
  const exchange = openStatusExchange(
    {
      async keepPart(part) {
        kept.set(part.shard, part);
      },
      parts: async (updaters) => [...kept.values()].filter(({ updater }) => updaters.includes(updater)),
      async post(looks) {
        posted.push(...looks);
        return 0;
      },
      take: async () => [],
      finish: async () => {},
    },
    () => NOON_MS,
  );
  const updater = { ...KEY, annotations: {}, spec: {} };
  const none = { secrets: [], configMaps: [], failures: [], warnings: [], applications: [] };
  const whole = survey({ ...none, imageUpdaters: [updater] }, { configured: [], failures: [], warnings: [] });
  const shardsOf = new Map([['argocd/shop', new Set(holders)]]);
  return {
    kept,
    posted,
    /** What a shard, that knows this of its own Applications, can tell of all. */
    async exchange(shard: number, own: ReturnType<typeof updaterPart> | undefined) {
      const division = { shard, shards: SHARDS, shardOf: new Map(), shardsOf };
      return (await exchange({ ...whole, division }, new Map([['argocd/shop', own]]))).get('argocd/shop');
    },
  };
}

const seen = (name: string, moved = false) => {
  const items = [item({ application: `argocd/${name}`, ...(moved ? { outcome: 'update', to: `2-${name}` } : {}) })];
  return updaterPart(items, moved ? items : [], NOON_MS);
};
const NOTHING = updaterPart([], [], NOON_MS);

test('one shard tells what all of them know, as soon as all do', async () => {
  const shards = openShards(TELLER, OTHER);
  expect(await shards.exchange(TELLER, seen('a'))).toBeUndefined();
  expect(await shards.exchange(OTHER, seen('b'))).toBeUndefined();
  expect(shards.posted).toEqual([{ shard: TELLER, key: statusKey(KEY) }]);
  expect(await shards.exchange(TELLER, seen('a'))).toMatchObject({ applications: 2, considered: 2 });
});

test('nobody is disturbed when nothing is new', async () => {
  const shards = openShards(TELLER, OTHER);
  for (const _ of [1, 2, 3]) await shards.exchange(OTHER, seen('b'));
  expect([shards.posted.length, shards.kept.size]).toEqual([1, 1]);
});

test('whoever has looked at some of his own only says nothing yet', async () => {
  const shards = openShards(TELLER, OTHER);
  await shards.exchange(OTHER, undefined);
  expect([shards.posted, shards.kept.size]).toEqual([[], 0]);
});

test('the one that tells need not have an Application of it', async () => {
  const shards = openShards(OTHER, THIRD);
  await shards.exchange(OTHER, seen('a'));
  await shards.exchange(THIRD, seen('b'));
  expect(await shards.exchange(TELLER, NOTHING)).toMatchObject({ applications: 2 });
  expect(await openShards().exchange(TELLER, NOTHING)).toMatchObject({ applications: 0 });
});

test('what was moved last stays until something else is', async () => {
  const shards = openShards(TELLER, OTHER);
  await shards.exchange(OTHER, seen('b', true));
  await shards.exchange(OTHER, seen('b'));
  const told = await shards.exchange(TELLER, seen('a'));
  expect(told).toMatchObject({ moved: 0, updates: [{ newVersion: '2-b' }] });
});

for (const [what, text] of [
  ['what another release kept in other words', `{"shards":${SHARDS},"applications":"many"}`],
  ['what was kept when there were other shards', JSON.stringify({ shards: SHARDS + 1, ...seen('b') })],
] as const) {
  test(`${what} counts as unknown`, async () => {
    const shards = openShards(TELLER, OTHER);
    shards.kept.set(OTHER, { updater: 'argocd/shop', shard: OTHER, text });
    expect(await shards.exchange(TELLER, seen('a'))).toBeUndefined();
  });
}
