import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { lacking } from './tools.ts';

const REPLICA = join(import.meta.dirname, 'lease-replica.ts');
const LEASES = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] };
/** A leader on a busy machine renews within three quarters of it. */
const DURATION_MS = 8_000;
/** The duration of their leases, two tries, and what a busy machine needs on top. */
const TAKEOVER_MS = DURATION_MS + 2 * 600 + 10_000;
const PATIENCE = { timeout: 120_000, interval: 50 };
const lacks = lacking(...KUBE_TOOLS);

/** A moment in which a replica may write. */
interface Moment {
  readonly atMs: number;
  readonly shard: number;
  readonly by: string;
}

describe.skipIf(lacks !== '')(`replicas on a real API server ${lacks}`, () => {
  let kube: Kube;
  let kubeconfig: string;
  beforeAll(async () => {
    kube = await startKube();
    await kube.createNamespace('argocd');
    await kube.allow('argocd', 'tiphys', [LEASES]);
    kubeconfig = await kube.kubeconfigFor('argocd', 'tiphys');
  });
  afterAll(() => kube[Symbol.asyncDispose]());

  /** Replicas as processes, which are gone in the end. */
  function openLab(shards: number, durationMs = DURATION_MS) {
    const moments: Moment[] = [];
    const looked = new Set<string>();
    const replicas = new Map<string, ChildProcess>();
    const recent = (ms = 300) => moments.filter(({ atMs }) => atMs > Date.now() - ms);
    return {
      moments,
      start(name: string): ChildProcess {
        const args = [REPLICA, kubeconfig, name, String(shards), String(durationMs)];
        const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
        createInterface({ input: child.stdout }).on('line', (line) => {
          const said = JSON.parse(line);
          if (said.looked) looked.add(name);
          else moments.push({ ...said, by: name });
        });
        replicas.set(name, child);
        return child;
      },
      /** Until it knows who leads. */
      standsBy: (name: string) => expect.poll(() => looked.has(name), PATIENCE).toBe(true),
      /** When it first wrote for a shard. */
      beganMs: (name: string, shard = 0) =>
        Math.min(...moments.filter((one) => one.by === name && one.shard === shard).map(({ atMs }) => atMs)),
      /** Who writes for each shard now. */
      writers: () =>
        Array.from({ length: shards }, (_, shard) => [
          ...new Set(
            recent()
              .filter((one) => one.shard === shard)
              .map(({ by }) => by),
          ),
        ]),
      async [Symbol.asyncDispose]() {
        const ended = [...replicas.values()].map(
          (child) => child.exitCode ?? child.signalCode ?? new Promise((done) => child.once('exit', done)),
        );
        for (const child of replicas.values()) child.kill('SIGKILL');
        await Promise.all(ended);
      },
    };
  }

  /** Who wrote for a shard, in order of time; with every replica leading once at most, each is there once. */
  function succession(moments: readonly Moment[], shard: number): readonly string[] {
    const own = moments.filter((one) => one.shard === shard).toSorted((a, b) => a.atMs - b.atMs);
    return own.map(({ by }) => by).filter((by, index, all) => by !== all[index - 1]);
  }

  const settled = (lab: ReturnType<typeof openLab>, expected: (writers: readonly (readonly string[])[]) => boolean) =>
    expect.poll(() => expected(lab.writers()) || lab.writers(), PATIENCE).toBe(true);

  test('a leader that is killed is followed within the lease time', async () => {
    await using lab = openLab(1);
    const isLed = (by: string) => (writers: readonly (readonly string[])[]) => writers.flat().join() === by;
    const first = lab.start('a');
    await settled(lab, isLed('a'));
    lab.start('b');
    await lab.standsBy('b');
    first.kill('SIGKILL');
    const killedMs = Date.now();
    await settled(lab, isLed('b'));
    expect(lab.beganMs('b') - killedMs).toBeLessThan(TAKEOVER_MS);
    expect(succession(lab.moments, 0)).toEqual(['a', 'b']);
  });

  test('a leader that stood still stops at once when it goes on', async () => {
    await using lab = openLab(1);
    const first = lab.start('a');
    await settled(lab, (writers) => writers.flat().join() === 'a');
    lab.start('b');
    await lab.standsBy('b');
    first.kill('SIGSTOP');
    await settled(lab, (writers) => writers.flat().join() === 'b');
    first.kill('SIGCONT');
    await sleep(2_000);
    expect(succession(lab.moments, 0)).toEqual(['a', 'b']);
  });

  test('a leader that leaves in order is followed at the next try', async () => {
    const durationMs = 100_000;
    await using lab = openLab(1, durationMs);
    const first = lab.start('a');
    await settled(lab, (writers) => writers.flat().join() === 'a');
    lab.start('b');
    await lab.standsBy('b');
    first.stdin?.end();
    const leftMs = Date.now();
    await settled(lab, (writers) => writers.flat().join() === 'b');
    expect(lab.beganMs('b') - leftMs).toBeLessThan(durationMs / 2);
    await expect.poll(() => first.exitCode, PATIENCE).toBe(0);
  });

  test('shards are shared out, and taken over', async () => {
    await using lab = openLab(4);
    const countOf = (writers: readonly (readonly string[])[], by: string) =>
      writers.filter((one) => one.join() === by).length;
    const first = lab.start('a');
    await settled(lab, (writers) => countOf(writers, 'a') === 4);
    lab.start('b');
    await settled(lab, (writers) => countOf(writers, 'a') === 2 && countOf(writers, 'b') === 2);
    first.kill('SIGKILL');
    const killedMs = Date.now();
    await settled(lab, (writers) => countOf(writers, 'b') === 4);
    for (const shard of [0, 1, 2, 3]) {
      expect(lab.beganMs('b', shard) - killedMs).toBeLessThan(TAKEOVER_MS);
      expect(succession(lab.moments, shard)).toEqual(['a', 'b']);
    }
  });

  test('while the API server is away nobody writes for long, and afterwards somebody does', async () => {
    await using lab = openLab(1);
    for (const name of ['a', 'b']) lab.start(name);
    await settled(lab, (writers) => writers.flat().length === 1);
    await kube.stopApiServer();
    const lastRenewalMs = Date.now();
    await settled(lab, (writers) => writers.flat().length === 0);
    await sleep(1_000);
    expect(Math.max(...lab.moments.map(({ atMs }) => atMs))).toBeLessThan(lastRenewalMs + DURATION_MS);
    await kube.startApiServer();
    await settled(lab, (writers) => writers.flat().length === 1);
  });
});
