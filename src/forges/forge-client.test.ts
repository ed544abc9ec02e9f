import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Answer, startForgeServer } from '../../test/support/forges/forge-server.ts';
import { ForgeClient } from './forge-client.ts';
import { DEFAULT_LIMITS } from './open-forges.ts';
import { openTransport } from './transport.ts';

const signal = AbortSignal.timeout(600_000);
const SECRET = 'tok-0123 %@456789';
const HEADER = btoa(`bot:${SECRET}`);

/** A client of a server with one list, whose pages are what `answer` says. */
async function begin(answer: (page: number, url: string) => Answer, random = 0) {
  const around = { url: '' };
  const handle = ({ query }: { readonly query: URLSearchParams }) => answer(Number(query.get('page') ?? 1), around.url);
  const routes = [{ method: 'GET', path: '/list', query: ['page'], handle }];
  const server = await startForgeServer({ routes: () => routes, guard: () => undefined });
  around.url = server.url;
  const source = 'the Secret argocd/deploy';
  const transport = openTransport({ source, isInsecure: false }, DEFAULT_LIMITS);
  onTestFinished(async () => {
    await transport.close();
    await server[Symbol.asyncDispose]();
  });
  const slept: number[] = [];
  const sleep = async (ms: number) => {
    slept.push(ms);
    await setImmediate();
  };
  const client = new ForgeClient({
    transport,
    authorization: `Basic ${HEADER}`,
    source,
    secret: SECRET,
    pauses: new Map(),
    around: { now: Date.now, sleep, random: () => random },
  });
  return { server, client, slept, request: { to: 'list things', url: `${server.url}/list` } };
}

describe('pages', () => {
  const page = (number: number, next: string): Answer => {
    return { status: 200, json: [{ number }], headers: { link: `<${next}>; rel="next"` } };
  };

  test('are followed by their links, as far as the caller reads, and no further than allowed', async () => {
    const { server, client, request } = await begin((number, url) => page(number, `${url}/list?page=${number + 1}`));
    expect((await Array.fromAsync(client.pages(request, 3, signal))).flat()).toEqual(
      [1, 2, 3].map((number) => ({ number })),
    );
    for await (const _ of client.pages(request, 3, signal)) break;
    expect(server.seen).toHaveLength(4);
  });

  test('are not followed to another host, which is shown no credential', async () => {
    const { client, request } = await begin((number) => page(number, 'https://elsewhere.example/list?page=2'));
    const pages = Array.fromAsync(client.pages(request, 3, signal));
    await expect(pages).rejects.toMatchObject({
      code: 'FORGE_INVALID_ANSWER',
      message: expect.stringContaining('host'),
    });
  });

  test('end where a page says so, in whatever order the links are', async () => {
    const { client, request } = await begin((number, url) => {
      const link = `<${url}/list?page=9>; rel="last", <${url}/list?page=2>; rel="next"`;
      return { status: 200, json: [{ number }], ...(number === 1 ? { headers: { link } } : {}) };
    });
    expect((await Array.fromAsync(client.pages(request, 9, signal))).flat()).toEqual([{ number: 1 }, { number: 2 }]);
  });
});

for (const [random, expected] of [
  [0, [250, 500]],
  [0.999, [500, 1000]],
] as const) {
  test(`pauses grow, and differ: ${expected.join(' ms, ')} ms`, async () => {
    const { client, request, slept } = await begin(() => ({ status: 500, json: {} }), random);
    await expect(client.want(request, signal)).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE' });
    expect(slept.map(Math.round)).toEqual(expected);
  });
}

describe('reasons', () => {
  for (const [what, json, expected] of [
    ['a message', { message: 'No' }, 'No'],
    [
      "GitHub's details",
      { message: 'Validation Failed', errors: [{ field: 'head', code: 'invalid' }, { message: 'and' }] },
      'Validation Failed; head invalid; and',
    ],
    ["GitLab's fields", { message: { source_branch: ['is missing', 'is bad'] } }, 'source_branch is missing; is bad'],
    [
      "GitLab's list",
      { message: ['Another open merge request already exists'] },
      'Another open merge request already exists',
    ],
    ['an error of OAuth', { error: 'invalid_token', error_description: 'Token is expired' }, 'Token is expired'],
    ['control characters', { message: 'a\u0007b\nc' }, 'ab c'],
    ['a secret', { message: `bad ${SECRET}` }, 'bad ***'],
    ['a secret in a URL', { message: `bad ?token=${encodeURIComponent(SECRET)}` }, 'bad ?token=***'],
    ['the header with the secret', { message: `bad Authorization: Basic ${HEADER}` }, 'bad Authorization: Basic ***'],
    ['a secret that would be cut', { message: `${'x'.repeat(292)} ${SECRET}` }, `${'x'.repeat(292)} ***`],
  ] as const) {
    test(`${what}: ${expected.slice(0, 60)}`, async () => {
      const { client, request } = await begin(() => ({ status: 422, json }));
      const message = expect.stringContaining(`(422: ${expected})`);
      await expect(client.want(request, signal)).rejects.toMatchObject({ code: 'FORGE_REFUSED', message });
    });
  }

  test('are bounded', async () => {
    const { client, request } = await begin(() => ({ status: 422, json: { message: 'x'.repeat(100_000) } }));
    const failure: unknown = await client.want(request, signal).catch((error: unknown) => error);
    expect(String(failure).length).toBeLessThan(500);
  });
});
