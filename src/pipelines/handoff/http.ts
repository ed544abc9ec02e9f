import { EnvHttpProxyAgent, request } from 'undici';
import { agentProxies } from '../../core/proxy.ts';
import { isLoopback } from '../../core/registry-endpoint.ts';
import { isUntyped, type Untyped } from '../../core/untyped.ts';

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly authorization: string;
  readonly body: string | undefined;
}

export interface Answer {
  readonly status: number;
  /** An empty one for an answer that is no JSON object. */
  readonly body: Untyped;
}

/** Throws what keeps an answer from coming. */
export type AskHttp = (question: Question, signal: AbortSignal) => Promise<Answer>;

const TIMEOUT_MS = 30_000;
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Asks over HTTPS, through the proxy of the environment if there is one. Redirects are not followed, since what is asked
 * with is secret.
 * @param ca  certificates in PEM that are trusted instead of the usual ones
 */
export function openHttp(ca: string | undefined): AskHttp & AsyncDisposable {
  const tls = ca === undefined ? {} : { requestTls: { ca }, connect: { ca } };
  const dispatcher = new EnvHttpProxyAgent({ ...agentProxies(process.env), maxResponseSize: MOST_BYTES, ...tls });
  const ask: AskHttp = async ({ method, url, authorization, body }, signal) => {
    const headers = { authorization, accept: 'application/json', 'content-type': 'application/json' };
    const answer = await request(url, {
      ...{ dispatcher, method, headers, body: body ?? null },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    return { status: answer.statusCode, body: readObject(await answer.body.text()) };
  };
  return Object.assign(ask, { [Symbol.asyncDispose]: () => dispatcher.destroy() });
}

/** Whether a token may be sent there: over TLS, or not beyond this machine. */
export function isSafeAddress(url: string): boolean {
  const { protocol, host } = URL.parse(url) ?? {};
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(host ?? ''));
}

function readObject(text: string): Untyped {
  try {
    const value: unknown = JSON.parse(text);
    return isUntyped(value) ? value : {};
  } catch {
    return {};
  }
}
