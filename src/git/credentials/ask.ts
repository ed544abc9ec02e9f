import type { Dispatcher } from 'undici';
import { Failure } from '../../core/failure.ts';
import { isLinkLocal } from '../../core/link-local.ts';
import { agentProxy, proxyFor } from '../../core/proxy.ts';
import { isUntyped, type Untyped } from '../../core/untyped.ts';
import type { Connection } from './connection.ts';

/** One step on the way to a token. */
export interface Step {
  /** For people: "GitHub, installation token". */
  readonly name: string;
  /** What to look at when it is refused. */
  readonly fix: string;
}

export interface TokenRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The answer's JSON, {} where there is none, and its status; whoever asks judges it. */
export interface TokenAnswer {
  readonly status: number;
  readonly json: Untyped;
}

/** @throws {Failure} CREDENTIALS_INVALID when there is no answer */
export type Ask = (step: Step, request: TokenRequest) => Promise<TokenAnswer>;

export interface AskOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly connection: Connection;
  /** PEM of the authority of a host, where it has one of its own. */
  readonly authorityOf: (hostname: string) => Promise<string | undefined>;
  /** The host to which `isInsecure` and the client certificate apply; others are reached by the proxy alone. */
  readonly isOwnHost: (hostname: string) => boolean;
}

const TIMEOUT_MS = 15_000;
const MOST_ANSWER_BYTES = 256 * 1024;

/** Asks those who give out tokens. Redirects are not followed: what is sent is meant for one host. */
export function asker(options: AskOptions): Ask {
  return async (step, request) => {
    const { url } = request;
    if (isLinkLocal(url.hostname)) throw invalidStep(step, 'it leads to an address of this machine’s own link');
    const dispatcher = await openDispatcher(options, url);
    try {
      return await send(dispatcher, request, AbortSignal.timeout(TIMEOUT_MS));
    } catch (error) {
      throw invalidStep(step, `${url.host} cannot be asked (${codeOf(error)})`, true);
    } finally {
      await dispatcher.destroy();
    }
  };
}

/** @param isPassing whether it may go well next time */
export function invalidStep({ name, fix }: Step, problem: string, isPassing = false): Failure {
  return new Failure('CREDENTIALS_INVALID', `${name}: ${problem}`, {
    fix,
    ...(isPassing ? { retry: { kind: 'backoff' } as const } : {}),
  });
}

/** The JSON of an answer that must be a success. @throws {Failure} CREDENTIALS_INVALID */
export function accepted(step: Step, { url }: TokenRequest, { status, json }: TokenAnswer): Untyped {
  if (status >= 200 && status < 300) return json;
  // The services' codes are words; their messages can repeat what was sent.
  const error = json['error'];
  const code = typeof error === 'string' && /^[\w.-]{1,64}$/.test(error) ? ` (${error})` : '';
  throw invalidStep(step, `${url.host} answered ${status}${code}`, status === 429 || status >= 500);
}

/** A text that an answer must hold. */
export function answered(step: Step, json: Untyped, key: string): string {
  const value = json[key];
  if (typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)) return value;
  throw invalidStep(step, `the answer holds no ${key}`);
}

/** A form as OAuth2 wants it. RFC 6749, section 4. */
export function formRequest(url: URL, form: Readonly<Record<string, string>>): TokenRequest {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  return { method: 'POST', url, headers, body: new URLSearchParams(form).toString() };
}

/** undici takes a while to load and most repositories never need it, hence the import in here. */
async function openDispatcher(options: AskOptions, url: URL): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import('undici');
  const { connection, env } = options;
  const isOwn = options.isOwnHost(url.hostname);
  const ca = await options.authorityOf(url.hostname);
  const client = isOwn ? connection.clientCertificate : undefined;
  const tls = {
    rejectUnauthorized: !(isOwn && connection.isInsecure),
    ...(ca === undefined ? {} : { ca }),
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
  };
  const proxy = proxyFor(url.href, connection, env);
  const shared = { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS };
  if (proxy === undefined) return new Agent({ ...shared, connect: tls });
  return new ProxyAgent({ ...shared, ...agentProxy(proxy), requestTls: tls });
}

async function send(dispatcher: Dispatcher, request: TokenRequest, signal: AbortSignal): Promise<TokenAnswer> {
  const { method, url, headers, body } = request;
  const answer = await dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method,
    headers: { ...headers, 'user-agent': 'tiphys' },
    ...(body === undefined ? {} : { body }),
    signal,
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > MOST_ANSWER_BYTES) throw Object.assign(new Error('too large'), { code: 'ANSWER_TOO_LARGE' });
    chunks.push(chunk);
  }
  return { status: answer.statusCode, json: parseJson(Buffer.concat(chunks).toString()) };
}

function parseJson(text: string): Untyped {
  try {
    const json: unknown = JSON.parse(text);
    return isUntyped(json) ? json : {};
  } catch {
    return {}; // A page for people, mostly; the status says enough.
  }
}

/** "ECONNREFUSED"; the errors' own messages can quote headers. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? error.name : codeOf(error.cause);
}
