import type { IncomingHttpHeaders } from 'node:http';
import type { SecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { Failure } from '../core/failure.ts';
import { isLinkLocal } from '../core/link-local.ts';
import { safeUrl } from '../core/network-error.ts';
import { agentProxies } from '../core/proxy.ts';
import { isLoopback } from '../core/registry-endpoint.ts';
import { invalidAnswer } from './invalid-answer.ts';
import { networkFailure } from './network-failure.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** For the host of `url` alone; left out as soon as a redirect leads elsewhere. */
  readonly authorization: string | undefined;
  readonly body?: string;
  /** 'none' where header or body hold a secret: the redirect itself is the answer then. Default: followed. */
  readonly redirects?: 'none';
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
  /** The registry's host and port: the environment's proxies are never used for loopback. */
  readonly host: string;
  /** Do not verify certificates. */
  readonly insecure: boolean;
  readonly tls: TlsContexts;
  /** Instead of the environment's. */
  readonly proxy?: string | undefined;
  readonly noProxy?: string | undefined;
  /** Whether HTTP/2 may be spoken. */
  readonly http2: boolean;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** From the request to the answer's headers. */
  readonly headersTimeoutMs: number;
  /** Between two pieces of an answer's body. */
  readonly bodyTimeoutMs: number;
  /** For one answer with its redirects, from connecting to its last byte. */
  readonly requestTimeoutMs: number;
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in capitals or not. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What TLS connections begin with; undefined for Node's own. */
export interface TlsContexts {
  /** For the registry's own host. May hold the certificate by which this client shows who it is. */
  readonly own: SecureContext | undefined;
  /** For whatever else the registry leads to: it is not told who asks. */
  readonly others: SecureContext | undefined;
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
// Packed answers would have other ETags behind some servers.
const OWN_HEADERS = { 'user-agent': 'tiphys', 'accept-encoding': 'identity' };
const unzip = promisify(gunzip);

export function openTransport(options: TransportOptions): Transport {
  let dispatchers: Promise<Dispatchers> | undefined;
  return {
    async send(request, signal) {
      dispatchers ??= openDispatchers(options);
      // AbortSignal.timeout would be held until its time is over, also by a request that was answered long ago.
      const limit = new AbortController();
      const outOfTime = () => limit.abort(new DOMException('took too long', 'TimeoutError'));
      const timer = setTimeout(outOfTime, options.requestTimeoutMs);
      try {
        return await follow(await dispatchers, request, AbortSignal.any([signal, limit.signal]));
      } catch (error) {
        throw networkFailure(error, request.url, signal);
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      const open = await dispatchers;
      await Promise.all([open?.own.destroy(), open?.others.destroy()]);
    },
  };
}

interface Dispatchers {
  /** The registry's host and port. */
  readonly host: string;
  readonly own: Dispatcher;
  /** The same one, unless only the registry's own host is to see the client's certificate. */
  readonly others: Dispatcher;
}

/** undici takes a while to load and is needed only when a registry is asked, hence the import in here. */
async function openDispatchers(options: TransportOptions): Promise<Dispatchers> {
  const { Agent, EnvHttpProxyAgent } = await import('undici');
  const { insecure, connections, connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs, http2, tls, host } = options;
  const proxies = proxiesFor(options);
  const open = (secureContext: SecureContext | undefined): Dispatcher => {
    const requestTls = { rejectUnauthorized: !insecure, ...(secureContext === undefined ? {} : { secureContext }) };
    const connect = { timeout: connectTimeoutMs, ...requestTls };
    const shared = {
      connections,
      connect,
      allowH2: http2,
      headersTimeout: headersTimeoutMs,
      bodyTimeout: bodyTimeoutMs,
    };
    return proxies === undefined ? new Agent(shared) : new EnvHttpProxyAgent({ ...shared, ...proxies, requestTls });
  };
  const own = open(tls.own);
  return { host, own, others: tls.own === tls.others ? own : open(tls.others) };
}

/** Undefined for direct connections. The environment's proxies are not for this machine; a proxy of one's own may be. */
function proxiesFor({ host, proxy, noProxy, env }: TransportOptions) {
  const proxies = agentProxies(env, proxy);
  if (proxies.httpProxy === '' && proxies.httpsProxy === '') return undefined;
  if (proxy === undefined && isLoopback(host)) return undefined;
  return { ...proxies, noProxy: noProxy ?? env['no_proxy'] ?? env['NO_PROXY'] ?? '' };
}

async function follow(dispatchers: Dispatchers, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  let { url, authorization } = request;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const dispatcher = url.host === dispatchers.host ? dispatchers.own : dispatchers.others;
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
  const { method, url, authorization, body: sentBody } = request;
  const { statusCode, headers, body } = await dispatcher.request({
    method,
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    headers: { ...request.headers, ...OWN_HEADERS, ...(authorization === undefined ? {} : { authorization }) },
    ...(sentBody === undefined ? {} : { body: sentBody }),
    signal,
  });
  const location = [headers.location ?? []].flat()[0];
  const isRedirect = [301, 302, 303, 307, 308].includes(statusCode) && location !== undefined;
  if (isRedirect && request.redirects !== 'none') {
    await body.dump();
    return { kind: 'redirect', location };
  }
  const coding = [headers['content-encoding'] ?? []].flat()[0];
  const bytes = await unpack(await readBody(body, request), coding, { ...request, url });
  return { kind: 'final', status: statusCode, headers, body: bytes, url };
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
  if (isLinkLocal(url.hostname) && url.host !== from.host) {
    const message = `${safeUrl(from)} redirects to an address of this machine's own link, where clouds keep secrets`;
    throw new Failure('REGISTRY_INVALID_ANSWER', message, { fix });
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

/** Some proxies pack what they pass on, whether or not they were asked to. What is unpacked has the same limit. */
async function unpack(
  bytes: Uint8Array,
  coding: string | undefined,
  { url, limitBytes }: HttpRequest,
): Promise<Uint8Array> {
  if (bytes.length === 0 || coding === undefined || /^identity$/i.test(coding)) return bytes;
  if (!/^(?:x-)?gzip$/i.test(coding))
    throw invalidAnswer(url, 'its answer is in a content coding that was not asked for');
  return await unzip(bytes, { maxOutputLength: limitBytes }).catch(() => {
    throw invalidAnswer(url, `its gzip is damaged, or holds more than ${limitBytes} bytes`);
  });
}
