import { Failure } from '../core/failure.ts';
import { retryAfterMs } from '../core/retry-after.ts';
import { textLines } from '../core/text-lines.ts';
import type { Untyped } from '../core/untyped.ts';
import type { ClusterObserver } from '../ports/observers.ts';
import { apiFailure, invalidAnswer } from './api-failure.ts';
import type { ClusterConfig } from './cluster-config.ts';
import type { IdentityTools } from './identity.ts';
import { readList } from './list-stream.ts';
import { parseObject } from './parse-object.ts';
import { describePlace, type Place } from './resources.ts';
import { openSender, readBody, type SentRequest } from './sender.ts';
import { type HttpAnswer, networkFailure } from './transport.ts';
import type { Waiting } from './waiting.ts';

/** A request that may be repeated, and answers of which something is known. */
interface ApiRequest extends SentRequest {
  /** Statuses beside success that mean something to whoever asks; all others are failures. */
  readonly understands?: readonly number[];
  /** Tried once, whatever comes of it. */
  readonly once?: true;
  /**
   * Takes the items of a list as they arrive, of which the answer has none then. One may come twice: a page that broke
   * off is asked for again.
   */
  readonly each?: (item: Untyped) => void;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: Untyped;
}

/** One cluster, asked by one identity. */
export interface KubernetesClient extends AsyncDisposable {
  /** The namespace that is meant when none is named. */
  readonly namespace: string;
  /**
   * What passes is tried again, with growing pauses or as long as the API server asks.
   * @throws {Failure} CLUSTER_UNREACHABLE, CLUSTER_UNAUTHORIZED, CLUSTER_FORBIDDEN, CLUSTER_KIND_MISSING,
   *   CLUSTER_OVERLOADED, CLUSTER_REFUSED, CLUSTER_INVALID_ANSWER, ABORTED
   */
  call(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer>;
  /**
   * Tells the events of a watch as they come. Tried once.
   * @param forSeconds  how long the server shall let it run
   * @param happened  returns whether to go on
   * @returns  whether the server ended it, and not `happened`
   * @throws {Failure} as `call`
   */
  watch(
    place: Place,
    query: Readonly<Record<string, string>>,
    forSeconds: number,
    happened: (event: Untyped) => boolean,
    signal: AbortSignal,
  ): Promise<boolean>;
}

export interface ClientTools extends IdentityTools, Waiting {
  readonly observer?: ClusterObserver;
}

const REQUEST_TIMEOUT_MS = 30_000;
/** A watch that is silent for longer than it was to run is dead. */
const WATCH_GRACE_MS = 15_000;
const MOST_TRIES = 5;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 20_000;
const MOST_EVENT_BYTES = 16 * 1024 * 1024;

export function openClient(config: ClusterConfig, tools: ClientTools): KubernetesClient {
  const sender = openSender(config, tools);

  function refusal({ verb, place }: ApiRequest, answer: HttpAnswer, body: Untyped): Failure {
    const { status, headers } = answer;
    const wait = retryAfterMs(headers['retry-after'], tools.nowMs());
    return apiFailure({ verb, place, status, body, retryAfterMs: wait, source: config.source });
  }

  /** One request, from beginning to end. What is stopped has come to nothing that could be counted. */
  async function observed<T>(ms: number, signal: AbortSignal, work: (limit: AbortSignal) => Promise<T>): Promise<T> {
    try {
      const result = await within(ms, signal, config, work);
      tools.observer?.requestEnded('ok');
      return result;
    } catch (error) {
      if (!signal.aborted) tools.observer?.requestEnded('failed');
      throw error;
    }
  }

  async function callOnce(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    return await observed(REQUEST_TIMEOUT_MS, signal, async (limit) => {
      const answer = await sender.send(request, REQUEST_TIMEOUT_MS, limit);
      const { status } = answer;
      const { each } = request;
      const isList = each !== undefined && status < 400;
      const body = isList ? await readList(answer.body, each) : parseObject(await readBody(answer.body));
      if (status >= 400 && !request.understands?.includes(status)) throw refusal(request, answer, body ?? {});
      if (body === undefined && status < 400) throw invalidAnswer(describePlace(request.place));
      return { status, body: body ?? {} };
    });
  }

  return {
    namespace: config.namespace,
    async call(request, signal) {
      for (let tries = 1; ; tries++) {
        try {
          return await callOnce(request, signal);
        } catch (error) {
          const pauseMs = request.once || tries === MOST_TRIES ? undefined : pauseAfter(error, tries, tools.random);
          if (pauseMs === undefined) throw error;
          await tools.sleep(pauseMs, signal).catch((reason) => {
            throw networkFailure(reason, config, signal);
          });
        }
      }
    },
    async watch(place, query, forSeconds, happened, signal) {
      const all = { ...query, watch: 'true', timeoutSeconds: String(forSeconds) };
      const request: ApiRequest = { verb: 'watch', place, query: all };
      const mostMs = forSeconds * 1000 + WATCH_GRACE_MS;
      return await observed(mostMs, signal, async (limit) => {
        const answer = await sender.send(request, mostMs, limit);
        if (answer.status >= 400) throw refusal(request, answer, parseObject(await readBody(answer.body)) ?? {});
        const tooLong = () => invalidAnswer(`an event of more than ${MOST_EVENT_BYTES} characters`);
        for await (const line of textLines(answer.body, MOST_EVENT_BYTES, tooLong)) {
          const event = parseObject(line);
          if (event === undefined) throw invalidAnswer(describePlace(place));
          if (!happened(event)) return false;
        }
        return true;
      });
    },
    [Symbol.asyncDispose]: () => sender.close(),
  };
}

/** Ends what takes too long. AbortSignal.timeout would be held until its time is over. */
async function within<T>(
  ms: number,
  signal: AbortSignal,
  config: ClusterConfig,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new DOMException('took too long', 'TimeoutError')), ms);
  const either = AbortSignal.any([signal, limit.signal]);
  try {
    return await work(either);
  } catch (error) {
    throw networkFailure(error, config, either);
  } finally {
    clearTimeout(timer);
  }
}

/** undefined for what trying again does not mend. */
function pauseAfter(error: unknown, tries: number, random: () => number): number | undefined {
  if (!(error instanceof Failure)) return undefined;
  if (error.code !== 'CLUSTER_OVERLOADED' && error.code !== 'CLUSTER_UNREACHABLE') return undefined;
  const growing = FIRST_PAUSE_MS * 2 ** (tries - 1) * (1 + random());
  const asked = error.retry.kind === 'after' ? error.retry.ms : 0;
  return asked > LONGEST_PAUSE_MS ? undefined : Math.max(asked, growing);
}
