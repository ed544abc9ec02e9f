import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { applicationId } from '../core/applications/application.ts';
import type { Rollout } from '../core/rollout.ts';
import type { ClusterChange } from '../ports/cluster.ts';
import { openArgocdClient } from './client.ts';
import { followApplications } from './followed-source.ts';

const SIGNAL = new AbortController().signal;

function application(name: string, path = 'web') {
  const source = { repoURL: 'https://git.example/shop.git', path };
  return { metadata: { namespace: 'argocd', name }, spec: { project: 'default', source } };
}

/** Argo CD's API as far as it is followed: a list, and a stream that begins with all there is. */
async function startApi(...names: readonly string[]) {
  const objects = new Map(names.map((name) => [name, application(name)]));
  const streams = new Set<ServerResponse>();
  let status = 200;
  let lists = 0;
  const line = (type: string, object: object) => `${JSON.stringify({ result: { type, application: object } })}\n`;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json' });
    if (!request.url?.startsWith('/api/v1/stream/')) {
      lists += 1;
      response.end(JSON.stringify({ items: [...objects.values()] }));
      return;
    }
    streams.add(response);
    for (const object of objects.values()) response.write(line('ADDED', object));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const around = { random: () => 0, sleep: (_: number, signal: AbortSignal) => sleep(5, undefined, { signal }) };
  const url = `http://127.0.0.1:${address.port}`;
  const rollouts: Rollout[] = [];
  const client = openArgocdClient({ url, isInsecure: false, token: 'token' }, around);
  return {
    objects,
    asked,
    rollouts,
    source: followApplications(client, around, { rolloutSeen: (rollout) => rollouts.push(rollout) }),
    lists: () => lists,
    answer: (now: number) => {
      status = now;
    },
    tell: (type: string, object: object) => {
      for (const stream of streams) stream.write(line(type, object));
    },
    cut: () => {
      for (const stream of streams) stream.destroy();
      streams.clear();
    },
    async [Symbol.asyncDispose]() {
      await this.source[Symbol.asyncDispose]();
      await client[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

test('one list serves every load, and changes are told as they come', async () => {
  await using api = await startApi('shop', 'blog');
  const { source } = api;
  const told: ClusterChange[] = [];
  await source.synced(SIGNAL);
  using _ = source.listen((change) => told.push(change));
  const names = async () => (await source.load(SIGNAL)).applications.map(applicationId).sort();
  expect(await names()).toEqual(['argocd/blog', 'argocd/shop']);
  await eventually(() => {
    api.tell('MODIFIED', application('shop', 'elsewhere'));
    expect(told).toHaveLength(1);
  });
  api.tell('MODIFIED', application('shop', 'elsewhere'));
  api.tell('ADDED', application('wiki'));
  api.tell('DELETED', application('blog'));
  await eventually(() => expect(told).toHaveLength(3));
  expect(told.map(({ name, change }) => `${name} ${change}`)).toEqual(['shop modified', 'wiki added', 'blog deleted']);
  expect(await names()).toEqual(['argocd/shop', 'argocd/wiki']);
  expect(api.lists()).toBe(1);
});

test('roll-outs are told as they go on', async () => {
  await using api = await startApi('shop');
  await api.source.synced(SIGNAL);
  const finishedAt = '2026-01-02T03:04:05Z';
  const operationState = { phase: 'Succeeded', finishedAt, syncResult: { revision: 'abc' } };
  await eventually(() => {
    api.tell('MODIFIED', { ...application('shop'), status: { operationState } });
    const sync = { finishedMs: Date.parse(finishedAt), revisions: ['abc'] };
    expect(api.rollouts.at(-1)).toMatchObject({ application: 'argocd/shop', sync });
  });
});

test('what a broken stream has missed is told after the next list', async () => {
  await using api = await startApi('shop', 'blog');
  const told: ClusterChange[] = [];
  await api.source.synced(SIGNAL);
  using _ = api.source.listen((change) => told.push(change));
  api.objects.delete('blog');
  api.objects.set('shop', application('shop', 'elsewhere'));
  await eventually(() => {
    api.cut();
    const changes = told.map(({ name, change }) => `${name} ${change}`);
    expect(changes.sort()).toEqual(['blog deleted', 'shop modified']);
  });
});

test('a token that is not accepted is said at once; a server that is down is waited for', async () => {
  await using api = await startApi('shop');
  api.answer(401);
  await expect(api.source.load(SIGNAL)).rejects.toMatchObject({ code: 'ARGOCD_UNAUTHORIZED' });
  await using other = await startApi('shop');
  other.answer(503);
  const waiting = other.source.load(SIGNAL);
  await eventually(() => expect(other.lists()).toBeGreaterThan(2));
  other.answer(200);
  expect((await waiting).applications).toHaveLength(1);
});

test('whoever waits can leave', async () => {
  await using api = await startApi('shop');
  api.answer(503);
  const stop = new AbortController();
  const waiting = api.source.load(stop.signal);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
});

test('what only the stream has shown is told from what is hidden, once it is gone', async () => {
  await using api = await startApi('shop');
  await api.source.synced(SIGNAL);
  const told: ClusterChange[] = [];
  using _ = api.source.listen((change) => told.push(change));
  await eventually(() => {
    api.tell('ADDED', application('wiki'));
    expect(told).not.toEqual([]);
  });
  api.answer(404);
  expect(await api.source.live.application({ namespace: 'argocd', name: 'wiki' }, SIGNAL)).toBeUndefined();
  expect(api.asked.at(-1)).toContain('/applications/wiki?appNamespace=argocd&project=default');
});

test('who has no patience with a server that is away gets the failure', async () => {
  const around = { random: () => 0, sleep: (_: number, signal: AbortSignal) => sleep(5, undefined, { signal }) };
  await using client = openArgocdClient({ url: 'http://127.0.0.1:1', isInsecure: false, token: 'token' }, around);
  const told: string[] = [];
  await using source = followApplications(client, around, undefined, ({ code }) => told.push(code) > 1);
  await expect(source.load(SIGNAL)).rejects.toMatchObject({ code: 'ARGOCD_UNREACHABLE' });
  expect(told[0]).toBe('ARGOCD_UNREACHABLE');
});
