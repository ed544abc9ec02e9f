import type { IncomingHttpHeaders } from 'node:http';
import { blotOut } from '../core/blot-out.ts';
import { Failure } from '../core/failure.ts';
import { safeUrl } from '../core/network-error.ts';
import { oneLine } from '../core/untrusted-text.ts';
import { isUntyped, type Untyped } from '../core/untyped.ts';
import { reasonIn } from './forge-reason.ts';
import { rateLimitMs } from './rate-limit.ts';
import type { HttpAnswer, Transport } from './transport.ts';

/** The outside world, as arguments. */
export interface Surroundings {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** One question or order to a forge. */
export interface ForgeRequest {
  /** For people, after "may not": "open a pull request". */
  readonly to: string;
  /** Default: GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute; parts that come from outside are encoded already. */
  readonly url: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Never sent again by itself: done twice, the second answer would hide the first. Default: so for POST alone. */
  readonly once?: boolean;
}

/** Below 500, and neither 401 nor a rate limit: those are failures already. */
export interface ForgeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What the JSON says; undefined when there was no body. */
  readonly body: unknown;
}

/** Until when a forge wants to be left alone, by host and credential. Shared by all that ask with it. */
export type Pauses = Map<string, number>;

/** With whom a client speaks, and as whom. */
export interface ClientOptions {
  readonly transport: Transport;
  /** The Authorization header. */
  readonly authorization: string;
  /** The credential by name. */
  readonly source: string;
  /** Never repeated in a message, should the forge do so. */
  readonly secret: string;
  readonly pauses: Pauses;
  readonly around: Surroundings;
  readonly always?: Always;
}

/** What goes along with every request; its own query counts more. */
interface Always {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: NonNullable<ForgeRequest['query']>;
}

const MOST_TRIES = 3;
const FIRST_PAUSE_MS = 500;
const MOST_REASON = 300;

/** Asks one forge with one credential: tries again what is safe, obeys its limits, and tells its errors apart. */
export class ForgeClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** The same client for a forge that wants more with every request. */
  with(always: Always): ForgeClient {
    return new ForgeClient({ ...this.#options, always });
  }

  /**
   * Any status below 500 but 401 is an answer.
   * @throws {Failure} FORGE_UNAUTHORIZED (401), FORGE_RATE_LIMITED, FORGE_UNREACHABLE (also 5xx), FORGE_INVALID_ANSWER
   */
  async ask(request: ForgeRequest, signal: AbortSignal): Promise<ForgeAnswer> {
    const url = urlOf(request, this.#options.always?.query);
    // Twice the same POST would be two comments, or two requests.
    const mostTries = (request.once ?? request.method === 'POST') ? 1 : MOST_TRIES;
    for (let tries = 1; ; tries++) {
      try {
        return this.#read(request, url, await this.#send(request, url, signal));
      } catch (error) {
        const isPassing = error instanceof Failure && error.code === 'FORGE_UNREACHABLE';
        if (!isPassing || tries >= mostTries) throw error;
        await this.pause(FIRST_PAUSE_MS * 2 ** (tries - 1), signal);
      }
    }
  }

  /** As `ask`, and whatever is not a success is a failure. @returns the JSON object that was answered, {} for none */
  async want(request: ForgeRequest, signal: AbortSignal): Promise<Untyped> {
    const { body = {} } = await this.#succeed(request, signal);
    if (isUntyped(body)) return body;
    throw this.invalid(request, 'it answered with something else than a JSON object');
  }

  /** As `want`, for a JSON list of objects. */
  async wantList(request: ForgeRequest, signal: AbortSignal): Promise<readonly Untyped[]> {
    return this.#listIn(request, await this.#succeed(request, signal));
  }

  /**
   * The objects of a list inside an answer.
   * @throws {Failure} FORGE_INVALID_ANSWER where there is no list: that is not the same as an empty one
   */
  itemsIn(request: ForgeRequest, answer: Untyped, key: string): readonly Untyped[] {
    const items = answer[key];
    if (Array.isArray(items) && items.every(isUntyped)) return items;
    throw this.invalid(request, `it answered without a list of ${key}`);
  }

  /** The items of a list page by page, as far as the caller reads on, by the Link header of each page. */
  async *pages(request: ForgeRequest, mostPages: number, signal: AbortSignal): AsyncGenerator<readonly Untyped[]> {
    let next: ForgeRequest | undefined = request;
    for (let page = 0; page < mostPages && next !== undefined; page++) {
      const answer: ForgeAnswer = await this.#succeed(next, signal);
      yield this.#listIn(request, answer);
      const link = nextLink(answer.headers.link);
      next = link === undefined ? undefined : this.nextPage(request, link);
    }
  }

  /**
   * The request for the page that an answer leads to.
   * @throws {Failure} FORGE_INVALID_ANSWER for one on another host, which is shown no credential
   */
  nextPage(request: ForgeRequest, link: string): ForgeRequest {
    const url = URL.parse(link, request.url);
    if (url !== null && url.origin === new URL(request.url).origin) return { to: request.to, url: url.href };
    throw this.invalid(request, 'its next page is on another host');
  }

  /** Waits between half of `ms` and all of it, so that those who were refused together do not return together. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    const { around } = this.#options;
    try {
      await around.sleep(ms * (0.5 + around.random() / 2), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Failure('ABORTED', 'stopped while waiting for a forge', { fix: 'run it again' });
    }
  }

  /** What an answer that is no success means, where the forge gives it no meaning of its own. */
  refusal(request: ForgeRequest, answer: ForgeAnswer): Failure {
    const url = new URL(request.url);
    const { host } = url;
    const { source } = this.#options;
    const reason = `${answer.status}${prefixed(': ', this.reason(answer))}`;
    if ([203, 401, 403].includes(answer.status)) {
      return new Failure('FORGE_UNAUTHORIZED', `${host} does not let ${source} ${request.to} (${reason})`, {
        fix: "give the credential the rights that docs/git.md lists for this forge; a deploy key's are not enough",
      });
    }
    if (answer.status === 404) {
      return new Failure('FORGE_NOT_FOUND', `${source} cannot ${request.to}: ${safeUrl(url)} (${reason})`, {
        fix: 'check the repoURL, and that the credential may see that repository and its pull requests',
      });
    }
    return new Failure('FORGE_REFUSED', `${host} refused to ${request.to} (${reason})`, {
      fix: 'do what the forge says; the rules are in its settings of the repository',
    });
  }

  /** What a forge says of an error: one line, bounded, without the credential. "" when it says nothing. */
  reason({ body }: ForgeAnswer): string {
    const { secret, authorization } = this.#options;
    // Also as it travelled, for those who quote the header. Before it is cut: half a secret is one, too.
    return oneLine(blotOut(reasonIn(body), [secret, authorization.replace(/^\S+ /, '')]), MOST_REASON);
  }

  invalid({ url }: ForgeRequest, problem: string): Failure {
    return new Failure('FORGE_INVALID_ANSWER', `${safeUrl(new URL(url))}: ${problem}`, {
      fix: 'check that the repoURL is on a forge of this kind, and that no login page or proxy answers for it',
      retry: { kind: 'backoff' },
    });
  }

  async #send(request: ForgeRequest, url: URL, signal: AbortSignal): Promise<HttpAnswer> {
    const { transport, authorization, source, pauses, around, always } = this.#options;
    const restMs = (pauses.get(`${url.host} ${source}`) ?? 0) - around.now();
    if (restMs > 0) throw this.#rateLimited(url, restMs);
    const { method = 'GET', body } = request;
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    return transport.send(
      {
        method,
        url,
        headers: { accept: 'application/json', ...json, ...always?.headers, authorization },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      signal,
    );
  }

  #read(request: ForgeRequest, url: URL, http: HttpAnswer): ForgeAnswer {
    const { status, headers } = http;
    const json = parseJson(http.body);
    const answer = { status, headers, body: json.ok ? json.value : undefined };
    const { around, pauses, source } = this.#options;
    const pauseMs = rateLimitMs(answer, around.now());
    if (pauseMs !== undefined) {
      pauses.set(`${url.host} ${source}`, around.now() + pauseMs);
      throw this.#rateLimited(url, pauseMs);
    }
    if (status >= 500) {
      const message = `${safeUrl(url)} answered ${status}${prefixed(': ', this.reason(answer))}`;
      const fix = `see what is wrong with ${url.host}, or wait`;
      throw new Failure('FORGE_UNREACHABLE', message, { fix, retry: { kind: 'backoff' } });
    }
    // Azure DevOps shows its page for signing in to whomever it does not let in, with 203.
    if (status === 401 || (status === 203 && !json.ok)) throw this.refusal(request, answer);
    if (!json.ok) throw this.invalid(request, `it answered ${status} with something else than JSON`);
    return answer;
  }

  #rateLimited({ host }: URL, ms: number): Failure {
    const { source } = this.#options;
    return new Failure('FORGE_RATE_LIMITED', `${host} asks ${source} to wait ${Math.ceil(ms / 1000)} s`, {
      fix: 'nothing, it is asked again afterwards; a GitHub App or a user of its own has a limit of its own',
      retry: { kind: 'after', ms },
    });
  }

  async #succeed(request: ForgeRequest, signal: AbortSignal): Promise<ForgeAnswer> {
    const answer = await this.ask(request, signal);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw this.refusal(request, answer);
  }

  #listIn(request: ForgeRequest, { body }: ForgeAnswer): readonly Untyped[] {
    if (Array.isArray(body) && body.every(isUntyped)) return body;
    throw this.invalid(request, 'it answered with something else than a JSON list');
  }
}

function urlOf({ url: text, query }: ForgeRequest, always: ForgeRequest['query'] = {}): URL {
  const url = new URL(text);
  for (const [name, value] of Object.entries({ ...always, ...query })) url.searchParams.set(name, String(value));
  return url;
}

function parseJson(bytes: Uint8Array): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  if (bytes.length === 0) return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(Buffer.from(bytes).toString()) };
  } catch {
    return { ok: false };
  }
}

function nextLink(header: string | readonly string[] | undefined): string | undefined {
  const links = [header ?? []].flat().join(', ');
  return /<([^<>]*)>\s*;[^,]*\brel="?next\b/.exec(links)?.[1];
}

function prefixed(prefix: string, text: string): string {
  return text === '' ? '' : `${prefix}${text}`;
}
