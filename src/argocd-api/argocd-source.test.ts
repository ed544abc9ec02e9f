import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { CANARY } from '../../test/support/canary.ts';
import { argocdSource } from './argocd-source.ts';
import { openArgocdClient } from './client.ts';
import { parseServerAddress } from './server.ts';

const SIGNAL = new AbortController().signal;
const KEY = { namespace: 'argocd', name: 'shop' };

interface Answer {
  readonly status: number;
  readonly body: object | string;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that gives these answers, one after the other, and keeps what it was asked. */
async function serving(...answers: readonly Answer[]) {
  const asked: string[] = [];
  const left = [...answers];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: string[] = [];
    for await (const chunk of request.setEncoding('utf8')) chunks.push(chunk);
    asked.push([request.method, request.url, chunks.join(''), request.headers.authorization].join(' '));
    const { status, body } = left.shift() ?? { status: 500, body: 'nothing is left' };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `http://127.0.0.1:${address.port}/argo`;
  const client = openArgocdClient(
    { url, isInsecure: false, token: CANARY },
    { random: () => 0, sleep: () => Promise.resolve() },
  );
  closing.push(async () => {
    await client[Symbol.asyncDispose]();
    await new Promise((closed) => server.close(closed));
  });
  return { asked, ...argocdSource(client) };
}

const DENIED = 'permission denied: applications, update, default/shop, sub: tiphys, iat: 2026-11-21T17:08:30Z';

function application(name: string) {
  const source = { repoURL: 'https://git.example/shop.git', path: 'web' };
  return { metadata: { namespace: 'argocd', name }, spec: { project: 'team', source } };
}

describe('what is asked, and what the answers mean', () => {
  test('Applications, and what cannot be read among them', async () => {
    const items = [application('shop'), { metadata: { namespace: 'argocd', name: 'odd' }, spec: {} }];
    const { load, live, asked } = await serving({ status: 200, body: { items } }, { status: 404, body: {} });
    const { applications, failures } = await load(SIGNAL);
    expect(applications).toMatchObject([{ name: 'shop', project: 'team' }]);
    expect(failures).toMatchObject([{ code: 'APPLICATION_INVALID', object: 'argocd/odd' }]);
    expect(await live.application(KEY, SIGNAL)).toBeUndefined();
    expect(asked[0]).toMatch(/^GET \/argo\/api\/v1\/applications .*Bearer /);
    expect(asked[1]).toContain('/applications/shop?appNamespace=argocd&project=team');
  });

  test('none at all', async () => {
    const { load } = await serving({ status: 200, body: { items: null } });
    expect((await load(SIGNAL)).warnings).toMatchObject([{ code: 'NO_APPLICATIONS' }]);
  });

  for (const [status, message, expected] of [
    [200, '', { kind: 'patched', object: { message: '' } }],
    [404, 'not found', { kind: 'gone' }],
    [500, 'error applying patch: testing value /a failed: test failed', { kind: 'test-failed' }],
    [409, 'conflict', { kind: 'test-failed' }],
    [400, 'application spec for shop is invalid', { kind: 'refused', reason: 'application spec for shop is invalid' }],
    [500, 'error unmarshaling patched app', { kind: 'refused', reason: 'error unmarshaling patched app' }],
  ] as const) {
    test(`a patch that is answered ${status} "${message}" is ${expected.kind}`, async () => {
      const { live, asked } = await serving({ status, body: { message } });
      const operation = { op: 'test', path: '/a', value: 1 } as const;
      expect(await live.patch(KEY, [operation], SIGNAL)).toEqual(expected);
      expect(asked[0]).toContain(
        JSON.stringify({ patch: JSON.stringify([operation]), patchType: 'json' }).slice(1, -1),
      );
    });
  }

  test('a refresh, and an ApplicationSet that may not be read', async () => {
    const { live, asked } = await serving(
      { status: 200, body: {} },
      { status: 403, body: { message: 'permission denied' } },
    );
    expect(await live.refresh(KEY, SIGNAL)).toBe('asked');
    expect(asked[0]).toContain('refresh=normal');
    expect(await live.applicationSet(KEY, SIGNAL)).toBeUndefined();
  });
});

describe('what goes wrong', () => {
  for (const [what, answers, code, fix] of [
    [
      'no right',
      [{ status: 403, body: { message: DENIED } }],
      'ARGOCD_FORBIDDEN',
      'p, tiphys, applications, update, default/shop, allow',
    ],
    [
      'hidden',
      [{ status: 403, body: { message: 'permission denied' } }],
      'ARGOCD_FORBIDDEN',
      'applications, get, <project>/*, allow',
    ],
    ['no token', [{ status: 401, body: { message: 'no session information' } }], 'ARGOCD_UNAUTHORIZED', 'ARGOCD_TOKEN'],
    ['a login page', [{ status: 200, body: '<html>' }], 'ARGOCD_INVALID_ANSWER', 'login page'],
    ['another path', [{ status: 404, body: 'not found' }], 'ARGOCD_INVALID_ANSWER', '--argocd-server-addr'],
    ['a fault', [{ status: 500, body: { message: 'broken' } }], 'ARGOCD_REFUSED', 'do what it says'],
    [
      'down',
      Array.from({ length: 4 }, () => ({ status: 503, body: { message: 'down' } })),
      'ARGOCD_UNREACHABLE',
      'nothing',
    ],
  ] as const) {
    test(what, async () => {
      const { load, asked } = await serving(...answers);
      const error = await load(SIGNAL).catch((thrown) => thrown);
      expect(error).toMatchObject({ code, fix: expect.stringContaining(fix) });
      expect(JSON.stringify([error.message, error.fix])).not.toContain(CANARY);
      expect(asked).toHaveLength(answers.length);
    });
  }

  test('what passes is asked again', async () => {
    const { load } = await serving({ status: 503, body: {} }, { status: 200, body: { items: [application('shop')] } });
    expect((await load(SIGNAL)).applications).toHaveLength(1);
  });

  test('nobody listens', async () => {
    const { load } = await serving();
    await Promise.all(closing.splice(0).map((close) => close()));
    await expect(load(SIGNAL)).rejects.toMatchObject({ code: 'ARGOCD_UNREACHABLE' });
  });
});

describe('addresses', () => {
  for (const [text, scheme, expected] of [
    ['argocd.example', 'https', 'https://argocd.example'],
    ['argocd.example:8443/root/', 'https', 'https://argocd.example:8443/root'],
    ['https://argocd.example', 'http', 'http://argocd.example'],
    ['[::1]:8080', 'http', 'http://[::1]:8080'],
    ['user:secret@argocd.example', 'https', undefined],
    ['argocd.example?x=1', 'https', undefined],
    ['a b', 'https', undefined],
  ] as const) {
    test(`${text} is ${expected}`, () => {
      const address = parseServerAddress(text, scheme);
      expect(address.ok ? address.value : undefined).toBe(expected);
    });
  }
});
