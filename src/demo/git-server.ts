import { type ChildProcess, spawn } from 'node:child_process';
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolveInRepository } from '../core/repository-path.ts';
import { createBareRepository, type RepositoryContent } from './bare-repository.ts';

/** A request as the counters, tests and `intercept` see it. */
interface GitRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
}

export interface GitServerOptions {
  /** The folder below which repositories are served; nothing outside is. It must exist. */
  readonly root: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Asked for every request; without it anyone on this machine may read and push. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** How long each answer waits. */
  readonly latencyMs?: number;
  /** Passes the client's protocol version on to git; false makes this an old server. Default: true. */
  readonly protocolV2?: boolean;
  /** Runs before git answers; true says that it has answered itself. For faults and races in tests. */
  readonly intercept?: (
    request: GitRequest,
    response: ServerResponse,
    incoming: IncomingMessage,
  ) => boolean | Promise<boolean>;
}

/** `git http-backend` on the loopback address. Disposing it ends every connection and every git it started. */
export interface GitServer extends AsyncDisposable {
  /** "http://127.0.0.1:3000", without a slash at the end. */
  readonly url: string;
  /** The latest requests, oldest first; at most 10,000. */
  readonly requests: readonly GitRequest[];
  /** Makes a bare repository with one commit. @returns where it lies and where it is served */
  createRepository(name: string, content: RepositoryContent): Promise<{ readonly path: string; readonly url: string }>;
}

const MOST_REQUESTS = 10_000;
const MOST_BACKENDS = 32;
const BACKEND_TIMEOUT_MS = 120_000;
const MOST_HEADER_BYTES = 64 * 1024;

/** Serves the bare repositories below `root` over smart HTTP, by the git that is on the PATH. */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const requests: GitRequest[] = [];
  const backends = new Set<ChildProcess>();
  const server = createServer((incoming, response) => {
    answer(options, requests, backends, incoming, response).catch(() => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'the Git server failed');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    requests,
    createRepository: async (name, content) => {
      const place = resolveInRepository('', name);
      if (!place.ok) throw new Error(place.problem);
      const path = join(options.root, place.value);
      await createBareRepository(path, content);
      return { path, url: `${url}/${place.value}` };
    },
    [Symbol.asyncDispose]: async () => {
      for (const backend of backends) backend.kill('SIGKILL');
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

async function answer(
  options: GitServerOptions,
  requests: GitRequest[],
  backends: Set<ChildProcess>,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = { method: incoming.method ?? '', path: incoming.url ?? '/' };
  requests.push(request);
  if (requests.length > MOST_REQUESTS) requests.shift();
  if (options.latencyMs !== undefined) await sleep(options.latencyMs);
  if (await options.intercept?.(request, response, incoming)) return;
  if (options.auth !== undefined && !mayEnter(options.auth, incoming.headers.authorization)) {
    response.setHeader('WWW-Authenticate', 'Basic realm="git"');
    return refuse(response, 401, 'username and password, please');
  }
  const [encodedPath = '/', query = ''] = request.path.split('?', 2);
  const path = servedPath(encodedPath);
  if (path === undefined) return refuse(response, 404, 'not found');
  if (backends.size >= MOST_BACKENDS) return refuse(response, 503, 'too many requests at once');
  const backend = spawn('git', ['http-backend'], {
    env: backendEnvironment(options, incoming, path, query),
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: BACKEND_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  backends.add(backend);
  response.once('close', () => backend.kill('SIGKILL'));
  backend.once('error', () => response.destroy());
  // A client that hangs up, or a backend that has heard enough, ends the pipe: the answer's end tells the rest.
  backend.stdin.on('error', () => incoming.unpipe());
  incoming.pipe(backend.stdin);
  try {
    await relay(backend, response);
  } finally {
    backends.delete(backend);
  }
}

function mayEnter(auth: { readonly username: string; readonly password: string }, header: string | undefined): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** The decoded path when it names something below the root. */
function servedPath(encoded: string): string | undefined {
  try {
    const decoded = decodeURIComponent(encoded);
    const place = resolveInRepository('', decoded);
    return place.ok && `/${place.value}` === decoded ? decoded : undefined;
  } catch {
    return undefined; // not percent-encoding: names nothing
  }
}

/** CGI variables, written out so that nothing of this process's own settings reaches git. */
function backendEnvironment(
  options: GitServerOptions,
  incoming: IncomingMessage,
  path: string,
  query: string,
): Record<string, string> {
  const header = (name: string) => String(incoming.headers[name] ?? '');
  return {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C',
    HOME: options.root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_PROJECT_ROOT: options.root,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: path,
    QUERY_STRING: query,
    REQUEST_METHOD: incoming.method ?? '',
    CONTENT_TYPE: header('content-type'),
    REMOTE_ADDR: '127.0.0.1',
    // http-backend lets nobody push who has no name.
    REMOTE_USER: options.auth?.username ?? 'anyone',
    ...(incoming.headers['content-length'] === undefined ? {} : { CONTENT_LENGTH: header('content-length') }),
    ...(incoming.headers['content-encoding'] === undefined
      ? {}
      : { HTTP_CONTENT_ENCODING: header('content-encoding') }),
    ...(options.protocolV2 === false ? {} : { GIT_PROTOCOL: header('git-protocol') }),
  };
}

/** Passes a CGI answer on: its head is read, its body streamed at the pace of the client. */
async function relay(backend: ChildProcess, response: ServerResponse): Promise<void> {
  let head = Buffer.alloc(0);
  for await (const chunk of backend.stdout ?? []) {
    if (response.headersSent) {
      await write(response, chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0 && head.length > MOST_HEADER_BYTES) break;
    if (end < 0) continue;
    sendHead(response, head.subarray(0, end).toString('latin1'));
    await write(response, head.subarray(end + 4));
  }
  if (!response.headersSent) return refuse(response, 500, 'git http-backend gave no answer');
  response.end();
}

function sendHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split('\r\n')) {
    const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else if (name !== '') response.setHeader(name, value);
  }
  response.writeHead(status);
}

async function write(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  if (response.destroyed || response.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain' });
  response.end(`${message}\n`);
}
