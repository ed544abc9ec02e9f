import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A SOCKS5 proxy in this process. Every name leads to this machine; it talks byte by byte. RFC 1928, 1929. */
export interface SocksProxy extends AsyncDisposable {
  /** "socks5://127.0.0.1:1080" */
  readonly url: string;
  /** "git.example:22" */
  readonly seen: readonly string[];
}

export interface SocksOptions {
  /** "user:password" that everybody must show. */
  readonly login?: string;
  /** What it answers to whoever wants to be connected. Default: 0, it was done. */
  readonly reply?: number;
}

export async function startSocksProxy({ login, reply = 0 }: SocksOptions = {}): Promise<SocksProxy> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    void serve(socket, { seen, login, reply }).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');
  return {
    url: `socks5://127.0.0.1:${address.port}`,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

interface Served {
  readonly seen: string[];
  readonly login: string | undefined;
  readonly reply: number;
}

async function serve(socket: Socket, { seen, login, reply }: Served): Promise<void> {
  const [, count = 0] = await take(socket, 2);
  const methods = await take(socket, count);
  const method = login === undefined ? 0 : 2;
  if (!methods.includes(method)) {
    socket.end(Buffer.from([5, 0xff]));
    return;
  }
  await tell(socket, [5, method]);
  if (login !== undefined) {
    await take(socket, 1);
    const shown = `${await takeText(socket)}:${await takeText(socket)}`;
    await tell(socket, [1, shown === login ? 0 : 1]);
    if (shown !== login) {
      socket.end();
      return;
    }
  }
  const [, , , kind] = await take(socket, 4);
  const host = kind === 1 ? (await take(socket, 4)).join('.') : await takeText(socket);
  const port = (await take(socket, 2)).readUInt16BE();
  seen.push(`${host}:${port}`);
  await tell(socket, [5, reply, 0, 3, 4, ...Buffer.from('here'), 0, 22]);
  if (reply !== 0) {
    socket.end();
    return;
  }
  const far = connect(port, '127.0.0.1');
  far.on('error', () => socket.destroy());
  far.pipe(socket);
  socket.pipe(far);
}

async function tell(socket: Socket, bytes: readonly number[]): Promise<void> {
  socket.setNoDelay(true);
  for (const byte of bytes) {
    socket.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
}

async function takeText(socket: Socket): Promise<string> {
  const [length = 0] = await take(socket, 1);
  return (await take(socket, length)).toString();
}

async function take(socket: Socket, size: number): Promise<Buffer> {
  let taken = Buffer.alloc(0);
  while (taken.length < size) {
    const chunk: unknown = socket.read(Math.min(size - taken.length, Math.max(socket.readableLength, 1)));
    if (chunk instanceof Buffer) taken = Buffer.concat([taken, chunk]);
    else await once(socket, 'readable');
  }
  return taken;
}
