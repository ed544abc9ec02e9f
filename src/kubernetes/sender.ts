import type { Verb } from './api-failure.ts';
import { invalidAnswer } from './api-failure.ts';
import type { ClusterConfig } from './cluster-config.ts';
import { type IdentityTools, openIdentity, type Shown } from './identity.ts';
import { type Place, pathOf } from './resources.ts';
import { type HttpAnswer, openTransport } from './transport.ts';

export interface SentRequest {
  readonly verb: Verb;
  readonly place: Place;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: {
    readonly type:
      | 'application/json'
      | 'application/json-patch+json'
      | 'application/merge-patch+json'
      | 'application/apply-patch+yaml';
    /** Plain JSON, which is YAML too. */
    readonly content: unknown;
  };
}

/** Sends single requests as whom the configuration says. */
export interface Sender {
  /**
   * Any status is an answer.
   * @throws {Failure} CLUSTER_UNREACHABLE, CLUSTER_UNAUTHORIZED (no credentials to be had), ABORTED
   */
  send(request: SentRequest, idleTimeoutMs: number, signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
}

const METHODS = { get: 'GET', list: 'GET', watch: 'GET', create: 'POST', update: 'PUT', patch: 'PATCH' } as const;
const MOST_BODY_BYTES = 256 * 1024 * 1024;

export function openSender(config: ClusterConfig, tools: IdentityTools): Sender {
  const transport = openTransport(config);
  const identity = openIdentity(config, tools);
  // Credentials are shared by all requests, so that none of these may end the asking for them.
  const closed = new AbortController();

  function sendAs(shown: Shown, request: SentRequest, idleTimeoutMs: number, signal: AbortSignal) {
    const { verb, place, query, body } = request;
    const { authorization, certificate } = shown;
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
    const headers = {
      ...config.user.impersonation,
      ...{ accept: 'application/json', 'user-agent': 'tiphys' },
      ...(authorization === undefined ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': body.type }),
    };
    const content = body === undefined ? {} : { body: JSON.stringify(body.content) };
    const path = `${pathOf(place)}${search}`;
    return transport.send({ method: METHODS[verb], path, headers, certificate, idleTimeoutMs, ...content }, signal);
  }

  return {
    async send(request, idleTimeoutMs, signal) {
      const shown = await identity.show(closed.signal);
      const answer = await sendAs(shown, request, idleTimeoutMs, signal);
      // A token may have ended meanwhile: what was refused is shown once more, anew.
      if (answer.status !== 401 || !identity.refused(shown)) return answer;
      await readBody(answer.body);
      return await sendAs(await identity.show(closed.signal), request, idleTimeoutMs, signal);
    },
    async close() {
      closed.abort();
      await transport.close();
    },
  };
}

/** @throws {Failure} CLUSTER_INVALID_ANSWER for one that is too long */
export async function readBody(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) throw invalidAnswer(`an answer of more than ${MOST_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
