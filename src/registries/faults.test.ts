import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fakeTime, testRegistries } from '../../test/support/registries.ts';
import { Failure } from '../core/failure.ts';
import { type Intercepted, startRegistry } from '../demo/registry.ts';
import type { RegistriesOptions } from './registries.ts';

const SIGNAL = new AbortController().signal;
const HTML = '<!doctype html><html><body>Sign in</body></html>';
const MEGABYTE_PACKED = gzipSync(Buffer.alloc(1024 * 1024));
const isList = (path: string) => path.includes('/tags/list');

/** Lists tags of a registry that answers the list in this way, and says how that failed. */
async function failureOf(answer: Intercepted, options: Partial<RegistriesOptions> = {}): Promise<Failure> {
  await using registry = await startRegistry({ intercept: ({ path }) => (isList(path) ? answer : undefined) });
  await using registries = testRegistries(options);
  return await registries
    .scan()
    .listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL)
    .then(
      (tags) => Promise.reject(new Error(`answered ${tags}`)),
      (error) => error,
    );
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Intercepted {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

function packed(coding: string, body: Uint8Array): Intercepted {
  return { status: 200, headers: { 'Content-Encoding': coding }, body };
}

/** Members of a gzip follow each other: a thousand times the same megabyte. */
const BOMB = Buffer.concat(Array.from({ length: 1024 }, () => MEGABYTE_PACKED));

describe('each fault has its code', () => {
  for (const [fault, answer, code, message] of [
    [
      'a web page',
      { status: 200, headers: { 'Content-Type': 'text/html' }, body: HTML },
      'REGISTRY_INVALID_ANSWER',
      /web page/,
    ],
    ['a web page that says it is JSON', { status: 200, body: HTML }, 'REGISTRY_INVALID_ANSWER', /web page/],
    ['nothing', { status: 200, body: '' }, 'REGISTRY_INVALID_ANSWER', /something else/],
    ['half a text', { status: 200, body: '{"tags":["1.0"' }, 'REGISTRY_INVALID_ANSWER', /something else/],
    ['half a page', { status: 200, body: '{"tags":["1.0","1.1"]}', cut: true }, 'REGISTRY_UNREACHABLE', /broke off/],
    [
      'an error with status 200',
      json(200, { errors: [{ code: 'DENIED' }] }),
      'REGISTRY_INVALID_ANSWER',
      /something else/,
    ],
    ['400', json(400, { errors: [{ code: 'NAME_INVALID' }] }), 'REGISTRY_INVALID_ANSWER', /400 \(NAME_INVALID\)/],
    ['401', json(401, {}), 'REGISTRY_UNAUTHORIZED', /401\), asked anonymously/],
    ['403', json(403, {}), 'REGISTRY_UNAUTHORIZED', /403\), asked anonymously/],
    ['404', json(404, { errors: [{ code: 'NAME_UNKNOWN' }] }), 'REGISTRY_NOT_FOUND', /not there \(NAME_UNKNOWN\)/],
    ['404 with any text', { status: 404, body: 'no' }, 'REGISTRY_NOT_FOUND', /not there$/],
    ['429', json(429, {}), 'REGISTRY_RATE_LIMITED', /429/],
    ['500', { status: 500, body: HTML }, 'REGISTRY_SERVER_ERROR', /answered 500/],
    ['503', { status: 503 }, 'REGISTRY_SERVER_ERROR', /answered 503/],
    [
      'a redirect to itself',
      { status: 302, headers: { Location: '?' } },
      'REGISTRY_INVALID_ANSWER',
      /redirects more than 5/,
    ],
    [
      'a redirect to a file',
      { status: 302, headers: { Location: 'file:///etc/passwd' } },
      'REGISTRY_INVALID_ANSWER',
      /no usable URL/,
    ],
    [
      'a redirect to the secrets of a cloud',
      { status: 307, headers: { Location: 'http://2852039166/latest/meta-data' } },
      'REGISTRY_INVALID_ANSWER',
      /an address of this machine's own link/,
    ],
    [
      'a coding that nobody asked for',
      packed('br', Buffer.from('{"tags":["1.0"]}')),
      'REGISTRY_INVALID_ANSWER',
      /coding/,
    ],
    ['gzip that is none', packed('gzip', Buffer.from('{"tags":["1.0"]}')), 'REGISTRY_INVALID_ANSWER', /damaged/],
    [
      'gzip that is cut',
      packed('gzip', gzipSync('{"tags":["1.0"]}').subarray(0, -9)),
      'REGISTRY_INVALID_ANSWER',
      /damaged/,
    ],
    ['gzip of a gigabyte', packed('gzip', BOMB), 'REGISTRY_INVALID_ANSWER', /more than 8388608 bytes/],
    ['more than 8 MiB', { status: 200, body: ' '.repeat(9 * 1024 * 1024) }, 'REGISTRY_INVALID_ANSWER', /more than/],
    ['an error code that is none', json(404, { errors: [{ code: '\u001b[31m' }] }), 'REGISTRY_NOT_FOUND', /not there$/],
  ] as const) {
    test(`${fault} is ${code}`, async () => {
      const failure = await failureOf(answer);
      expect(failure).toBeInstanceOf(Failure);
      expect(failure.code).toBe(code);
      expect(failure.message).toMatch(message);
      expect(failure.fix).not.toBe('');
    });
  }

  test('a registry that hangs is REGISTRY_TIMEOUT', async () => {
    const failure = await failureOf('hang', { limits: { requestTimeoutMs: 100 } });
    expect(failure.code).toBe('REGISTRY_TIMEOUT');
  });

  for (const [why, answer, limits] of [
    ['whose headers do not come', 'hang', { headersTimeoutMs: 100 }],
    ['whose body stops', { status: 200, body: '{"tags":["1.0"]}', msBetweenBytes: 20_000 }, { bodyTimeoutMs: 100 }],
    ['whose body never ends', { status: 200, body: ' '.repeat(500), msBetweenBytes: 20 }, { requestTimeoutMs: 200 }],
  ] as const satisfies readonly (readonly [string, Intercepted, object])[]) {
    test(`a registry ${why} is REGISTRY_TIMEOUT`, async () => {
      const began = performance.now();
      const failure = await failureOf(answer, { limits });
      expect(failure.code).toBe('REGISTRY_TIMEOUT');
      expect(performance.now() - began).toBeLessThan(10_000);
    });
  }

  test('a registry that hangs is left at once when the caller stops', async () => {
    await using registry = await startRegistry({ intercept: () => 'hang' });
    await using registries = testRegistries();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const list = registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, stop.signal);
    await expect(list).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('a closed port is REGISTRY_UNREACHABLE', async () => {
    await using registries = testRegistries();
    // A port that was free a moment ago may be another test's by now; nobody listens at the first one.
    const list = registries.scan().listTags({ registry: '127.0.0.1:1', repository: 'acme/shop' }, SIGNAL);
    await expect(list).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('a host that does not exist is REGISTRY_UNREACHABLE', async () => {
    await using registries = testRegistries();
    const list = registries.scan().listTags({ registry: 'registry.invalid', repository: 'acme/shop' }, SIGNAL);
    await expect(list).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });

  test('what speaks no HTTP is REGISTRY_UNREACHABLE', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-x\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    await using registries = testRegistries();
    const list = registries.scan().listTags({ registry: `127.0.0.1:${address.port}`, repository: 'acme/shop' }, SIGNAL);
    await expect(list).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    server.close();
  });
});

describe('every status', () => {
  const CODES: Readonly<Record<number, string>> = {
    401: 'REGISTRY_UNAUTHORIZED',
    403: 'REGISTRY_UNAUTHORIZED',
    404: 'REGISTRY_NOT_FOUND',
    429: 'REGISTRY_RATE_LIMITED',
  };

  test('but 200 is a failure, whatever comes with it, and only a few are worth another try', async () => {
    await using registry = await startRegistry({
      intercept: ({ path }) =>
        isList(path) ? { status: Number(path.split('/')[3]), body: '{"name":"acme","tags":["1.0"]}' } : undefined,
    });
    for (let status = 201; status < 600; status++) {
      const time = fakeTime();
      await using registries = testRegistries(time);
      const list = registries.scan().listTags({ registry: registry.host, repository: `acme/${status}` }, SIGNAL);
      const code = CODES[status] ?? (status >= 500 ? 'REGISTRY_SERVER_ERROR' : 'REGISTRY_INVALID_ANSWER');
      await expect(list, `${status}`).rejects.toMatchObject({ code });
      expect(time.slept.length > 0, `${status}`).toBe([429, 500, 502, 503, 504].includes(status));
    }
  });
});

describe('a body of a gigabyte', () => {
  const MEGABYTE = Buffer.alloc(1024 * 1024, ' ');

  for (const [where, isEndless] of [
    ['/v2/', (path: string) => path === '/v2/'],
    ['the list', isList],
    ['an error', isList],
  ] as const) {
    for (const announced of [true, false]) {
      test(`is refused early at ${where}, ${announced ? 'announced' : 'in chunks'}`, async () => {
        let sent = 0;
        function* gigabyte() {
          for (; sent < 1024; sent++) yield MEGABYTE;
        }
        const server = createHttpServer((request, response) => {
          if (!isEndless(request.url ?? '')) return response.end('{}');
          const length = announced ? { 'content-length': 1024 * MEGABYTE.length } : {};
          response.writeHead(where === 'an error' ? 404 : 200, length);
          return Readable.from(gigabyte()).pipe(response);
        }).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const address = server.address();
        if (address === null || typeof address === 'string') throw new Error('no port');
        const image = { registry: `127.0.0.1:${address.port}`, repository: 'acme/shop' };
        await using registries = testRegistries();
        await expect(registries.scan().listTags(image, SIGNAL)).rejects.toMatchObject({
          code: 'REGISTRY_INVALID_ANSWER',
          message: expect.stringMatching(/more than \d+ bytes/),
        });
        server.closeAllConnections();
        server.close();
        expect(sent).toBeLessThan(128);
      });
    }
  }
});

test('an answer that was packed without being asked for is unpacked', async () => {
  const seen: (string | undefined)[] = [];
  await using registry = await startRegistry({
    intercept: ({ path, headers }) => {
      seen.push(headers['accept-encoding']?.toString());
      return isList(path) ? packed('gzip', gzipSync('{"tags":["1.0"]}')) : undefined;
    },
  });
  await using registries = testRegistries();
  const tags = await registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL);
  expect(tags).toEqual(['1.0']);
  expect(new Set(seen)).toEqual(new Set(['identity']));
});

describe('another try', () => {
  for (const status of [429, 500, 502, 503, 504]) {
    test(`follows ${status}`, async () => {
      let refusals = 2;
      await using registry = await startRegistry({
        intercept: ({ path }) => (isList(path) && refusals-- > 0 ? { status } : undefined),
      });
      registry.putImage('acme/shop', '1.0', { created: '' });
      const time = fakeTime();
      await using registries = testRegistries(time);
      const tags = await registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL);
      expect(tags).toEqual(['1.0']);
      expect(time.slept).toEqual([125, 250]);
    });
  }

  test('follows half an answer', async () => {
    let cuts = 2;
    await using registry = await startRegistry({
      intercept: ({ path }) =>
        isList(path) && cuts-- > 0 ? { status: 200, body: '{"tags":["9.9"]}', cut: true } : undefined,
    });
    registry.putImage('acme/shop', '1.0', { created: '' });
    await using registries = testRegistries();
    expect(await registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL)).toEqual([
      '1.0',
    ]);
  });

  for (const [retryAfter, expected] of [
    ['7', 7_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ] as const) {
    test(`waits as long as Retry-After says: ${retryAfter}`, async () => {
      let refusals = 1;
      await using registry = await startRegistry({
        intercept: ({ path }) =>
          isList(path) && refusals-- > 0 ? { status: 429, headers: { 'Retry-After': retryAfter } } : undefined,
      });
      registry.putImage('acme/shop', '1.0', { created: '' });
      const time = fakeTime();
      await using registries = testRegistries(time);
      await registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL);
      expect(time.slept).toEqual([expected]);
    });
  }

  test('is not made when Retry-After asks for more time than there is, nor by anybody else meanwhile', async () => {
    await using registry = await startRegistry({
      intercept: ({ path }) => (isList(path) ? { status: 429, headers: { 'Retry-After': '3600' } } : undefined),
    });
    const time = fakeTime();
    await using registries = testRegistries(time);
    for (const repository of ['acme/shop', 'acme/other']) {
      const list = registries.scan().listTags({ registry: registry.host, repository }, SIGNAL);
      await expect(list).rejects.toMatchObject({
        code: 'REGISTRY_RATE_LIMITED',
        message: expect.stringContaining('3600 s'),
        retry: { kind: 'after', ms: 3_600_000 },
      });
    }
    expect(time.slept).toEqual([]);
    expect(registry.requests.filter(({ path }) => isList(path))).toHaveLength(1);
  });

  test('waits for all who ask the same registry, also for those who still stand in the queue', async () => {
    const time = fakeTime();
    const startMs = time.now();
    const askedAtMs: number[] = [];
    await using registry = await startRegistry({
      intercept: ({ path }) => {
        if (!isList(path)) return undefined;
        askedAtMs.push(time.now() - startMs);
        return askedAtMs.length === 1 ? { status: 429, headers: { 'Retry-After': '7' } } : undefined;
      },
    });
    await using registries = testRegistries({ ...time, limits: { concurrency: 1 } });
    const scan = registries.scan();
    const names = ['acme/a', 'acme/b', 'acme/c'];
    for (const name of names) registry.putImage(name, '1.0', { created: '' });
    await Promise.all(names.map((repository) => scan.listTags({ registry: registry.host, repository }, SIGNAL)));
    expect(askedAtMs).toHaveLength(4);
    expect(askedAtMs.slice(1).every((ms) => ms >= 7_000)).toBe(true);
  });

  test('is made a few times and no more', async () => {
    const time = fakeTime();
    const failure = await failureOf({ status: 500 }, time);
    expect(failure.code).toBe('REGISTRY_SERVER_ERROR');
    expect(time.slept).toEqual([125, 250, 500, 1000, 2000]);
  });

  test('does not follow what another try cannot change', async () => {
    for (const status of [400, 401, 403, 404]) {
      const time = fakeTime();
      await failureOf({ status }, time);
      expect(time.slept).toEqual([]);
    }
  });
});

test('a dead registry is asked once by fifty askers, and told to each', async () => {
  await using registry = await startRegistry({
    intercept: ({ path }) => (path === '/v2/' ? { status: 500 } : undefined),
  });
  await using registries = testRegistries();
  const scan = registries.scan();
  const names = Array.from({ length: 50 }, (_, number) => `acme/app${number}`);
  const lists = await Promise.allSettled(
    names.map((repository) => scan.listTags({ registry: registry.host, repository }, SIGNAL)),
  );
  expect(lists.every((list) => list.status === 'rejected' && list.reason.code === 'REGISTRY_SERVER_ERROR')).toBe(true);
  expect(registry.requests.every(({ path }) => path === '/v2/')).toBe(true);
  expect(registry.requests).toHaveLength(6);
});
