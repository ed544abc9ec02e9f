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

/** @param toPath  what plain requests ask for instead of their own path and query */
export async function startProxy(toPath: (path: string) => string = (path) => path): Promise<Proxy> {
  const seen: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = createServer((message, response) => {
    seen.push(`${message.method} ${message.url}`);
    authorizations.push(message.headers['proxy-authorization']);
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
