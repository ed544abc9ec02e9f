import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CALM, LeaseCluster, TIMING } from '../../../test/support/lease-cluster.ts';
import { Failure } from '../../core/failure.ts';
import { shareOf } from './shares.ts';

const { durationMs, renewDeadlineMs, retryMs } = TIMING;
/** Reading that a lease is free, and taking it, at the slowest. */
const TRY_MS = 2 * 1.2 * retryMs + 200;
const RUNS = { numRuns: 20 };

/** Numbers that are the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Never two who may write; with what happened, for whoever has to find out why. */
function noTwoWriters(cluster: LeaseCluster, shards: number): () => void {
  return () => {
    for (let shard = 0; shard < shards; shard += 1) {
      const writers = cluster.writersOf(shard);
      if (writers.length > 1)
        throw new Error(`at ${cluster.nowMs} shard ${shard} is written by ${writers.join(' and ')}`);
    }
  };
}

function holdings(cluster: LeaseCluster, shards: number): readonly (readonly string[])[] {
  return Array.from({ length: shards }, (_, shard) => cluster.writersOf(shard));
}

describe('one leader', () => {
  test("is there at once, under upstream's name", async () => {
    const cluster = new LeaseCluster(1, randomFrom(1));
    cluster.start('a');
    await cluster.pass(100);
    expect(cluster.writersOf(0)).toEqual(['a']);
    expect(cluster.lease('c21b75f2.argoproj.io')).toMatchObject({
      namespace: 'argocd',
      holder: 'a',
      durationSeconds: 15,
      transitions: 0,
    });
  });

  test('is not begun by a replica that shall end', async () => {
    const cluster = new LeaseCluster(1, randomFrom(16));
    const { stop, ended } = cluster.start('a');
    stop.abort();
    await cluster.pass(100);
    await ended;
    expect(cluster.lease('c21b75f2.argoproj.io')).toBeUndefined();
  });

  test('stays, while another one stands by', async () => {
    const cluster = new LeaseCluster(1, randomFrom(2));
    cluster.start('a');
    await cluster.pass(100);
    cluster.start('b');
    await cluster.pass(600_000, () => expect(cluster.writersOf(0)).toEqual(['a']));
  });

  test('that ends in order is followed at the next try', async () => {
    const cluster = new LeaseCluster(1, randomFrom(3));
    const first = cluster.start('a');
    await cluster.pass(100);
    cluster.start('b');
    await cluster.pass(60_000);
    first.stop.abort();
    await cluster.pass(TRY_MS, noTwoWriters(cluster, 1));
    await first.ended;
    expect(cluster.writersOf(0)).toEqual(['b']);
    expect(cluster.lease('c21b75f2.argoproj.io')?.transitions).toBe(1);
  });

  test('that still works when it is told to end keeps the lease until it has ended', async () => {
    const cluster = new LeaseCluster(1, randomFrom(4));
    const first = cluster.start('a', { lingersMs: 40_000 });
    await cluster.pass(100);
    cluster.start('b');
    first.stop.abort();
    await cluster.pass(39_000, () => expect(cluster.writersOf(0)).toEqual(['a']));
    await cluster.pass(1_000 + TRY_MS, noTwoWriters(cluster, 1));
    expect(cluster.writersOf(0)).toEqual(['b']);
  });

  test('that dies is followed within the lease time, never before its own time is over', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 60_000 }), async (seed, livesMs) => {
        const cluster = new LeaseCluster(1, randomFrom(seed));
        const first = cluster.start('a');
        await cluster.pass(100);
        cluster.start('b');
        await cluster.pass(livesMs);
        first.isDead = true;
        const diedMs = cluster.nowMs;
        await cluster.pass(renewDeadlineMs - retryMs - 200, () => expect(cluster.writersOf(0)).toEqual([]));
        await cluster.pass(durationMs + TRY_MS - (cluster.nowMs - diedMs));
        expect(cluster.writersOf(0)).toEqual(['b']);
      }),
      RUNS,
    );
  });

  test('whose lease somebody deletes is given its time to notice', async () => {
    const cluster = new LeaseCluster(1, randomFrom(15));
    cluster.start('a');
    await cluster.pass(100);
    cluster.start('b');
    for (let times = 0; times < 10; times += 1) {
      await cluster.pass(20_000, noTwoWriters(cluster, 1));
      cluster.delete('c21b75f2.argoproj.io');
    }
    await cluster.pass(durationMs + TRY_MS, noTwoWriters(cluster, 1));
    expect(cluster.writersOf(0)).toHaveLength(1);
  });

  test('that sleeps through its time knows so when it wakes, and stands by', async () => {
    const cluster = new LeaseCluster(1, randomFrom(5));
    const first = cluster.start('a');
    await cluster.pass(100);
    cluster.start('b');
    await cluster.pass(20_000);
    first.pausedUntilMs = cluster.nowMs + 120_000;
    await cluster.pass(120_000, noTwoWriters(cluster, 1));
    expect(cluster.writersOf(0)).toEqual(['b']);
    await cluster.pass(60_000, () => expect(cluster.writersOf(0)).toEqual(['b']));
    expect(first.holds.size).toBe(0);
  });

  test('that nobody answers any more stops when its time is over, and goes on when it is answered', async () => {
    const cluster = new LeaseCluster(1, randomFrom(6));
    const only = cluster.start('a');
    await cluster.pass(20_000);
    cluster.faults = { ...CALM, unsent: 1 };
    await cluster.pass(renewDeadlineMs);
    expect([cluster.writersOf(0), only.holds.size]).toEqual([[], 0]);
    expect(only.failures).toMatchObject([{ code: 'CLUSTER_UNREACHABLE', message: expect.stringContaining('5 s') }]);
    cluster.faults = CALM;
    await cluster.pass(renewDeadlineMs + TRY_MS);
    expect(cluster.writersOf(0)).toEqual(['a']);
  });

  test('whose answers are lost keeps the lease that it holds', async () => {
    const cluster = new LeaseCluster(1, randomFrom(7));
    cluster.start('a');
    await cluster.pass(20_000);
    cluster.start('b');
    cluster.faults = { ...CALM, unheard: 0.3 };
    await cluster.pass(120_000, noTwoWriters(cluster, 1));
    cluster.faults = CALM;
    await cluster.pass(durationMs + TRY_MS);
    expect(cluster.writersOf(0)).toHaveLength(1);
  });
});

describe('work under a lease', () => {
  const LEADER = 'c21b75f2.argoproj.io';

  test('that is done ends it all, and lets others have the lease at once', async () => {
    const cluster = new LeaseCluster(1, randomFrom(11));
    const { ended } = cluster.start('a', { work: async () => undefined });
    await cluster.pass(200);
    await ended;
    expect(cluster.lease(LEADER)).toMatchObject({ holder: '', durationSeconds: 1 });
  });

  test('that fails does so too, and is heard of', async () => {
    const cluster = new LeaseCluster(1, randomFrom(12));
    const { ended } = cluster.start('a', { work: () => Promise.reject(new Error('a bug')) });
    const heard = expect(ended).rejects.toThrow('a bug');
    await cluster.pass(200);
    await heard;
    expect(cluster.lease(LEADER)?.holder).toBe('');
  });

  test('that throws because it was told to stop has stopped', async () => {
    const cluster = new LeaseCluster(1, randomFrom(13));
    const { stop, ended } = cluster.start('a', {
      async work({ signal }) {
        await new Promise<void>((told) => signal.addEventListener('abort', () => told(), { once: true }));
        throw new Failure('ABORTED', 'interrupted', { fix: 'start it again' });
      },
    });
    await cluster.pass(200);
    stop.abort();
    await cluster.pass(200);
    await ended;
  });

  test("can ask whether the lease is still its own, and has to end when it is another one's", async () => {
    const cluster = new LeaseCluster(1, randomFrom(14));
    const { holds } = cluster.start('a');
    await cluster.pass(200);
    const [hold] = holds;
    const asked: Promise<boolean | undefined>[] = [];
    const ask = () => asked.push(hold ? hold.confirm(new AbortController().signal) : Promise.resolve(undefined));
    ask();
    await cluster.pass(100);
    cluster.rob(LEADER, 'b');
    ask();
    await cluster.pass(100);
    expect(await Promise.all(asked)).toEqual([true, false]);
    expect([hold?.signal.aborted, hold?.mayWriteUntilMs()]).toEqual([true, Number.NEGATIVE_INFINITY]);
  });
});

for (const shards of [1, 2, 5]) {
  const what = shards === 1 ? 'one lease' : `${shards} shards`;
  test(`${what}: never two who may write, whatever dies, sleeps, is lost, or tells the wrong time`, async () => {
    const trouble = fc.record({
      afterMs: fc.integer({ min: 0, max: 30_000 }),
      whom: fc.nat({ max: 3 }),
      what: fc.constantFrom('kill', 'pause', 'stop', 'outage', 'slow', 'calm'),
      forMs: fc.integer({ min: 100, max: 60_000 }),
    });
    const begins = fc.array(
      fc.record({
        rate: fc.double({ min: 0.9, max: 1.1, noNaN: true }),
        lingersMs: fc.integer({ min: 0, max: 20_000 }),
      }),
      { minLength: 2, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer(), begins, fc.array(trouble, { maxLength: 12 }), async (seed, replicas, troubles) => {
        const cluster = new LeaseCluster(shards, randomFrom(seed));
        const check = noTwoWriters(cluster, shards);
        for (const [index, begin] of replicas.entries()) cluster.start(`r${index}`, begin);
        for (const { afterMs, whom, what: kind, forMs } of troubles) {
          await cluster.pass(afterMs, check);
          const victim = cluster.replicas[whom % replicas.length];
          if (kind === 'outage') cluster.faults = { unsent: 0.5, unheard: 0.5, latencyMs: 5_000 };
          else if (kind === 'slow') cluster.faults = { unsent: 0.1, unheard: 0.1, latencyMs: 1_000 };
          else if (kind === 'calm') cluster.faults = CALM;
          else if (kind === 'pause' && victim) victim.pausedUntilMs = cluster.nowMs + forMs;
          else if (kind === 'stop') victim?.stop.abort();
          else if (kind === 'kill' && victim) victim.isDead = true;
        }
        await cluster.pass(60_000, check);
        // When all is well again everything is held, each by one, in fair shares.
        cluster.faults = CALM;
        cluster.start('last');
        await cluster.pass(120_000, check);
        const held = holdings(cluster, shards).flat();
        expect(held).toHaveLength(shards);
        const counts = [...Map.groupBy(held, (name) => name).values()].map(({ length }) => length);
        const alive = cluster.replicas.filter(({ isDead, stop }) => !isDead && !stop.signal.aborted).length;
        expect(Math.max(...counts)).toBe(Math.ceil(shards / Math.min(alive, shards)));
      }),
      RUNS,
    );
  }, 60_000);
}

describe('shards', () => {
  test('go to whoever comes, and come back when he leaves', async () => {
    const cluster = new LeaseCluster(4, randomFrom(8));
    cluster.start('a');
    await cluster.pass(TRY_MS);
    expect(holdings(cluster, 4).flat()).toEqual(['a', 'a', 'a', 'a']);
    const second = cluster.start('b');
    await cluster.pass(4 * TRY_MS, noTwoWriters(cluster, 4));
    expect(holdings(cluster, 4).flat().sort()).toEqual(['a', 'a', 'b', 'b']);
    second.stop.abort();
    await cluster.pass(4 * TRY_MS, noTwoWriters(cluster, 4));
    expect(holdings(cluster, 4).flat()).toEqual(['a', 'a', 'a', 'a']);
  });

  test('of a replica that dies are taken over within the lease time; those of others stay where they are', async () => {
    const cluster = new LeaseCluster(4, randomFrom(9));
    for (const name of ['a', 'b', 'c']) cluster.start(name);
    await cluster.pass(60_000);
    const before = holdings(cluster, 4).flat();
    const victim = cluster.replicas.find(({ name }) => name === 'b');
    if (victim) victim.isDead = true;
    await cluster.pass(durationMs + 2 * TRY_MS, noTwoWriters(cluster, 4));
    const after = holdings(cluster, 4).flat();
    expect(after).toHaveLength(4);
    expect(after).not.toContain('b');
    for (const [shard, name] of before.entries()) if (name !== 'b') expect(after[shard]).toBe(name);
  });

  test('are not divided further than there are of them: the others stand by', async () => {
    const cluster = new LeaseCluster(2, randomFrom(10));
    for (const name of ['a', 'b', 'c', 'd']) cluster.start(name);
    await cluster.pass(60_000, noTwoWriters(cluster, 2));
    expect(new Set(holdings(cluster, 2).flat()).size).toBe(2);
  });

  test('are shared out wholly, and evenly', () => {
    const count = fc.integer({ min: 1, max: 50 });
    fc.assert(
      fc.property(count, count, (replicas, shards) => {
        const shares = Array.from({ length: replicas }, (_, rank) => shareOf(rank, replicas, shards));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(shards);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
