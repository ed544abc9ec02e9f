import fc from 'fast-check';
import { expect, test } from 'vitest';
import { divide, type ShardKey, shardOf, type Undivided } from './shard.ts';

const branchOf = (repoURL: string, branch = 'main'): ShardKey => ({ kind: 'branch', repoURL, branch });
const applicationOf = (name: string): ShardKey => ({ kind: 'application', namespace: 'argocd', name });

test('replicas of different releases agree', () => {
  const keys = [branchOf('https://git.example/acme/deploy'), applicationOf('shop')];
  expect(keys.map((key) => shardOf(key, 16))).toEqual([6, 6]);
});

for (const [one, other] of [
  ['https://git.example/acme/deploy', 'https://Git.example/acme/deploy.git'],
  ['git@git.example:acme/deploy.git', 'ssh://git@git.example/acme/deploy'],
] as const) {
  test(`${other} is in the shard of ${one}`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 16 }), (shards) => {
        expect(shardOf(branchOf(other), shards)).toBe(shardOf(branchOf(one), shards));
      }),
    );
  });
}

test('every key has one shard, and one shard has every key', () => {
  fc.assert(
    fc.property(fc.webUrl(), fc.string(), fc.integer({ min: 1, max: 16 }), (repoURL, branch, shards) => {
      const shard = shardOf(branchOf(repoURL, branch), shards);
      expect(Number.isInteger(shard) && shard >= 0 && shard < shards).toBe(true);
      expect(shardOf(branchOf(repoURL, branch), shards)).toBe(shard);
      expect(shardOf(branchOf(repoURL, branch), 1)).toBe(0);
    }),
  );
});

for (const [what, keyOf] of [
  ['repositories', (number: number) => branchOf(`https://git.example/acme/app-${number}`)],
  ['branches', (number: number) => branchOf('https://git.example/acme/deploy', `env-${number}`)],
  ['Applications', (number: number) => applicationOf(`app-${number}`)],
] as const) {
  test(`10,000 ${what} are spread over 8 shards, each within a tenth of the mean`, () => {
    const counts = new Array<number>(8).fill(0);
    for (let number = 0; number < 10_000; number += 1) {
      const shard = shardOf(keyOf(number), 8);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(1_125);
    expect(Math.max(...counts)).toBeLessThan(1_375);
  });
}

const someKeys = fc.array(
  fc
    .array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 3 })
    .map((numbers): readonly ShardKey[] => numbers.map((number) => branchOf(`https://git.example/${number}`))),
  { maxLength: 30 },
);

function numbered(keys: readonly (readonly ShardKey[])[]): readonly Undivided[] {
  return keys.map((own, index) => ({ id: String(index), keys: own }));
}

test('what touches the same is together', () => {
  fc.assert(
    fc.property(someKeys, fc.integer({ min: 1, max: 16 }), (keys, shards) => {
      const all = numbered(keys);
      const found = divide(all, shards);
      for (const [at, one] of all.entries()) {
        for (const other of all.slice(at)) {
          const touched = new Set(one.keys.map((key) => JSON.stringify(key)));
          if (other.keys.some((key) => touched.has(JSON.stringify(key))))
            expect(found.get(other.id)).toBe(found.get(one.id));
        }
      }
    }),
  );
});

test('the order in which things are listed makes no difference', () => {
  fc.assert(
    fc.property(someKeys, fc.integer({ min: 1, max: 16 }), (keys, shards) => {
      const all = numbered(keys);
      expect(new Map([...divide(all.toReversed(), shards)].reverse())).toEqual(divide(all, shards));
    }),
  );
});

test('what is connected by others is together, and what is not is spread', () => {
  const [a, b, c] = [branchOf('https://git.example/a'), branchOf('https://git.example/b'), applicationOf('c')];
  const chain = divide(numbered([[a], [a, b], [b, c], [c]]), 16);
  expect(new Set(chain.values()).size).toBe(1);
  expect([...divide(numbered([[a], [b], [c]]), 16).values()]).toEqual([a, b, c].map((key) => shardOf(key, 16)));
});
