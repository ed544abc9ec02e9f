import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf } from '../core/digest.ts';
import type { Digest } from '../core/reference.ts';
import { type Answer, type Api, answer, refusal, routeOf } from './registry-api.ts';
import { type Guard, guardFor, type RegistryAuth } from './registry-auth.ts';
import { RegistryStore } from './registry-store.ts';
import { type ImageSpec, type Manifest, tinyImage } from './tiny-image.ts';

/** A request as `intercept` sees it. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** An answer that a test makes up: a plain one, one that is cut off half-way, one that comes byte by byte, or none. */
export type Intercepted = (Answer & { readonly cut?: boolean; readonly msBetweenBytes?: number }) | 'hang';

export interface RegistryOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Most tags in one answer of the tag list. Default: as many as the client asks for. */
  readonly pageSize?: number;
  /** Pages of tags have an ETag, and one that did not change is answered by 304. */
  readonly etags?: boolean;
  /** What answers say of a limit, in Docker Hub's headers. */
  readonly rateLimit?: () => { readonly limit: number; readonly remaining: number; readonly windowS: number };
  /** How long each answer takes. */
  readonly latencyMs?: number;
  readonly auth?: RegistryAuth;
  /** PEM; without it the registry speaks plain HTTP. */
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    /** The authority whose clients alone may connect. */
    readonly clientCa?: string;
  };
  /** Most content that is kept, as a whole. Default: 512 MiB. */
  readonly capBytes?: number;
  /** Asked before the registry answers; undefined lets it answer by itself. */
  readonly intercept?: (request: SeenRequest) => Intercepted | undefined;
  /** Told about every tag that a client pushed, not about `putImage`. */
  readonly onPush?: (repository: string, tag: string, digest: string) => void;
  /** Milliseconds since 1970, by which tokens expire. */
  readonly now?: () => number;
}

interface AnsweredRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Undefined until it was answered. */
  readonly status?: number;
}

/** An OCI registry in this process, in memory, on the loopback address. Disposing it ends every connection. */
export interface Registry extends AsyncDisposable {
  /** "http://127.0.0.1:5000" */
  readonly url: string;
  /** "127.0.0.1:5000", what stands before the first slash of an image reference. */
  readonly host: string;
  /** The latest requests, oldest first; at most 10,000. */
  readonly requests: readonly AnsweredRequest[];
  /** Makes up an image and puts a tag on it. Equal arguments make equal digests. */
  putImage(repository: string, tag: string, spec: ImageSpec): Digest;
  /** Any manifest, for tests. @param tag  undefined when only its digest shall name it */
  putManifest(repository: string, tag: string | undefined, manifest: Manifest): Digest;
  putBlob(bytes: Uint8Array): Digest;
  deleteTag(repository: string, tag: string): void;
}

const MOST_REQUESTS = 10_000;
const DEFAULT_CAP_BYTES = 512 * 1024 * 1024;

/** Starts a registry that takes pushes and answers pulls as docker, skopeo and crane expect it. */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const store = new RegistryStore(options.capBytes ?? DEFAULT_CAP_BYTES);
  const requests: { method: string; path: string; status?: number }[] = [];
  const place = { url: '', host: '' };
  const guard = guardFor(options.auth, () => place.url, options.now ?? Date.now);
  const api: Api = {
    store,
    pageSize: options.pageSize ?? Number.POSITIVE_INFINITY,
    etags: options.etags ?? false,
    pushed: (repository, tag, digest) => options.onPush?.(repository, tag, digest),
  };

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = { method: message.method ?? 'GET', path: message.url ?? '/', headers: message.headers };
    const noted: (typeof requests)[number] = { method: seen.method, path: seen.path };
    requests.push(noted);
    response.once('finish', () => {
      noted.status = response.statusCode;
    });
    if (requests.length > MOST_REQUESTS) requests.shift();
    if (options.latencyMs !== undefined) await sleep(options.latencyMs);
    const intercepted = options.intercept?.(seen);
    if (options.rateLimit) sendLimit(response, options.rateLimit());
    if (intercepted === 'hang') return;
    if (intercepted?.cut) return sendHalf(response, intercepted);
    if (intercepted?.msBetweenBytes !== undefined) return sendSlowly(response, intercepted, intercepted.msBetweenBytes);
    send(message, response, intercepted ?? (await respond(api, guard, message)));
  }

  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    // A client that goes away in the middle of a request is none of our business.
    handle(message, response).catch(() => response.destroy());
  };
  const { clientCa, ...tls } = options.tls ?? {};
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true };
  const server = options.tls ? createSecureServer({ ...tls, ...clients }, listener) : createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the registry listens on no port');
  place.host = `127.0.0.1:${address.port}`;
  place.url = `${options.tls ? 'https' : 'http'}://${place.host}`;

  function putManifest(repository: string, tag: string | undefined, manifest: Manifest): Digest {
    store.putManifest(repository, manifest, tag);
    return digestOf(manifest.bytes);
  }
  return {
    url: place.url,
    host: place.host,
    requests,
    putManifest,
    putImage(repository, tag, spec) {
      const image = tinyImage(spec, `${repository}:${tag}`);
      for (const blob of image.blobs) store.putBlob(blob);
      for (const manifest of image.manifests) store.putManifest(repository, manifest, undefined);
      return putManifest(repository, tag, image.top);
    },
    putBlob(bytes) {
      store.putBlob(bytes);
      return digestOf(bytes);
    },
    deleteTag: (repository, tag) => store.deleteTag(repository, tag),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(api: Api, guard: Guard, message: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://registry');
  const method = message.method ?? 'GET';
  if (pathname === '/token' && method === 'GET') {
    const body = guard.token(message.headers, searchParams);
    if (body === undefined) return refusal(401, 'UNAUTHORIZED', 'wrong user or password');
    return { status: 200, headers: { 'Content-Type': 'application/json' }, body };
  }
  const route = routeOf(pathname);
  if (route === undefined) return refusal(404, 'UNSUPPORTED', 'no such place in this registry');
  const action = method === 'GET' || method === 'HEAD' ? 'pull' : 'push';
  const challenge = guard.challenge(message.headers, route.repository, action);
  if (challenge !== undefined) {
    return refusal(401, 'UNAUTHORIZED', 'authentication required', { 'WWW-Authenticate': challenge });
  }
  return answer(api, { method, route, query: searchParams, message });
}

function send(message: IncomingMessage, response: ServerResponse, { status, headers, body = '' }: Answer): void {
  const hasBody = status !== 204 && status !== 304;
  response.writeHead(status, {
    'Docker-Distribution-API-Version': 'registry/2.0',
    ...(hasBody ? { 'Content-Length': String(Buffer.byteLength(body)) } : {}),
    ...headers,
  });
  response.end(hasBody ? body : undefined);
  // What nobody read of the request would keep the connection from being used again.
  message.resume();
}

function sendLimit(response: ServerResponse, limit: ReturnType<NonNullable<RegistryOptions['rateLimit']>>): void {
  const { remaining, windowS } = limit;
  response.setHeader('RateLimit-Limit', `${limit.limit};w=${windowS}`);
  response.setHeader('RateLimit-Remaining', `${remaining};w=${windowS}`);
}

/** Promises the whole body, sends half of it and hangs up. */
function sendHalf(response: ServerResponse, { status, headers, body = '' }: Answer): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'Content-Length': String(bytes.length), ...headers });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}

/** The head at once, then a byte at a time, as long as there is somebody who listens. */
async function sendSlowly(response: ServerResponse, { status, headers, body = '' }: Answer, ms: number): Promise<void> {
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'Content-Length': String(bytes.length), ...headers });
  for (const byte of bytes) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await sleep(ms);
  }
  response.end();
}
