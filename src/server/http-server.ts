import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type ServerHttp2Session } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { Server, Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { Failure } from '../core/failure.ts';

export interface ServedRequest {
  readonly method: string;
  /** "/webhook". */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Of the client, or of the proxy that stands before it. */
  readonly address: string;
  /** The whole body; undefined as soon as it has more bytes than that. */
  readBody(mostBytes: number): Promise<Uint8Array | undefined>;
}

export interface ServedAnswer {
  readonly status: number;
  readonly body: string;
  /** Plain text when absent. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Serve = (request: ServedRequest) => Promise<ServedAnswer> | ServedAnswer;

export interface HttpServerOptions {
  /** "[host]:port"; every address of this machine without a host. */
  readonly address: string;
  /** Plain HTTP without it. */
  readonly tls?: TlsOptions | undefined;
  /** Beside HTTP/1.1, and only over TLS. */
  readonly http2?: boolean;
  readonly serve: Serve;
  /** A bug: the client is told no more than that there is one. */
  readonly onBug: (error: unknown) => void;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

type Incoming = IncomingMessage | Http2ServerRequest;

/** What a response of HTTP/1.1 and one of HTTP/2 have in common. */
interface Outgoing {
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  end(body: string): unknown;
}

/** The bodies that are being read, of all requests of a server. */
interface Bodies {
  heldBytes: number;
}

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 5_000;
const MOST_CONNECTIONS = 1_000;
const MOST_STREAMS = 100;
// Who has proved nothing yet can send a body on every connection.
const MOST_HELD_BYTES = 64 * 1024 * 1024;
const NOT_FOUND: ServedAnswer = { status: 404, body: '404 page not found\n' };
const OVERLOADED: ServedAnswer = { status: 503, body: 'too much is being sent at once\n' };

/** Serves the paths that it is given, and 404 everywhere else. */
export function byPath(paths: Readonly<Record<string, Serve>>): Serve {
  return (request) => (Object.hasOwn(paths, request.path) ? paths[request.path]?.(request) : undefined) ?? NOT_FOUND;
}

/**
 * Listens until it is disposed of, which lets requests that are being answered end, for five seconds.
 * @throws {Failure} ADDRESS_UNUSABLE
 */
export async function listen(options: HttpServerOptions): Promise<HttpServer> {
  const server = openServer(options);
  server.maxConnections = MOST_CONNECTIONS;
  const endConnections = followConnections(server);
  const { host, port } = readAddress(options.address);
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  // Once it listens, an error is one of a single connection that could not be taken.
  server.on('error', (error) => (server.listening ? options.onBug(error) : reject(unusable(options.address, error))));
  server.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
  await listening;
  return {
    port: portOf(server),
    async [Symbol.asyncDispose]() {
      const { promise: closed, resolve: end } = Promise.withResolvers<void>();
      server.close(() => end());
      const cut = endConnections();
      await closed;
      clearTimeout(cut);
    },
  };
}

function openServer(options: HttpServerOptions): Server {
  const { tls, http2 = false } = options;
  const bodies: Bodies = { heldBytes: 0 };
  const answer = (request: Incoming, response: Outgoing) => void respond(options, bodies, request, response);
  const timeouts = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  if (tls === undefined) return createServer(timeouts, answer);
  if (!http2) return createTlsServer({ ...tls, ...timeouts, handshakeTimeout: HEADERS_TIMEOUT_MS }, answer);
  const settings = { maxConcurrentStreams: MOST_STREAMS };
  const both = { ...tls, handshakeTimeout: HEADERS_TIMEOUT_MS, allowHTTP1: true, settings };
  // It reads none of HTTP/1.1's from its options.
  return Object.assign(createSecureServer(both, answer), timeouts);
}

/** @returns asks those that are open to end, and cuts those off that have not done so in time */
function followConnections(server: Server): () => NodeJS.Timeout {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.setTimeout(REQUEST_TIMEOUT_MS, () => session.close());
  });
  return () => {
    for (const session of sessions) session.close();
    return setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, CLOSE_TIMEOUT_MS);
  };
}

async function respond(
  { serve, onBug }: HttpServerOptions,
  bodies: Bodies,
  request: Incoming,
  response: Outgoing,
): Promise<void> {
  try {
    const {
      status,
      body,
      contentType = 'text/plain; charset=utf-8',
      headers = {},
    } = await answerOf(serve, served(request, bodies));
    // What was not read of a body is not read any more.
    const end = request.complete || request.httpVersionMajor > 1 ? {} : { connection: 'close' };
    const safe = { 'content-type': contentType, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };
    response.writeHead(status, { ...safe, ...headers, ...end });
    response.end(request.method === 'HEAD' ? '' : body);
  } catch (error) {
    if (error instanceof ClientGone) return;
    onBug(error);
    response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
    response.end('internal error\n');
  }
}

async function answerOf(serve: Serve, request: ServedRequest): Promise<ServedAnswer> {
  try {
    return await serve(request);
  } catch (error) {
    if (error instanceof TooMuchHeld) return OVERLOADED;
    throw error;
  }
}

function served(request: Incoming, bodies: Bodies): ServedRequest {
  const [path = '', ...query] = (request.url ?? '').split('?');
  return {
    method: request.method ?? '',
    path,
    query: new URLSearchParams(query.join('?')),
    headers: request.headers,
    address: request.socket.remoteAddress ?? '',
    readBody: (mostBytes) => readBody(request, mostBytes, bodies),
  };
}

/** It went away in the middle of its request, which is no bug of ours. */
class ClientGone extends Error {
  constructor(cause: unknown) {
    super('the client has gone', { cause });
  }
}

class TooMuchHeld extends Error {}

async function readBody(request: Incoming, mostBytes: number, bodies: Bodies): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not a for-await loop: leaving it would end the connection before there is an answer.
  const body: AsyncIterator<Buffer> = request[Symbol.asyncIterator]();
  const read = () =>
    body.next().catch((cause) => {
      throw new ClientGone(cause);
    });
  // A server of HTTP/1.1 knows a time by which requests must be complete, one of HTTP/2 does not.
  const late = 'stream' in request ? setTimeout(() => request.stream.close(), REQUEST_TIMEOUT_MS) : undefined;
  try {
    for (let next = await read(); !next.done; next = await read()) {
      size += next.value.length;
      bodies.heldBytes += next.value.length;
      if (size > mostBytes) return undefined;
      if (bodies.heldBytes > MOST_HELD_BYTES) throw new TooMuchHeld();
      chunks.push(next.value);
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(late);
    bodies.heldBytes -= size;
  }
}

function readAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(colon + 1)) };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function unusable(address: string, error: Error): Failure {
  return new Failure('ADDRESS_UNUSABLE', `nothing can be served at ${address}: ${error.message}`, {
    fix: 'give another port, or end the process that has it',
    object: address,
    cause: error,
  });
}
