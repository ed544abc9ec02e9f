import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startProxy } from '../../test/support/connect-proxy.ts';
import { startSocksProxy } from '../../test/support/socks-proxy.ts';
import { gitFailure } from './git-errors.ts';
import { openTunnel } from './tunnel.ts';

const LOGIN = 'peter:pr0xy%40pass';
const SHOWN = 'peter:pr0xy@pass';
const withLogin = (url: string, login = LOGIN) => new URL(url.replace('//', `//${login}@`));

const GREETING = 'SSH-2.0-echo\r\n';

/** Greets first, as an SSH server does, and says what it hears. */
async function startEcho() {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(GREETING);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    place: `git.example:${port}`,
    url: new URL(`ssh://git.example:${port}`),
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

/** What is heard until as much has come back, or the connection ends. */
async function say(port: number, words: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let heard = '';
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('data', (text) => {
    heard += text;
    if (heard.length >= GREETING.length + words.length) resolve();
  });
  socket.on('error', () => resolve()).on('close', () => resolve());
  socket.write(words);
  await promise;
  socket.destroy();
  return heard;
}

const kinds = {
  CONNECT: async (login?: string) => {
    const proxy = await startProxy(login === undefined ? {} : { login });
    const places = () => proxy.seen.map((line) => line.replace('CONNECT ', ''));
    return { url: proxy.url, places, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
  },
  SOCKS5: async (login?: string) => {
    const proxy = await startSocksProxy(login === undefined ? {} : { login });
    return { url: proxy.url, places: () => proxy.seen, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
  },
};

for (const [kind, start] of Object.entries(kinds)) {
  describe(`through a proxy by ${kind}`, () => {
    test('leads to the destination, as often as it is asked', async () => {
      await using echo = await startEcho();
      await using proxy = await start();
      await using tunnel = await openTunnel(new URL(proxy.url), echo.url);
      const words = 'x'.repeat(200_000);
      const heard = await Promise.all([say(tunnel.port, words), say(tunnel.port, 'b')]);
      expect(heard).toEqual([`${GREETING}${words}`, `${GREETING}b`]);
      expect(proxy.places()).toEqual([echo.place, echo.place]);
      expect(tunnel.problem()).toBe('');
    });

    test('shows user and password', async () => {
      await using echo = await startEcho();
      await using proxy = await start(SHOWN);
      await using tunnel = await openTunnel(withLogin(proxy.url), echo.url);
      expect(await say(tunnel.port, 'a')).toBe(`${GREETING}a`);
    });

    for (const [what, url] of [
      ['a wrong password', (url: string) => withLogin(url, 'peter:wr0ng')],
      ['no password', (url: string) => new URL(url)],
    ] as const) {
      test(`${what} is told as such`, async () => {
        await using echo = await startEcho();
        await using proxy = await start(SHOWN);
        await using tunnel = await openTunnel(url(proxy.url), echo.url);
        expect(await say(tunnel.port, 'a')).toBe('');
        const failure = gitFailure(tunnel.problem(), { url: 'git.example', secrets: [] });
        expect(failure).toMatchObject({ code: 'GIT_UNAUTHORIZED', message: expect.stringContaining('the proxy') });
        expect(failure.message).not.toContain('wr0ng');
      });
    }

    test('is over with its object', async () => {
      await using echo = await startEcho();
      await using proxy = await start();
      const tunnel = await openTunnel(new URL(proxy.url), echo.url);
      const socket = connect(tunnel.port, '127.0.0.1');
      await once(socket, 'data');
      await tunnel[Symbol.asyncDispose]();
      await once(socket, 'close');
      await expect(once(connect(tunnel.port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });
  });
}

test.each([
  ['http://127.0.0.1:9', 'failed to connect to the proxy (ECONNREFUSED)'],
  ['socks5://127.0.0.1:9', 'failed to connect to the proxy (ECONNREFUSED)'],
])('%s, where nobody listens, is told', async (proxy, expected) => {
  await using tunnel = await openTunnel(new URL(proxy), new URL('ssh://git.example:22'));
  expect(await say(tunnel.port, 'a')).toBe('');
  expect(tunnel.problem()).toBe(`error: ${expected}\n`);
  expect(gitFailure(tunnel.problem(), { url: 'git.example', secrets: [] }).code).toBe('GIT_UNREACHABLE');
});

describe('a SOCKS5 proxy', () => {
  test('that reaches nobody is told', async () => {
    await using proxy = await startSocksProxy({ reply: 4 });
    await using tunnel = await openTunnel(new URL(proxy.url), new URL('ssh://192.0.2.1:22'));
    expect(await say(tunnel.port, 'a')).toBe('');
    expect(proxy.seen).toEqual(['192.0.2.1:22']);
    expect(tunnel.problem()).toBe('error: SOCKS5 tunnel failed, reply 4\n');
  });

  for (const [what, answer] of [
    ['speaks something else', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['hangs up', ''],
  ] as const) {
    test(`that ${what} is told`, async () => {
      const server = createServer((socket) => socket.on('error', () => undefined).end(answer)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      await using tunnel = await openTunnel(new URL(`socks5://127.0.0.1:${port}`), new URL('ssh://git.example:22'));
      expect(await say(tunnel.port, 'a')).toBe('');
      expect(tunnel.problem()).toMatch(/^error: SOCKS5 tunnel failed, the proxy /);
      server.close();
    });
  }
});
