import { request as ask, createServer } from 'node:http';
import { connect } from 'node:net';

/** A proxy in this process, for tunnels (CONNECT) and plain requests. Every name leads to this machine. */
export interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** "CONNECT registry.example:443", "GET http://registry.example/v2/". */
  readonly seen: readonly string[];
  /** The Proxy-Authorization headers. */
  readonly authorizations: readonly (string | undefined)[];
}

export interface ProxyOptions {
  /** What plain requests ask for instead of their own path and query. */
  readonly toPath?: (path: string) => string;
  /** "user:password" that everybody must show. */
  readonly login?: string;
}

const CHALLENGE = 'Basic realm="proxy"';

export async function startProxy({ toPath = (path) => path, login }: ProxyOptions = {}): Promise<Proxy> {
  const seen: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const isWelcome = (header: string | undefined) =>
    login === undefined || header === `Basic ${Buffer.from(login).toString('base64')}`;
  const server = createServer((message, response) => {
    seen.push(`${message.method} ${message.url}`);
    authorizations.push(message.headers['proxy-authorization']);
    if (!isWelcome(message.headers['proxy-authorization'])) {
      response.writeHead(407, { 'Proxy-Authenticate': CHALLENGE }).end();
      return;
    }
    const { port, pathname, search } = new URL(message.url ?? '');
    const options = {
      host: '127.0.0.1',
      port,
      path: toPath(`${pathname}${search}`),
      method: message.method,
      headers: message.headers,
    };
    const forwarded = ask(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    message.pipe(forwarded);
  });
  server.on('connect', (message, socket) => {
    seen.push(`${message.method} ${message.url}`);
    authorizations.push(message.headers['proxy-authorization']);
    if (!isWelcome(message.headers['proxy-authorization'])) {
      socket.end(
        `HTTP/1.1 407 Login\r\nProxy-Authenticate: ${CHALLENGE}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      );
      return;
    }
    const tunnel = connect(Number(message.url?.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      tunnel.pipe(socket);
      socket.pipe(tunnel);
    });
    tunnel.on('error', () => socket.destroy());
    socket.on('error', () => tunnel.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    authorizations,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
