import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { Failure } from '../core/failure.ts';
import { isLoopback } from '../core/registry-endpoint.ts';
import { networkFailure, safeUrl } from './network-failure.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** For the host of `url` alone; left out as soon as a redirect leads elsewhere. */
  readonly authorization: string | undefined;
  /** Largest body that is accepted. */
  readonly limitBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  /** What answered, after redirects. */
  readonly url: URL;
}

export interface TransportOptions {
  /** The registry's host and port: proxies are never used for loopback. */
  readonly host: string;
  /** Do not verify certificates. */
  readonly insecure: boolean;
  /** PEM of certificate authorities to trust instead of the system's. */
  readonly ca: string | undefined;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** For one answer with its redirects, from connecting to its last byte. */
  readonly requestTimeoutMs: number;
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in capitals or not. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Sends single requests to one registry, and wherever it redirects. Knows nothing of registries. */
export interface Transport {
  /**
   * Any status is an answer.
   * @throws {Failure} REGISTRY_UNREACHABLE, REGISTRY_TIMEOUT, REGISTRY_INVALID_ANSWER (too large, bad redirect), ABORTED
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** Ends all connections. */
  close(): Promise<void>;
}

const MOST_REDIRECTS = 5;

export function openTransport(options: TransportOptions): Transport {
  let dispatcher: Promise<Dispatcher> | undefined;
  return {
    async send(request, signal) {
      dispatcher ??= openDispatcher(options);
      const limit = AbortSignal.any([signal, AbortSignal.timeout(options.requestTimeoutMs)]);
      try {
        return await follow(await dispatcher, request, limit);
      } catch (error) {
        throw networkFailure(error, request.url, signal);
      }
    },
    async close() {
      await (await dispatcher)?.destroy();
    },
  };
}

/** undici takes a while to load and is needed only when a registry is asked, hence the import in here. */
async function openDispatcher({ host, insecure, ca, connections, connectTimeoutMs, env }: TransportOptions) {
  const { Agent, EnvHttpProxyAgent } = await import('undici');
  const tls = { rejectUnauthorized: !insecure, ...(ca === undefined ? {} : { ca }) };
  const connect = { timeout: connectTimeoutMs, ...tls };
  const httpProxy = env['http_proxy'] ?? env['HTTP_PROXY'] ?? '';
  const httpsProxy = env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '';
  if (isLoopback(host) || (httpProxy === '' && httpsProxy === '')) return new Agent({ connections, connect });
  const noProxy = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  return new EnvHttpProxyAgent({ connections, connect, requestTls: tls, httpProxy, httpsProxy, noProxy });
}

async function follow(dispatcher: Dispatcher, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  let { url, authorization } = request;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const answer = await sendOnce(dispatcher, { ...request, url, authorization }, signal);
    if (answer.kind === 'final') return answer;
    const next = redirectTarget(url, answer.location);
    // Storage behind a registry has its own signature in the URL; what opens the registry is none of its business.
    if (next.origin !== url.origin) authorization = undefined;
    url = next;
  }
  throw new Failure('REGISTRY_INVALID_ANSWER', `${safeUrl(request.url)} redirects more than ${MOST_REDIRECTS} times`, {
    fix: 'check the address in api_url',
  });
}

type Sent = (HttpAnswer & { readonly kind: 'final' }) | { readonly kind: 'redirect'; readonly location: string };

async function sendOnce(dispatcher: Dispatcher, request: HttpRequest, signal: AbortSignal): Promise<Sent> {
  const { method, url, authorization } = request;
  const { statusCode, headers, body } = await dispatcher.request({
    method,
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    headers: { ...request.headers, 'user-agent': 'tiphys', ...(authorization === undefined ? {} : { authorization }) },
    signal,
  });
  const location = [headers.location ?? []].flat()[0];
  if ([301, 302, 303, 307, 308].includes(statusCode) && location !== undefined) {
    await body.dump();
    return { kind: 'redirect', location };
  }
  return { kind: 'final', status: statusCode, headers, body: await readBody(body, request), url };
}

function redirectTarget(from: URL, location: string): URL {
  const fix = 'check the address in api_url';
  const url = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    throw new Failure('REGISTRY_INVALID_ANSWER', `${safeUrl(from)} redirects to no usable URL`, { fix });
  }
  if (url.protocol === 'http:' && from.protocol === 'https:') {
    throw new Failure('REGISTRY_INVALID_ANSWER', `${safeUrl(from)} redirects from HTTPS to plain HTTP`, { fix });
  }
  return url;
}

async function readBody(body: Dispatcher.ResponseData['body'], { url, limitBytes }: HttpRequest): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limitBytes) {
      // Leaving the loop ends the connection; the rest is never read.
      const message = `${safeUrl(url)} answered with more than ${limitBytes} bytes`;
      throw new Failure('REGISTRY_INVALID_ANSWER', message, { fix: 'check the address in api_url, and the image' });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
