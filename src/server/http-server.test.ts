import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type HttpServerOptions, listen, type ServedRequest } from './http-server.ts';
import { selfSignedTls } from './tls.ts';

const MEBIBYTE = 2 ** 20;

/** A server that answers once it has the whole body. */
async function start(options: Partial<HttpServerOptions> = {}) {
  const bugs: unknown[] = [];
  const reading = Promise.withResolvers<void>();
  const serve = async ({ readBody }: ServedRequest) => {
    reading.resolve();
    const bytes = await readBody(MEBIBYTE);
    return { status: 200, body: `${bytes?.length}` };
  };
  const server = await listen({ address: '127.0.0.1:0', serve, onBug: (error) => bugs.push(error), ...options });
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    expect(bugs).toEqual([]);
  });
  return { port: server.port, reading: reading.promise };
}

test('many bodies that never end are held up to a bound, and given up with their connections', async () => {
  const { port } = await start();
  const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${MEBIBYTE}\r\n\r\n`;
  const sockets = Array.from({ length: 64 }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(head);
    socket.write(Buffer.alloc(MEBIBYTE - 1));
    return socket;
  });
  const post = async () => (await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: ' '.repeat(100) })).status;
  await vi.waitFor(async () => expect(await post()).toBe(503), { timeout: 60_000 });
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(async () => expect(await post()).toBe(200), { timeout: 60_000 });
});

test('a body over HTTP/2 has half a minute', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { port, reading } = await start({ tls: selfSignedTls(Date.now()), http2: true });
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  onTestFinished(() => session.destroy());
  const post = () => session.request({ ':path': '/', ':method': 'POST' });
  const slow = post();
  const closed = once(slow, 'close');
  slow.write('a');
  await reading;
  vi.advanceTimersByTime(30_000);
  await closed;
  expect(await text(post().end('ab'))).toBe('2');
});
