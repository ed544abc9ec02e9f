import { Failure } from '../core/failure.ts';
import { safeUrl } from '../core/network-error.ts';
import type { Endpoint } from '../core/registry-endpoint.ts';
import { retryAfterMs } from '../core/retry-after.ts';
import type { RegistryObserver } from '../ports/observers.ts';
import type { DemandMemory } from '../ports/store.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { Circuit } from './circuit.ts';
import { Gate } from './gate.ts';
import { isBrokenOff, networkFailure } from './network-failure.ts';
import { observed } from './observed.ts';
import { type RateLimit, readRateLimit } from './rate-limit.ts';
import { SharedWork } from './shared-work.ts';
import { TokenBucket } from './token-bucket.ts';
import { type HttpAnswer, type HttpRequest, openTransport, type TlsContexts, type Transport } from './transport.ts';

/** Bounds on what a registry may cost. */
export interface Limits {
  /** Requests at a time to one registry. */
  readonly concurrency: number;
  readonly connectTimeoutMs: number;
  /** From a request to the headers of its answer. */
  readonly headersTimeoutMs: number;
  /** Between two pieces of an answer's body. */
  readonly bodyTimeoutMs: number;
  /** For one answer. */
  readonly requestTimeoutMs: number;
  /** For one question with all tries and pauses. */
  readonly totalTimeoutMs: number;
}

/** The outside world, as arguments. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly observer?: RegistryObserver | undefined;
}

/** How a registry asks its callers to authenticate; no challenges when it asks nothing. */
export interface Demand {
  readonly challenges: readonly Challenge[];
  /** What made the demand, after redirects. */
  readonly answeredBy: URL;
}

const RETRIED = [429, 500, 502, 503, 504];
const MOST_TRIES = 6;
const MOST_TRIES_AFTER_CUTS = 3;
const FIRST_PAUSE_MS = 250;
/** Requests that an idle registry takes at once, whatever its limit. Upstream's. */
const BURST = 10;
const PROBE_LIMIT_BYTES = 1024 * 1024;
/** For so long a registry that let everybody in is taken to do so still, until it answers 401. */
const OPEN_KEPT_MS = 24 * 60 * 60 * 1000;

/** One registry as everybody here shares it: its connections, its patience and what it demands. */
export class EndpointClient {
  readonly endpoint: Endpoint;
  readonly #around: Surroundings;
  readonly #transport: Transport;
  readonly #gate: Gate;
  readonly #bucket: TokenBucket | undefined;
  readonly #circuit: Circuit;
  readonly #memory: DemandMemory;
  #demand: Demand | undefined;
  #probing: SharedWork<Demand> | undefined;
  #rateLimit: RateLimit | undefined;
  /** The registry asked to be left alone until then. */
  #pausedUntilMs = 0;

  constructor(endpoint: Endpoint, around: Surroundings, tls: TlsContexts, memory: DemandMemory) {
    const { limits, env, now } = around;
    const { insecure, proxy, noProxy, http2 = true, requestsPerSecond } = endpoint;
    const { host } = new URL(endpoint.apiUrl);
    const connections = endpoint.concurrency ?? limits.concurrency;
    this.endpoint = endpoint;
    this.#around = around;
    this.#memory = memory;
    this.#gate = new Gate(connections);
    this.#circuit = new Circuit(host, now);
    this.#bucket = requestsPerSecond === undefined ? undefined : new TokenBucket(requestsPerSecond, BURST, now);
    this.#transport = openTransport({ host, insecure, tls, proxy, noProxy, http2, env, connections, ...limits });
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  /** What the registry demands, learnt from `/v2/` once, by the first who asks; or known from before. */
  async demand(signal: AbortSignal): Promise<Demand> {
    if (this.#demand !== undefined) return this.#demand;
    this.#probing ??= new SharedWork((until) => this.#probe(until));
    const probing = this.#probing;
    try {
      const demand = await probing.join(signal);
      if (this.#probing === probing) this.#demand ??= demand;
      return demand;
    } catch (error) {
      // What failed now may work in the next cycle.
      if (this.#probing === probing && !signal.aborted) this.#probing = undefined;
      throw error;
    }
  }

  /** What is left of the registry's limit, as it last said; undefined when it never did. */
  get rateLimit(): RateLimit | undefined {
    return this.#rateLimit;
  }

  /** What a 401 demands. Kept when the registry itself says it; storage that it redirected to has no say. */
  async learn(answer: HttpAnswer): Promise<Demand> {
    const demand = demandOf(answer);
    const isOwn = answer.url.host === new URL(this.endpoint.apiUrl).host;
    if (!isOwn || demand.challenges.length === 0) return demand;
    const letEverybodyIn = this.#demand?.challenges.length === 0;
    if (letEverybodyIn) await this.#memory.keepDemandsNothing(this.endpoint.apiUrl, undefined);
    this.#demand = demand;
    return demand;
  }

  /** Lets the registry be asked again what it demands. */
  forgetDemand(): void {
    this.#demand = undefined;
    this.#probing = undefined;
  }

  async #probe(signal: AbortSignal): Promise<Demand> {
    const { apiUrl, ping } = this.endpoint;
    const url = new URL(`${apiUrl}/v2/`);
    const nothing = { challenges: [], answeredBy: url };
    const sinceMs = ping ? await this.#memory.demandsNothingSince(apiUrl) : undefined;
    const ageMs = this.#around.now() - (sinceMs ?? Number.NEGATIVE_INFINITY);
    if (!ping || (ageMs >= 0 && ageMs < OPEN_KEPT_MS)) return nothing;
    const request = {
      method: 'GET',
      url,
      headers: {},
      authorization: undefined,
      limitBytes: PROBE_LIMIT_BYTES,
    } as const;
    const answer = await this.exchange(request, signal);
    if (RETRIED.includes(answer.status)) throw this.exhausted(answer);
    // Any other status says nothing about authentication; the question itself will tell.
    if (answer.status === 401) return demandOf(answer);
    if (answer.status === 200) await this.#memory.keepDemandsNothing(apiUrl, this.#around.now());
    return nothing;
  }

  /**
   * Sends a request, again after 429, 5xx and cut connections, with growing pauses or as long as Retry-After says.
   * Retry-After counts for the whole registry, whoever was told.
   * @param counts  whether it is one of the requests that the registry's limit is about; tokens and probes are not
   * @returns the last answer when the tries or the time are used up
   * @throws {Failure} without asking, while the registry is left alone because it failed too often
   */
  async exchange(request: HttpRequest, signal: AbortSignal, counts: 'counted' | 'free' = 'free'): Promise<HttpAnswer> {
    const { now, limits } = this.#around;
    // The time runs from the first try, not from when a place in the queue was taken.
    let deadlineMs = Number.POSITIVE_INFINITY;
    const send = async () => {
      if (counts === 'counted') await this.#sleep(this.#bucket?.reserveMs() ?? 0, request.url, signal);
      return this.#gate.pass(async () => {
        deadlineMs = Math.min(deadlineMs, now() + limits.totalTimeoutMs);
        await this.#waitUntilWelcome(deadlineMs, request.url, signal);
        const answer = await this.#circuit.pass(
          () => observed(this.#around.observer, this.endpoint.name, () => this.#transport.send(request, signal)),
          (one) => (one.status >= 500 ? this.exhausted(one) : undefined),
        );
        this.#heed(answer);
        return answer;
      });
    };
    for (let tries = 1; ; tries++) {
      const answer = await unlessBrokenOff(send, tries < MOST_TRIES_AFTER_CUTS);
      if (answer !== undefined && !RETRIED.includes(answer.status)) return answer;
      const asked = answer && retryAfterMs(answer.headers['retry-after'], now());
      const pauseMs = asked ?? this.#backoffMs(tries);
      const isLast = tries >= MOST_TRIES || now() + pauseMs > deadlineMs;
      if (answer !== undefined && isLast) return answer;
      await this.#sleep(pauseMs, request.url, signal);
    }
  }

  /** Nobody asks this registry anything until Retry-After is over. Settled before the next one passes the gate. */
  #heed({ status, headers, url }: HttpAnswer): void {
    const seen = url.host === new URL(this.endpoint.apiUrl).host ? readRateLimit(headers) : undefined;
    if (seen) this.#around.observer?.limitSeen(this.endpoint.name, seen.remaining);
    this.#rateLimit = seen ?? this.#rateLimit;
    const nowMs = this.#around.now();
    const askedMs = RETRIED.includes(status) ? retryAfterMs(headers['retry-after'], nowMs) : undefined;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + (askedMs ?? 0));
  }

  /** Done in one's place at the gate, so that those behind wait too instead of asking in the middle of a pause. */
  async #waitUntilWelcome(deadlineMs: number, url: URL, signal: AbortSignal): Promise<void> {
    for (;;) {
      const ms = this.#pausedUntilMs - this.#around.now();
      if (ms <= 0) return;
      if (this.#pausedUntilMs > deadlineMs) throw rateLimited(url.host, ms);
      await this.#sleep(ms, url, signal);
    }
  }

  async #sleep(ms: number, url: URL, signal: AbortSignal): Promise<void> {
    if (ms <= 0) return;
    try {
      await this.#around.sleep(ms, signal);
    } catch (error) {
      throw networkFailure(error, url, signal);
    }
  }

  /** Doubled each time; between half and all of it, so that those who were refused together do not return together. */
  #backoffMs(tries: number): number {
    return FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + this.#around.random() / 2);
  }

  /** What a 429 or 5xx means after the last try. */
  exhausted({ status, url, headers }: HttpAnswer): Failure {
    const pauseMs = retryAfterMs(headers['retry-after'], this.#around.now());
    if (status === 429) return rateLimited(url.host, pauseMs);
    return new Failure('REGISTRY_SERVER_ERROR', `${safeUrl(url)} answered ${status}`, {
      fix: `see what is wrong with ${url.host}, or wait`,
      retry: pauseMs === undefined ? { kind: 'backoff' } : { kind: 'after', ms: pauseMs },
    });
  }
}

/** The answer; undefined when the connection was cut and that is no reason to give up. */
async function unlessBrokenOff(send: () => Promise<HttpAnswer>, mayTryAgain: boolean): Promise<HttpAnswer | undefined> {
  try {
    return await send();
  } catch (error) {
    if (mayTryAgain && isBrokenOff(error)) return undefined;
    throw error;
  }
}

function demandOf(answer: HttpAnswer): Demand {
  return { challenges: parseChallenges(answer.headers['www-authenticate']), answeredBy: answer.url };
}

function rateLimited(host: string, pauseMs: number | undefined): Failure {
  const until = pauseMs === undefined ? '' : `; it asks to wait ${Math.ceil(pauseMs / 1000)} s`;
  return new Failure('REGISTRY_RATE_LIMITED', `${host} refuses more requests for now (429)${until}`, {
    fix: 'wait, use credentials with a higher limit, or a longer --interval',
    retry: pauseMs === undefined ? { kind: 'backoff' } : { kind: 'after', ms: pauseMs },
  });
}
