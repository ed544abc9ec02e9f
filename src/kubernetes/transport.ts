import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { Failure } from '../core/failure.ts';
import { classifyNetworkError } from '../core/network-error.ts';
import { agentProxy } from '../core/proxy.ts';
import type { ClientCertificate, ClusterConfig } from './cluster-config.ts';

interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** By which the client shows who it is, beside the headers. */
  readonly certificate: ClientCertificate | undefined;
  readonly body?: string;
  /** For its headers, and between two pieces of its body. */
  readonly idleTimeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** To be read to its end, or ended. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Sends requests to one API server. Redirects are not followed: an API server has none. */
export interface Transport {
  /**
   * Any status is an answer.
   * @throws {Failure} CLUSTER_UNREACHABLE, KUBECONFIG_INVALID (certificates), ABORTED
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** Ends all connections. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
// A peer that vanished without a word is found by the operating system, also while a watch is silent.
const KEEP_ALIVE_MS = 30_000;

/**
 * HTTP/1.1, with a connection for each watch: on one connection of HTTP/2 a single lost packet, or a proxy that forgot
 * it, would hold up everything.
 */
export function openTransport(config: ClusterConfig): Transport {
  const dispatchers = new Map<string, Promise<Dispatcher>>();
  const dispatcherFor = (certificate: ClientCertificate | undefined): Promise<Dispatcher> => {
    const key = certificate?.certificate ?? '';
    const opened = dispatchers.get(key) ?? openDispatcher(config, certificate);
    dispatchers.set(key, opened);
    return opened;
  };
  return {
    async send({ method, path, headers, certificate, body, idleTimeoutMs }, signal) {
      try {
        const dispatcher = await dispatcherFor(certificate);
        const answer = await dispatcher.request({
          ...{ method, signal, path: `${new URL(config.server).pathname.replace(/\/$/, '')}${path}` },
          origin: new URL(config.server).origin,
          headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()])),
          ...{ headersTimeout: idleTimeoutMs, bodyTimeout: idleTimeoutMs },
          ...(body === undefined ? {} : { body }),
        });
        return { status: answer.statusCode, headers: answer.headers, body: answer.body };
      } catch (error) {
        throw networkFailure(error, config, signal);
      }
    },
    async close() {
      await Promise.all([...dispatchers.values()].map(async (opened) => (await opened).destroy()));
    },
  };
}

/** undici takes a while to load and is needed only when a cluster is asked, hence the import in here. */
async function openDispatcher(
  { isInsecure, ca, serverName, proxy }: ClusterConfig,
  certificate: ClientCertificate | undefined,
): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import('undici');
  const tls = {
    rejectUnauthorized: !isInsecure,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate ? { cert: certificate.certificate, key: certificate.key } : {}),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ALPNProtocols: ['http/1.1'],
  };
  const shared = { allowH2: false, pipelining: 1 };
  if (proxy !== undefined) return new ProxyAgent({ ...shared, ...agentProxy(proxy), requestTls: tls });
  const connect = { timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, ...tls };
  return new Agent({ ...shared, connect });
}

/** What went wrong before or amid an answer. The causes' own messages stay inside: they can quote headers. */
export function networkFailure(error: unknown, config: ClusterConfig, signal: AbortSignal): Failure {
  if (error instanceof Failure) return error;
  const host = new URL(config.server).host;
  if (signal.aborted && !isTimeout(signal.reason)) {
    return new Failure('ABORTED', `stopped while asking the API server ${host}`, { fix: 'run it again' });
  }
  const { kind, code } = classifyNetworkError(signal.aborted ? signal.reason : error);
  if (kind !== 'certificate' && /^(?:ERR_OSSL|ERR_CRYPTO|ERR_TLS_)/.test(code)) {
    return new Failure('KUBECONFIG_INVALID', `its certificates or their key cannot be used (${code})`, {
      fix: 'write certificates and keys in PEM form that belong together',
      object: config.source,
      cause: error,
    });
  }
  const problems = {
    timeout: ['did not answer in time', 'see whether it is up and reachable from here'],
    certificate: [`has a certificate that is not trusted (${code})`, 'correct certificate-authority of the cluster'],
    'broken-off': [`broke off its answer (${code})`, 'try again; if it stays so, look at proxies on the way'],
    unreachable: [`cannot be reached (${code})`, 'check its address, the network, and the context that is used'],
  } as const satisfies Record<typeof kind, readonly [problem: string, fix: string]>;
  const [problem, fix] = problems[kind];
  return new Failure('CLUSTER_UNREACHABLE', `the API server ${host} ${problem}`, {
    fix,
    retry: { kind: 'backoff' },
    object: config.source,
    cause: error,
  });
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}
