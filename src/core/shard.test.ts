import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ShardKey, shardOf } from './shard.ts';

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
