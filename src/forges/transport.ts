import type { IncomingHttpHeaders } from 'node:http';
import { createSecureContext } from 'node:tls';
import type { Dispatcher } from 'undici';
import { Failure } from '../core/failure.ts';
import { classifyNetworkError, safeUrl } from '../core/network-error.ts';
import { agentProxy } from '../core/proxy.ts';
import type { HttpAccess } from '../ports/git.ts';

/** How a host is reached, whoever asks. */
export type Way = Pick<HttpAccess, 'source' | 'ca' | 'clientCertificate' | 'proxy' | 'isInsecure'>;

interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** Bounds on what one exchange may cost. */
export interface Limits {
  readonly connectTimeoutMs: number;
  /** From the request to the headers of its answer, and between two pieces of its body. */
  readonly idleTimeoutMs: number;
  /** For one answer, from connecting to its last byte. */
  readonly requestTimeoutMs: number;
  /** Connections at a time to one host. */
  readonly connections: number;
  readonly mostBodyBytes: number;
}

/** Sends single requests to one host. Knows nothing of forges. */
export interface Transport {
  /**
   * Any status is an answer. Redirects are followed on the same host alone.
   * @throws {Failure} FORGE_UNREACHABLE, FORGE_INVALID_ANSWER (too large, redirected elsewhere), ABORTED
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** Ends all connections. */
  close(): Promise<void>;
}

const MOST_REDIRECTS = 3;

/** @throws {Failure} CREDENTIALS_INVALID where certificates cannot be read */
export function openTransport(way: Way, limits: Limits): Transport {
  const secureContext = createContext(way);
  let dispatcher: Promise<Dispatcher> | undefined;
  return {
    async send(request, signal) {
      dispatcher ??= openDispatcher(way, secureContext, limits);
      // AbortSignal.timeout would be held until its time is over, also by a request that was answered long ago.
      const limit = new AbortController();
      const outOfTime = () => limit.abort(new DOMException('took too long', 'TimeoutError'));
      const timer = setTimeout(outOfTime, limits.requestTimeoutMs);
      try {
        return await follow(await dispatcher, request, limits.mostBodyBytes, AbortSignal.any([signal, limit.signal]));
      } catch (error) {
        throw networkFailure(error, request.url, signal);
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      await (await dispatcher)?.destroy();
    },
  };
}

type Context = ReturnType<typeof createSecureContext>;

function createContext({ source, ca, clientCertificate }: Way): Context | undefined {
  if (ca === undefined && clientCertificate === undefined) return undefined;
  const client = clientCertificate && { cert: clientCertificate.certificate, key: clientCertificate.key };
  try {
    return createSecureContext({ ...(ca === undefined ? {} : { ca }), ...client });
  } catch {
    throw new Failure('CREDENTIALS_INVALID', `${source}: its certificates cannot be read, or do not fit their key`, {
      fix: 'write certificates and keys in PEM form, keys without password',
    });
  }
}

/** undici takes a while to load and is needed only when a forge is asked, hence the import in here. */
async function openDispatcher(way: Way, secureContext: Context | undefined, limits: Limits): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import('undici');
  const { connections, connectTimeoutMs, idleTimeoutMs } = limits;
  const tls = { rejectUnauthorized: !way.isInsecure, ...(secureContext === undefined ? {} : { secureContext }) };
  const shared = { connections, headersTimeout: idleTimeoutMs, bodyTimeout: idleTimeoutMs };
  if (way.proxy !== undefined) return new ProxyAgent({ ...shared, ...agentProxy(way.proxy), requestTls: tls });
  return new Agent({ ...shared, connect: { timeout: connectTimeoutMs, ...tls } });
}

async function follow(
  dispatcher: Dispatcher,
  request: HttpRequest,
  mostBytes: number,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  let { url } = request;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const answer = await sendOnce(dispatcher, { ...request, url }, mostBytes, signal);
    const next = redirectTarget(request, url, answer);
    if (next === undefined) return answer;
    url = next;
  }
  throw new Failure('FORGE_INVALID_ANSWER', `${safeUrl(request.url)} redirects more than ${MOST_REDIRECTS} times`, {
    fix: 'write the repoURL as the forge shows it now',
  });
}

/** A forge redirects what was renamed. Credentials and bodies stay on the host that they were meant for. */
function redirectTarget(request: HttpRequest, from: URL, { status, headers }: HttpAnswer): URL | undefined {
  const { location } = headers;
  const keepsMethod = status === 307 || status === 308;
  if (location === undefined || !(keepsMethod || [301, 302, 303].includes(status))) return undefined;
  const to = URL.parse(location, from);
  if (to !== null && to.origin === from.origin && (keepsMethod || request.method === 'GET')) return to;
  throw new Failure('FORGE_INVALID_ANSWER', `${safeUrl(from)} redirects to ${to?.origin ?? 'no usable URL'}`, {
    fix: 'write the repoURL as the forge shows it now; a login page means that the credential is not accepted',
  });
}

async function sendOnce(
  dispatcher: Dispatcher,
  { method, url, headers: sentHeaders, body: sentBody }: HttpRequest,
  mostBytes: number,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { statusCode, headers, body } = await dispatcher.request({
    method,
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    headers: { ...sentHeaders, 'user-agent': 'tiphys' },
    ...(sentBody === undefined ? {} : { body: sentBody }),
    signal,
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > mostBytes) {
      // Leaving the loop ends the connection; the rest is never read.
      throw new Failure('FORGE_INVALID_ANSWER', `${safeUrl(url)} answered with more than ${mostBytes} bytes`, {
        fix: 'check that the repoURL is on a forge of this kind',
      });
    }
    chunks.push(chunk);
  }
  return { status: statusCode, headers, body: Buffer.concat(chunks) };
}

/** What went wrong before there was an answer. The causes' own messages stay inside: they can quote headers. */
function networkFailure(error: unknown, url: URL, signal: AbortSignal): Failure {
  if (error instanceof Failure) return error;
  if (signal.aborted) return new Failure('ABORTED', `stopped while asking ${safeUrl(url)}`, { fix: 'run it again' });
  const { kind, code } = classifyNetworkError(error);
  const problems = {
    timeout: ['did not answer in time', 'see whether it is up and reachable from here'],
    certificate: [
      `has a certificate that is not trusted (${code})`,
      'add its authority to the ConfigMap argocd-tls-certs-cm',
    ],
    'broken-off': [`broke off its answer (${code})`, 'try again; if it stays so, look at proxies on the way'],
    unreachable: [`cannot be reached (${code})`, 'check its name and port, the network, and the proxy of its Secret'],
  } as const satisfies Record<typeof kind, readonly [problem: string, fix: string]>;
  const [problem, fix] = problems[kind];
  return new Failure('FORGE_UNREACHABLE', `${url.host} ${problem}`, { fix, retry: { kind: 'backoff' }, cause: error });
}
