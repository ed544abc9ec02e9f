import type { Dispatcher } from 'undici';
import { Failure } from '../core/failure.ts';
import { classifyNetworkError } from '../core/network-error.ts';
import { agentProxies } from '../core/proxy.ts';
import { textLines } from '../core/text-lines.ts';
import { isUntyped, type Untyped } from '../core/untyped.ts';
import { invalidAnswer, type Method, refusal } from './refusal.ts';
import type { ArgocdServer } from './server.ts';

export interface ArgocdRequest {
  readonly method: Method;
  /** Below `/api/v1`, with its leading slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Statuses or answers beside success that mean something to whoever asks; all others are failures. */
  readonly understands?: readonly number[] | ((answer: ArgocdAnswer) => boolean);
  /** What it is about, for a message: "Application argocd/shop". */
  readonly object: string;
  /** Tried once, for no longer than this. */
  readonly onceWithinMs?: number;
}

export interface ArgocdAnswer {
  readonly status: number;
  readonly body: Untyped;
}

/** Argo CD's API server, asked over REST, which passes every proxy. */
export interface ArgocdClient extends AsyncDisposable {
  /**
   * What only reads is tried again, with growing pauses, while the server is not to be had.
   * @throws {Failure} ARGOCD_UNREACHABLE, ARGOCD_UNAUTHORIZED, ARGOCD_FORBIDDEN, ARGOCD_REFUSED,
   *   ARGOCD_INVALID_ANSWER, ABORTED
   */
  call(request: ArgocdRequest, signal: AbortSignal): Promise<ArgocdAnswer>;
  /**
   * Tells the lines of a stream as they come, until the server or the time ends it. Tried once.
   * @throws {Failure} as `call`
   */
  stream(path: string, forMs: number, happened: (line: Untyped) => void, signal: AbortSignal): Promise<void>;
}

export interface ClientTools {
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const TIMEOUT_MS = 30_000;
const MOST_BODY_BYTES = 256 * 1024 * 1024;
const MOST_LINE = 16 * 1024 * 1024;
const MOST_TRIES = 4;
const FIRST_PAUSE_MS = 250;

export function openArgocdClient(server: ArgocdServer, { random, sleep }: ClientTools): ArgocdClient {
  let dispatcher: Promise<Dispatcher> | undefined;

  async function callOnce(request: ArgocdRequest, signal: AbortSignal): Promise<ArgocdAnswer> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(request.onceWithinMs ?? TIMEOUT_MS)]);
    try {
      dispatcher ??= openDispatcher(server);
      const answer = await (await dispatcher).request(sentTo(server, request, limit));
      const body = parseBody(await readText(answer.body, request.object));
      const { statusCode: status } = answer;
      if (status >= 300 && !isUnderstood(request, { status, body: body ?? {} })) {
        throw refusal(server, request, status, body);
      }
      if (body === undefined) throw invalidAnswer(request.object);
      return { status, body };
    } catch (error) {
      throw networkFailure(error, server, signal);
    }
  }

  return {
    async call(request, signal) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await callOnce(request, signal);
        } catch (error) {
          const isPassing = error instanceof Failure && error.code === 'ARGOCD_UNREACHABLE';
          const isRepeatable = request.method === 'GET' && request.onceWithinMs === undefined;
          if (!isPassing || !isRepeatable || tries === MOST_TRIES) throw error;
          const pauseMs = FIRST_PAUSE_MS * 2 ** (tries - 1) * (1 + random());
          await sleep(pauseMs, signal).catch((reason) => {
            throw networkFailure(reason, server, signal);
          });
        }
      }
    },
    async stream(path, forMs, happened, signal) {
      const request: ArgocdRequest = { method: 'GET', path, object: 'Applications' };
      const over = AbortSignal.timeout(forMs);
      try {
        dispatcher ??= openDispatcher(server);
        const sent = sentTo(server, request, AbortSignal.any([signal, over]));
        // Nothing may happen for as long as it runs.
        const answer = await (await dispatcher).request({ ...sent, bodyTimeout: forMs });
        const { statusCode: status, body } = answer;
        if (status >= 300) throw refusal(server, request, status, parseBody(await readText(body, request.object)));
        for await (const text of textLines(body, MOST_LINE, () => invalidAnswer(request.object))) {
          const line = parseBody(text);
          if (line === undefined) throw invalidAnswer(request.object);
          happened(line);
        }
      } catch (error) {
        if (over.aborted && !signal.aborted) return;
        throw networkFailure(error, server, signal);
      }
    },
    async [Symbol.asyncDispose]() {
      await (await dispatcher)?.destroy();
    },
  };
}

function isUnderstood({ understands = [] }: ArgocdRequest, answer: ArgocdAnswer): boolean {
  return typeof understands === 'function' ? understands(answer) : understands.includes(answer.status);
}

function sentTo({ url, token }: ArgocdServer, { method, path, query, body }: ArgocdRequest, signal: AbortSignal) {
  const { origin, pathname } = new URL(url);
  const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
  return {
    ...{ origin, method, signal, path: `${pathname.replace(/\/$/, '')}/api/v1${path}${search}` },
    headers: {
      ...{ accept: 'application/json', authorization: `Bearer ${token}`, 'user-agent': 'tiphys' },
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

/** undici takes a while to load and is needed only when Argo CD is asked, hence the import in here. */
async function openDispatcher({ isInsecure }: ArgocdServer): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('undici');
  const tls = { rejectUnauthorized: !isInsecure };
  return new EnvHttpProxyAgent({ ...agentProxies(process.env), connect: { timeout: 10_000, ...tls }, requestTls: tls });
}

async function readText(body: AsyncIterable<Uint8Array>, object: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) throw invalidAnswer(object);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string): Untyped | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isUntyped(value) ? value : undefined;
  } catch {
    // Whoever asked says what it means that this is no JSON.
    return undefined;
  }
}

/** What went wrong before or amid an answer. The causes' own messages stay inside: they can quote headers. */
function networkFailure(error: unknown, { url }: ArgocdServer, signal: AbortSignal): Failure {
  if (error instanceof Failure) return error;
  if (signal.aborted) return new Failure('ABORTED', `stopped while asking Argo CD at ${url}`, { fix: 'run it again' });
  const { kind, code } = classifyNetworkError(error);
  const problems = {
    timeout: ['did not answer in time', 'see whether it is up and reachable from here'],
    certificate: [`has a certificate that is not trusted (${code})`, 'name its authority in NODE_EXTRA_CA_CERTS'],
    'broken-off': [`broke off its answer (${code})`, 'try again; --argocd-plaintext is for a server without TLS'],
    unreachable: [`cannot be reached (${code})`, 'check --argocd-server-addr and the network'],
  } as const satisfies Record<typeof kind, readonly [problem: string, fix: string]>;
  const [problem, fix] = problems[kind];
  return new Failure('ARGOCD_UNREACHABLE', `Argo CD at ${url} ${problem}`, {
    ...{ fix, object: 'Argo CD', cause: error },
    retry: { kind: 'backoff' },
  });
}
