import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { openArgocdClient } from './client.ts';
import { rollouts } from './rollouts.ts';

const SIGNAL = new AbortController().signal;
const KEY = { namespace: 'argocd', name: 'shop' };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that has these answers, by method and path without its query. */
async function serving(answers: Readonly<Record<string, { readonly status?: number; readonly body: object }>>) {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url} ${await text(request)}`.trim());
    const { status = 200, body } = answers[`${request.method} ${request.url?.split('?')[0]}`] ?? {
      status: 404,
      body: {},
    };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const tools = { random: () => 0, sleep: () => Promise.resolve() };
  const url = `http://127.0.0.1:${address.port}`;
  const client = openArgocdClient({ url, isInsecure: false, token: 'token' }, tools);
  closing.push(async () => {
    await client[Symbol.asyncDispose]();
    await new Promise((closed) => server.close(closed));
  });
  return { asked, ...rollouts(client) };
}

const READ = 'GET /api/v1/applications/shop';
const SYNC = 'POST /api/v1/applications/shop/sync';
const application = { spec: { project: 'team', syncPolicy: { automated: { prune: true } } } };

describe('a sync', () => {
  test('is asked for with a mark, and prunes where automated ones do', async () => {
    const { sync, asked } = await serving({ [READ]: { body: application }, [SYNC]: { body: application } });
    expect(await sync(KEY, 'mark', SIGNAL)).toEqual({ kind: 'asked' });
    expect(JSON.parse(asked[1]?.split(' ').slice(2).join(' ') ?? '')).toEqual({
      ...{ name: 'shop', appNamespace: 'argocd', project: 'team', prune: true },
      infos: [{ name: 'tiphys wait', value: 'mark' }],
    });
  });

  for (const [status, message, expected] of [
    [400, 'another operation is already in progress', { kind: 'busy' }],
    [400, 'application is deleting', { kind: 'refused', reason: 'application is deleting' }],
    [403, 'cannot sync: blocked by sync window', { kind: 'blocked', reason: 'cannot sync: blocked by sync window' }],
    [404, 'not found', { kind: 'gone' }],
  ] as const) {
    test(`that is answered ${status} "${message}" is ${expected.kind}`, async () => {
      const { sync } = await serving({ [READ]: { body: application }, [SYNC]: { status, body: { message } } });
      expect(await sync(KEY, 'mark', SIGNAL)).toEqual(expected);
    });
  }

  test('that is not allowed is a failure with the line that is missing', async () => {
    const message = 'permission denied: applications, sync, team/shop, sub: ci, iat: now';
    const { sync } = await serving({ [READ]: { body: application }, [SYNC]: { status: 403, body: { message } } });
    await expect(sync(KEY, 'mark', SIGNAL)).rejects.toMatchObject({
      ...{ code: 'ARGOCD_FORBIDDEN', fix: expect.stringContaining('p, ci, applications, sync, team/shop, allow') },
    });
  });

  test('of nothing', async () => {
    expect(await (await serving({})).sync(KEY, 'mark', SIGNAL)).toEqual({ kind: 'gone' });
  });
});

describe('what stands in the way', () => {
  const node = (kind: string, name: string, health?: object, info: object[] = []) => {
    return { kind, namespace: 'shop', name, uid: name, ...(health ? { health } : {}), info };
  };
  const TREE = 'GET /api/v1/applications/shop/resource-tree';
  const EVENTS = 'GET /api/v1/applications/shop/events';

  test('is what is worst, with the reasons of Pods and their Events', async () => {
    const nodes = [
      node('Service', 'web', { status: 'Healthy' }),
      node('Deployment', 'web', { status: 'Progressing', message: 'waiting' }),
      node('Pod', 'web-1', { status: 'Degraded', message: 'back-off' }, [
        { name: 'Status Reason', value: 'CrashLoopBackOff' },
        { name: 'Node', value: 'node-1' },
      ]),
      node('ConfigMap', 'web'),
    ];
    const events = [
      { type: 'Normal', reason: 'Pulled', message: 'image' },
      { type: 'Warning', reason: 'BackOff', message: 'restarting' },
      { type: 'Warning', reason: 'BackOff', message: 'restarting' },
    ];
    const { troubles, asked } = await serving({ [TREE]: { body: { nodes } }, [EVENTS]: { body: { items: events } } });
    expect(await troubles(KEY, {}, SIGNAL)).toEqual([
      {
        resource: 'Pod shop/web-1',
        state: 'Degraded',
        reasons: ['back-off', 'Status Reason: CrashLoopBackOff', 'BackOff: restarting'],
      },
    ]);
    expect(asked[1]).toContain('resourceNamespace=shop&resourceName=web-1&resourceUID=web-1');
  });

  test('is what is under way where nothing is worse, whether or not Events may be read', async () => {
    const nodes = [node('Deployment', 'web', { status: 'Progressing', message: 'waiting' })];
    const { troubles } = await serving({ [TREE]: { body: { nodes } }, [EVENTS]: { status: 403, body: {} } });
    expect(await troubles(KEY, {}, SIGNAL)).toEqual([
      { resource: 'Deployment shop/web', state: 'Progressing', reasons: ['waiting'] },
    ]);
  });

  test('is told as unreadable where it is', async () => {
    const { troubles } = await serving({ [TREE]: { status: 500, body: { message: 'broken' } } });
    expect(await troubles(KEY, {}, SIGNAL)).toMatchObject([{ reasons: [expect.stringContaining('broken')] }]);
  });
});
