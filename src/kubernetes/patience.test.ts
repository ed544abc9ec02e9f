import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Failure } from '../core/failure.ts';
import type { Patience } from '../ports/cluster.ts';
import type { KubernetesClient } from './client.ts';
import { watchedCollections } from './collections.ts';
import { APPLICATIONS } from './resources.ts';

const SIGNAL = new AbortController().signal;
const WAITING = { random: () => 0, sleep: (_: number, signal: AbortSignal) => setTimeout(1, undefined, { signal }) };
const AWAY = new Failure('CLUSTER_UNREACHABLE', 'the API server cannot be reached', { fix: 'see whether it is up' });

/** A cluster that is away for the first lists, and whose watches end at once. */
function openCluster(listsAway: number, patience: Patience) {
  let lists = 0;
  const client: KubernetesClient = {
    namespace: 'argocd',
    async call() {
      lists += 1;
      if (lists <= listsAway) throw AWAY;
      return { status: 200, body: { metadata: { resourceVersion: '1' } } };
    },
    watch: async () => {
      throw AWAY;
    },
    async [Symbol.asyncDispose]() {},
  };
  const collections = watchedCollections(client, WAITING, patience);
  const place = { resource: APPLICATIONS, namespace: undefined };
  return {
    items: () => collections.open({ place, keep: () => 1, changed: () => {} }).items(SIGNAL),
    [Symbol.asyncDispose]: () => collections[Symbol.asyncDispose](),
  };
}

test('who waits for the first list is told each time why, and nothing from then on', async () => {
  const told: string[] = [];
  await using cluster = openCluster(3, ({ code }) => told.push(code) > 0);
  expect(await cluster.items()).toEqual(new Map());
  expect(told).toEqual(['CLUSTER_UNREACHABLE', 'CLUSTER_UNREACHABLE', 'CLUSTER_UNREACHABLE']);
});

test('who has no patience gets the failure', async () => {
  await using cluster = openCluster(Number.POSITIVE_INFINITY, () => false);
  await expect(cluster.items()).rejects.toBe(AWAY);
});
