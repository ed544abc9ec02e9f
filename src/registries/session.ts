import { Failure } from '../core/failure.ts';
import { isUntyped } from '../core/untyped.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import type { Demand, EndpointClient } from './endpoint-client.ts';
import { safeUrl } from './network-failure.ts';
import { judgeRealm, type RealmVerdict } from './realm.ts';
import type { HttpAnswer, HttpRequest } from './transport.ts';

interface Token {
  readonly text: string;
  readonly expiresMs: number;
}

/** How one request is authorised, and the token behind it, so that it can be thrown away. */
interface Authorization {
  readonly header: string | undefined;
  readonly token?: Token;
}

const TOKEN_LIMIT_BYTES = 1024 * 1024;
/** Docker's token specification: shorter lifetimes are not to be believed. */
const SHORTEST_LIFETIME_S = 60;
/** A token that ends while its request is on the way is of no use. */
const MARGIN_MS = 5_000;

/** One registry with one set of credentials, or none. Knows tokens and when to ask for them. */
export class Session {
  readonly client: EndpointClient;
  readonly #credentials: Credentials | undefined;
  readonly #now: () => number;
  /** By repository: registries give out one permission at a time. */
  readonly #tokens = new Map<string, Promise<Token>>();
  /** Tokens that were refused although their time is not over. */
  readonly #spent = new WeakSet<Token>();
  /** Why the credentials were not sent, when they were not. */
  #withheld: string | undefined;

  constructor(client: EndpointClient, credentials: Credentials | undefined, now: () => number) {
    this.client = client;
    this.#credentials = credentials;
    this.#now = now;
  }

  /**
   * Sends a request, authorised as the registry demands. A 401 in spite of that is answered once: by a fresh token,
   * or by what the answer newly demands.
   * @param repository  what the token shall allow to read
   */
  async send(
    request: Omit<HttpRequest, 'authorization'>,
    repository: string,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const isOurs = request.url.origin === new URL(this.client.endpoint.apiUrl).origin;
    if (!isOurs) return this.client.exchange({ ...request, authorization: undefined }, signal);
    const first = await this.#authorize(await this.client.demand(signal), repository, signal);
    const answer = await this.client.exchange({ ...request, authorization: first.header }, signal);
    if (answer.status !== 401) return answer;
    if (first.token !== undefined) this.#spent.add(first.token);
    const second = await this.#authorize(this.client.learn(answer), repository, signal);
    if (second.header === first.header) return answer;
    return this.client.exchange({ ...request, authorization: second.header }, signal);
  }

  /** What a 401 or 403 means, with whose credentials it came about. */
  refused(answer: HttpAnswer, what: string): Failure {
    const who = this.#credentials === undefined ? 'anonymously' : `with the credentials from ${this.#credentials.from}`;
    const withheld = this.#withheld === undefined ? '' : `; they were not sent, since ${this.#withheld}`;
    const { host } = answer.url;
    const fix =
      this.#credentials === undefined
        ? `give credentials for ${host}: in registries.conf, as pull-secret or by docker login; or correct the image's name`
        : `check that ${this.#credentials.from} is valid for ${what}`;
    return new Failure('REGISTRY_UNAUTHORIZED', `${host} refused ${what} (${answer.status}), asked ${who}${withheld}`, {
      fix,
    });
  }

  /** Basic wins where both are offered and there are credentials: they go to the registry itself then. */
  async #authorize(demand: Demand, repository: string, signal: AbortSignal): Promise<Authorization> {
    const offered = (scheme: string) => demand.challenges.find((challenge) => challenge.scheme === scheme);
    const bearer = offered('bearer');
    if (offered('basic') !== undefined && this.#credentials !== undefined) {
      return { header: this.#basicFor(demand) };
    }
    if (bearer === undefined) return { header: undefined };
    const token = await this.#token(bearer, demand, repository, signal);
    return { header: `Bearer ${token.text}`, token };
  }

  #basicFor({ answeredBy }: Demand): string {
    const registry = new URL(this.client.endpoint.apiUrl);
    if (answeredBy.host === registry.host) return basic(this.#credentials);
    this.client.forgetDemand();
    throw new Failure(
      'REGISTRY_REALM_REFUSED',
      `${registry.host} redirects to ${answeredBy.host}, which asks for a password`,
      {
        fix: `set api_url to https://${answeredBy.host} if the credentials are meant for it`,
      },
    );
  }

  /** Concurrent askers for one repository share one request. */
  async #token(bearer: Challenge, demand: Demand, repository: string, signal: AbortSignal): Promise<Token> {
    const known = this.#tokens.get(repository);
    if (known !== undefined && this.#isGood(await known)) return known;
    const renewed = this.#tokens.get(repository);
    if (renewed !== undefined && renewed !== known) return renewed;
    const asked = this.#askToken(bearer, demand, repository, signal);
    this.#tokens.set(repository, asked);
    // Everybody who waits for it is told of a failure; it is not kept, nor is the demand that led to it.
    asked.catch(() => {
      this.#tokens.delete(repository);
      this.client.forgetDemand();
    });
    return asked;
  }

  #isGood(token: Token): boolean {
    return !this.#spent.has(token) && token.expiresMs - MARGIN_MS > this.#now();
  }

  async #askToken(bearer: Challenge, demand: Demand, repository: string, signal: AbortSignal): Promise<Token> {
    const realm = this.#realm(bearer, demand);
    const url = new URL(realm.url);
    const service = bearer.parameters.get('service');
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', scopeFor(this.client.endpoint.apiUrl, repository));
    const credentials = realm.kind === 'trusted' ? this.#credentials : undefined;
    this.#withheld = realm.kind === 'anonymous' && this.#credentials ? realm.reason : undefined;
    if (credentials !== undefined) url.searchParams.set('account', credentials.user);
    const request = {
      method: 'GET',
      url,
      headers: { accept: 'application/json' },
      limitBytes: TOKEN_LIMIT_BYTES,
    } as const;
    const authorization = credentials === undefined ? undefined : basic(credentials);
    const answer = await this.client.exchange({ ...request, authorization }, signal);
    if (answer.status === 429 || answer.status >= 500) throw this.client.exhausted(answer);
    if ([400, 401, 403].includes(answer.status)) throw this.refused(answer, `a token for ${repository}`);
    const token = answer.status === 200 ? readToken(answer.body, this.#now()) : undefined;
    if (token !== undefined) return token;
    throw new Failure('REGISTRY_INVALID_ANSWER', `${safeUrl(url)} answered ${answer.status} and no token`, {
      fix: 'see whether this address gives out registry tokens; the registry named it as its realm',
    });
  }

  #realm(bearer: Challenge, { answeredBy }: Demand): Exclude<RealmVerdict, { kind: 'refused' }> {
    const { apiUrl, insecure } = this.client.endpoint;
    const registry = new URL(apiUrl);
    const verdict = judgeRealm({ realm: bearer.parameters.get('realm') ?? '', registry, answeredBy, insecure });
    if (verdict.kind !== 'refused') return verdict;
    throw new Failure('REGISTRY_REALM_REFUSED', `${registry.host}: ${verdict.reason}`, { fix: verdict.fix });
  }
}

function basic(credentials: Credentials | undefined): string {
  const { user, password } = credentials ?? { user: '', password: '' };
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Azure lets nobody list tags with `pull` alone. */
function scopeFor(apiUrl: string, repository: string): string {
  const isAzure = new URL(apiUrl).hostname.endsWith('.azurecr.io');
  return `repository:${repository}:${isAzure ? 'pull,metadata_read,content_read' : 'pull'}`;
}

/** Docker's token specification, "Token Response Fields". */
function readToken(body: Uint8Array, nowMs: number): Token | undefined {
  const answer = parseJson(body);
  if (!isUntyped(answer)) return undefined;
  const text = [answer['access_token'], answer['token']].find((token) => typeof token === 'string' && token !== '');
  // A token with a line end in it would smuggle a header into every request.
  if (typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text)) return undefined;
  const lifetimeS = Math.max(SHORTEST_LIFETIME_S, Number(answer['expires_in']) || 0);
  return { text, expiresMs: nowMs + lifetimeS * 1000 };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}
