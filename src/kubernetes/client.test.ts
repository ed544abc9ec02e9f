import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { startSocksProxy } from '../../test/support/socks-proxy.ts';
import { openClient } from './client.ts';
import type { ClusterUser, Proof } from './cluster-config.ts';
import { listedCollections, watchedCollections } from './collections.ts';
import { eventRecorder } from './event-recorder.ts';
import { APPLICATIONS } from './resources.ts';
import { openTransport } from './transport.ts';

const SIGNAL = new AbortController().signal;
const PLACE = { resource: APPLICATIONS, namespace: 'argocd' };
const EMPTY = { metadata: { resourceVersion: '1' }, items: [] };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers as given, one after the other, the last one for ever. */
async function startApi(...answers: readonly Answer[]) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const answer = answers[Math.min(requests.push(request), answers.length) - 1];
    answer?.(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const pauses: number[] = [];
  const outcomes: string[] = [];
  function open(proof: Proof = { kind: 'token', token: 'canary' }, user: Partial<ClusterUser> = {}) {
    const where = { source: 'context test', server: `http://127.0.0.1:${port}/k8s`, namespace: 'argocd' };
    const tools = {
      env: { PATH: process.env['PATH'] },
      nowMs: () => Date.now(),
      random: () => 0,
      async sleep(ms: number, signal: AbortSignal) {
        pauses.push(ms);
        await sleep(Math.min(ms, 5), undefined, { signal });
      },
      observer: { requestEnded: (outcome: string) => void outcomes.push(outcome) },
    };
    const client = openClient({ ...where, isInsecure: false, user: { proof, impersonation: {}, ...user } }, tools);
    return Object.assign(client, { tools });
  }
  return {
    ...{ requests, pauses, outcomes, open, url: `http://127.0.0.1:${port}` },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function says(status: number, body: object | string = EMPTY, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

const breaksOff: Answer = (_, response) => response.destroy();

describe('what is tried again', () => {
  for (const [why, answers, pauses] of [
    ['after as long as it asks', [says(429, '{}', { 'retry-after': '3' }), says(200)], [3000]],
    ['with growing pauses', [says(500, '{}'), breaksOff, says(503, 'down'), says(200)], [250, 500, 1000]],
  ] as const) {
    test(why, async () => {
      await using api = await startApi(...answers);
      await using client = api.open();
      const { status } = await client.call({ verb: 'list', place: PLACE }, SIGNAL);
      expect([status, api.pauses]).toEqual([200, pauses]);
      expect(api.outcomes).toEqual([...pauses.map(() => 'failed'), 'ok']);
      expect(api.requests[0]?.url).toBe('/k8s/apis/argoproj.io/v1alpha1/namespaces/argocd/applications');
    });
  }

  for (const [why, answer, tries, expected] of [
    ['five times at most', says(500, '{}'), 5, { code: 'CLUSTER_OVERLOADED' }],
    [
      'not when it is to wait for long',
      says(429, '{}', { 'retry-after': '60' }),
      1,
      { code: 'CLUSTER_OVERLOADED', retry: { kind: 'after', ms: 60_000 } },
    ],
    [
      'not what is refused',
      says(409, { message: 'no' }),
      1,
      { code: 'CLUSTER_REFUSED', message: expect.stringMatching(/no$/) },
    ],
    ['not what no API server says', says(200, '<html>login</html>'), 1, { code: 'CLUSTER_INVALID_ANSWER' }],
    ['not a kind that is unknown', says(404, '404 page not found'), 1, { code: 'CLUSTER_KIND_MISSING' }],
    ['not a token that does not change', says(401, '{}'), 1, { code: 'CLUSTER_UNAUTHORIZED' }],
    ['five times at most a connection that breaks', breaksOff, 5, { code: 'CLUSTER_UNREACHABLE' }],
  ] as const) {
    test(why, async () => {
      await using api = await startApi(answer);
      await using client = api.open();
      await expect(client.call({ verb: 'list', place: PLACE }, SIGNAL)).rejects.toMatchObject(expected);
      expect(api.requests).toHaveLength(tries);
    });
  }

  test('not what is to be tried once', async () => {
    await using api = await startApi(says(500, '{}'));
    await using client = api.open();
    const request = { verb: 'get', place: { ...PLACE, name: 'a' }, once: true } as const;
    await expect(client.call(request, SIGNAL)).rejects.toMatchObject({ code: 'CLUSTER_OVERLOADED' });
    expect(api.requests).toHaveLength(1);
  });

  test('not after it was stopped', async () => {
    await using api = await startApi(() => {});
    await using client = api.open();
    const stop = new AbortController();
    const call = client.call({ verb: 'list', place: PLACE }, stop.signal);
    setTimeout(() => stop.abort(), 20);
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('an Event whose answer was lost is one Event', async () => {
    await using api = await startApi(breaksOff, says(409, '{}'));
    await using client = api.open();
    const recorder = eventRecorder(client, { ...client.tools, uidOf: () => undefined });
    const object = { namespace: 'argocd', name: 'shop' };
    await recorder.record({ kind: 'Application', object, type: 'Normal', reason: 'X', message: '' }, SIGNAL);
    expect(api.requests).toHaveLength(2);
  });
});

describe('as whom', () => {
  test('the headers of who is to act as somebody else', async () => {
    await using api = await startApi(says(200));
    await using client = api.open(
      { kind: 'basic', username: 'me', password: 'x' },
      {
        impersonation: { 'impersonate-group': ['a', 'b'] },
      },
    );
    await client.call({ verb: 'list', place: PLACE }, SIGNAL);
    expect(api.requests[0]?.headers.authorization).toBe(`Basic ${btoa('me:x')}`);
    expect(api.requests[0]?.headersDistinct['impersonate-group']).toEqual(['a', 'b']);
  });

  test('a token in a file is read anew when it is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tiphys-token-'));
    const path = join(folder, 'token');
    try {
      await writeFile(path, 'old\n');
      await using api = await startApi(
        says(200),
        (request, response) => {
          void writeFile(path, 'new\n').then(() => says(401, '{}')(request, response));
        },
        says(200),
      );
      await using client = api.open({ kind: 'token-file', path });
      for (let calls = 0; calls < 2; calls++) await client.call({ verb: 'list', place: PLACE }, SIGNAL);
      expect(api.requests.map(({ headers }) => headers.authorization)).toEqual(
        ['old', 'old', 'new'].map((one) => `Bearer ${one}`),
      );
      await rm(path);
      await using other = api.open({ kind: 'token-file', path });
      await expect(other.call({ verb: 'list', place: PLACE }, SIGNAL)).rejects.toMatchObject({
        code: 'CLUSTER_UNAUTHORIZED',
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  /** A plugin that says which cluster it was told of, and how often it ran. */
  const PLUGIN = `#!${process.execPath}
    const { apiVersion, spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
    if (process.env.MODE === 'fail') { console.log('canary'); process.exit(3); }
    const token = [spec.interactive, spec.cluster?.server !== undefined, process.argv[2], Date.now()].join();
    const expirationTimestamp = process.env.MODE === 'short' ? new Date(Date.now() + 1000).toISOString() : undefined;
    console.log(JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token, expirationTimestamp } }));`;

  async function withPlugin(env: Record<string, string>, command = '') {
    const folder = await mkdtemp(join(tmpdir(), 'tiphys-plugin-'));
    const path = join(folder, 'login');
    await writeFile(path, PLUGIN);
    await chmod(path, 0o755);
    const apiVersion = 'client.authentication.k8s.io/v1';
    const more = { args: ['arg'], env, wantsCluster: true, installHint: 'get it' };
    const proof: Proof = { kind: 'plugin', plugin: { apiVersion, command: command || path, ...more } };
    return { proof, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  }

  test('a plugin is asked once for all, and again when its token is refused or about to end', async () => {
    for (const [mode, askings] of [
      ['', 1],
      ['short', 3],
    ] as const) {
      await using api = await startApi(says(200));
      await using plugin = await withPlugin({ MODE: mode });
      await using client = api.open(plugin.proof);
      const list = () => client.call({ verb: 'list', place: PLACE }, SIGNAL);
      await Promise.all([list(), list()]);
      await list();
      await list();
      const tokens = api.requests.map(({ headers }) => headers.authorization);
      expect(new Set(tokens).size).toBe(askings);
      expect(tokens[0]).toMatch(/^Bearer (?:true|false),true,arg,\d+$/);
    }
    await using api = await startApi(says(401, '{}'), says(200));
    await using plugin = await withPlugin({});
    await using client = api.open(plugin.proof);
    await client.call({ verb: 'list', place: PLACE }, SIGNAL);
    expect(new Set(api.requests.map(({ headers }) => headers.authorization)).size).toBe(2);
  });

  test('a plugin that fails, or is not there', async () => {
    await using api = await startApi(says(200));
    await using failing = await withPlugin({ MODE: 'fail' });
    await using client = api.open(failing.proof);
    const failure = client.call({ verb: 'list', place: PLACE }, SIGNAL);
    await expect(failure).rejects.toMatchObject({
      code: 'CLUSTER_UNAUTHORIZED',
      message: expect.stringMatching(/ended with 3$/),
    });
    await using absent = await withPlugin({}, 'no-such-plugin');
    await using other = api.open(absent.proof);
    await expect(other.call({ verb: 'list', place: PLACE }, SIGNAL)).rejects.toMatchObject({ fix: 'get it' });
    expect(api.requests).toHaveLength(0);
  });
});

describe('a copy that is followed', () => {
  const item = (name: string, n: number) => ({ metadata: { namespace: 'argocd', name, resourceVersion: '5' }, n });
  const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
  const keep = (object: object) => JSON.stringify(object);

  /** Lists and watches get these answers, in turn. */
  async function followed(lists: readonly Answer[], watches: readonly Answer[]) {
    let [listed, watched] = [0, 0];
    const queries: URLSearchParams[] = [];
    const api = await startApi((request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams;
      queries.push(query);
      const next = query.has('watch') ? watches[watched++] : lists[Math.min(listed++, lists.length - 1)];
      if (next) next(request, response);
      else response.writeHead(200).flushHeaders();
    });
    const client = api.open();
    const collections = watchedCollections(client, client.tools);
    const changes: string[] = [];
    const changed = (change: string, key: string) => void changes.push(`${change} ${key}`);
    const collection = collections.open({ place: PLACE, keep, changed });
    return {
      ...{ collection, changes, queries },
      async [Symbol.asyncDispose]() {
        await collections[Symbol.asyncDispose]();
        await client[Symbol.asyncDispose]();
        await api[Symbol.asyncDispose]();
      },
    };
  }
  const list = (version: string, ...items: readonly object[]) =>
    says(200, { metadata: { resourceVersion: version }, items });
  const until = (holds: () => boolean) => eventually(() => expect(holds()).toBe(true), 5);

  test('from a list, by bookmarks, to a watch that goes on where the last one ended', async () => {
    const events = [event('ADDED', item('b', 1)), event('MODIFIED', item('a', 1)), event('DELETED', item('b', 1))];
    const bookmark = event('BOOKMARK', { metadata: { resourceVersion: '9' } });
    await using copy = await followed([list('3', item('a', 1))], [says(200, `${events.join('')}${bookmark}`)]);
    expect([...(await copy.collection.items(SIGNAL)).keys()]).toEqual(['argocd/a']);
    await until(() => copy.queries.length === 3);
    expect(copy.changes).toEqual(['added argocd/b', 'deleted argocd/b']);
    expect(copy.queries.map((query) => query.get('resourceVersion'))).toEqual([null, '3', '9']);
    expect(copy.queries[1]?.get('allowWatchBookmarks')).toBe('true');
  });

  for (const [what, answer] of [
    ['an ERROR event', says(200, event('ERROR', { code: 410 }))],
    ['HTTP 410', says(410, {})],
  ] as const) {
    test(`${what}: it is listed anew, and the differences are told`, async () => {
      await using copy = await followed(
        [list('3', item('a', 1), item('b', 1)), list('7', item('a', 2), item('c', 1))],
        [answer],
      );
      await until(() => copy.queries.length === 4);
      expect(copy.changes.toSorted()).toEqual(['added argocd/c', 'deleted argocd/b', 'modified argocd/a']);
      expect(copy.collection.trouble()).toBeUndefined();
    });
  }

  test('what is wrong is said until it is over', async () => {
    const bookmark = says(200, event('BOOKMARK', { metadata: {} }));
    const { promise: seen, resolve: see } = Promise.withResolvers<void>();
    const later: Answer = (request, response) => void seen.then(() => bookmark(request, response));
    await using copy = await followed([list('3')], [breaksOff, later]);
    await copy.collection.items(SIGNAL);
    await until(() => copy.collection.trouble()?.code === 'CLUSTER_UNREACHABLE');
    see();
    await until(() => copy.collection.trouble() === undefined);
  });

  test('who waits for what is forbidden is told, and is served once it is allowed', async () => {
    const no = { message: 'User "me" cannot list' };
    await using copy = await followed([says(403, no), list('3', item('a', 1))], []);
    await expect(copy.collection.items(SIGNAL)).rejects.toMatchObject({ code: 'CLUSTER_FORBIDDEN' });
    await until(() => copy.queries.some((query) => query.has('watch')));
    expect((await copy.collection.items(SIGNAL)).size).toBe(1);
  });

  test('nobody sees a half list, nor one whose pages are of several versions', async () => {
    const page = (name: string, token: string) =>
      says(200, { metadata: { continue: token, resourceVersion: '3' }, items: [item(name, 1)] });
    await using api = await startApi(page('a', 'x'), says(410, {}), page('b', 'y'), page('c', ''));
    await using client = api.open();
    const collection = listedCollections(client).open({ place: PLACE, keep, changed: () => {} });
    expect([...(await collection.items(SIGNAL)).keys()]).toEqual(['argocd/b', 'argocd/c']);
  });
});

for (const scheme of ['socks5', 'socks5h']) {
  test(`goes through a ${scheme}:// proxy, with its login decoded`, async () => {
    await using api = await startApi((_, response) => response.end('{}'));
    await using proxy = await startSocksProxy({ login: 'user:p@ss' });
    const { port } = new URL(api.url);
    const transport = openTransport({
      ...{ source: 'context test', server: `http://api.invalid:${port}`, namespace: 'argocd', isInsecure: false },
      user: { proof: { kind: 'token', token: 'canary' }, impersonation: {} },
      proxy: proxy.url.replace('socks5://', `${scheme}://user:p%40ss@`),
    });
    const request = {
      method: 'GET',
      path: '/version',
      headers: {},
      certificate: undefined,
      idleTimeoutMs: 5_000,
    } as const;
    const answer = await transport.send(request, SIGNAL);
    expect(answer.status).toBe(200);
    await Array.fromAsync(answer.body);
    await transport.close();
    expect(proxy.seen).toEqual([`api.invalid:${port}`]);
  });
}
