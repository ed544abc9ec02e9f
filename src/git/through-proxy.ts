import { once } from 'node:events';
import { connect, isIPv4, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { basicText, loginOf } from './login.ts';

/** The proxy opens no way; the message is ours alone, and reads as git's own about proxies. */
export class ProxyRefusal extends Error {}

/**
 * A connection to the destination, whose name the proxy looks up.
 * @param proxy  http:, https:, socks5: or socks5h:
 * @param destination  with its port: "ssh://git.example.com:22"
 * @param signal  ends the attempt, not the connection
 * @throws {ProxyRefusal}, and what the network throws
 */
export async function connectThrough(proxy: URL, destination: URL, signal: AbortSignal): Promise<Duplex> {
  const isSocks = proxy.protocol.startsWith('socks5');
  return isSocks ? await connectBySocks(proxy, destination, signal) : await connectByHttp(proxy, destination, signal);
}

/** RFC 9110, section 9.3.6. */
async function connectByHttp(proxy: URL, { hostname, port }: URL, signal: AbortSignal): Promise<Duplex> {
  const place = `${hostname}:${port}`;
  const { username, password } = loginOf(proxy);
  // Loaded only here: with its fetch and WebSocket, node:http takes longer to load than all of Node to start.
  const { request: ask } = await (proxy.protocol === 'https:' ? import('node:https') : import('node:http'));
  if (signal.aborted) throw timeOut();
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const request = ask({
    method: 'CONNECT',
    host: bare(proxy.hostname),
    port: proxy.port,
    path: place,
    headers: {
      host: place,
      ...(username === '' ? {} : { 'proxy-authorization': `Basic ${basicText(username, password)}` }),
    },
    agent: false,
  });
  request.on('error', reject);
  request.once('connect', ({ statusCode = 0 }, socket, head) => {
    if (statusCode >= 200 && statusCode < 300) {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    } else {
      socket.destroy();
      reject(new ProxyRefusal(`CONNECT tunnel failed, response ${statusCode}`));
    }
  });
  const stop = () => request.destroy(timeOut());
  signal.addEventListener('abort', stop);
  request.end();
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const VERSION = 5;
const NO_LOGIN = 0;
const BY_PASSWORD = 2;
const PASSWORD_VERSION = 1;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
/** Bytes of an address in an answer, by its kind; a name says its own length. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = { [IPV4]: 4, 4: 16 };

/** RFC 1928, and 1929 for user and password. */
async function connectBySocks(proxy: URL, destination: URL, signal: AbortSignal): Promise<Duplex> {
  const socket = connect({ host: bare(proxy.hostname), port: Number(proxy.port || '1080') });
  const stop = () => socket.destroy(timeOut());
  signal.addEventListener('abort', stop);
  try {
    await once(socket, 'connect');
    await shakeHands(socket, loginOf(proxy), destination);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function shakeHands(
  socket: Socket,
  { username, password }: ReturnType<typeof loginOf>,
  { hostname, port }: URL,
): Promise<void> {
  const methods = username === '' ? [NO_LOGIN] : [NO_LOGIN, BY_PASSWORD];
  socket.write(Buffer.from([VERSION, methods.length, ...methods]));
  const [version, method = -1] = await take(socket, 2);
  if (version !== VERSION) throw new ProxyRefusal('SOCKS5 tunnel failed, the proxy does not speak SOCKS5');
  if (!methods.includes(method)) throw loginRefused();
  if (method === BY_PASSWORD) {
    socket.write(Buffer.from([PASSWORD_VERSION, ...counted(username), ...counted(password)]));
    const [, status] = await take(socket, 2);
    if (status !== 0) throw loginRefused();
  }
  socket.write(Buffer.from([VERSION, CONNECT, 0, ...addressBytes(bare(hostname)), ...portBytes(Number(port))]));
  const [, reply, , kind = 0] = await take(socket, 4);
  if (reply !== 0) throw new ProxyRefusal(`SOCKS5 tunnel failed, reply ${reply}`);
  const length = kind === NAME ? (await take(socket, 1))[0] : ADDRESS_BYTES[kind];
  await take(socket, (length ?? 0) + 2);
}

/** Names are looked up by the proxy; so are IPv6 addresses, which it reads as text. */
function addressBytes(host: string): readonly number[] {
  return isIPv4(host) ? [IPV4, ...host.split('.').map(Number)] : [NAME, ...counted(host)];
}

function portBytes(port: number): readonly number[] {
  return [port >> 8, port & 0xff];
}

function counted(text: string): readonly number[] {
  const bytes = Buffer.from(text);
  if (bytes.length > 255) throw new ProxyRefusal('SOCKS5 tunnel failed, a name or password of more than 255 bytes');
  return [bytes.length, ...bytes];
}

/** Exactly so many bytes, and none of those that follow. */
async function take(socket: Socket, size: number): Promise<Uint8Array> {
  const taken: number[] = [];
  while (taken.length < size) {
    const chunk: unknown = socket.read(Math.min(size - taken.length, Math.max(socket.readableLength, 1)));
    if (chunk instanceof Uint8Array) taken.push(...chunk);
    else if (socket.readableEnded) throw new ProxyRefusal('SOCKS5 tunnel failed, the proxy hung up');
    else await moreOrEnd(socket);
  }
  return Uint8Array.from(taken);
}

async function moreOrEnd(socket: Socket): Promise<void> {
  const heard = new AbortController();
  const events = ['readable', 'end'].map((event) => once(socket, event, { signal: heard.signal }));
  try {
    await Promise.race(events);
  } finally {
    heard.abort();
  }
}

function loginRefused(): ProxyRefusal {
  return new ProxyRefusal('SOCKS5 login failed');
}

function timeOut(): Error {
  return Object.assign(new Error('the proxy did not answer in time'), { code: 'ETIMEDOUT' });
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
