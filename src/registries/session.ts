import { Failure } from '../core/failure.ts';
import { safeUrl } from '../core/network-error.ts';
import { isUntyped } from '../core/untyped.ts';
import type { CredentialMemory } from '../ports/store.ts';
import type { Challenge } from './challenge.ts';
import type { Credential } from './credentials/credential.ts';
import type { Way } from './credentials/find-credentials.ts';
import { OutcomeLog } from './credentials/outcome-log.ts';
import type { Demand, EndpointClient } from './endpoint-client.ts';
import { judgeRealm, type RealmVerdict } from './realm.ts';
import { SharedWork } from './shared-work.ts';
import { tokenRequest } from './token-request.ts';
import type { HttpAnswer, HttpRequest } from './transport.ts';

interface Token {
  readonly text: string;
  readonly expiresMs: number;
  /** Whether it was given for the credential; anybody may have the others. */
  readonly isPersonal: boolean;
}

/** How one request is authorised, and what is behind it, so that it can be thrown away. */
interface Authorization {
  readonly header: string | undefined;
  readonly token?: Token;
  /** What was shown to the registry itself. */
  readonly password?: Credential;
}

/** What a request for one repository shows. */
type Shown =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'password' }
  /** The scope is what was asked for. */
  | { readonly kind: 'token'; readonly scope: string };

/** Docker's token specification: shorter lifetimes are not to be believed. */
const SHORTEST_LIFETIME_S = 60;
/** A token that ends while its request is on the way is of no use. */
const MARGIN_MS = 5_000;

/** One registry, asked in one way. Knows tokens and when to ask for them, over scans. */
export class Session {
  readonly client: EndpointClient;
  readonly #way: Way;
  readonly #now: () => number;
  readonly #outcomes: OutcomeLog | undefined;
  /** By repository: registries give out one permission at a time. */
  readonly #tokens = new Map<string, SharedWork<Token>>();
  /** Tokens that were refused although their time is not over. */
  readonly #spent = new WeakSet<Token>();
  /** Why the credentials were not sent, when they were not. */
  #withheld: string | undefined;

  constructor(client: EndpointClient, way: Way, now: () => number, memory: CredentialMemory) {
    this.client = client;
    this.#way = way;
    this.#now = now;
    const { host } = new URL(client.endpoint.apiUrl);
    this.#outcomes = way === 'anonymous' ? undefined : new OutcomeLog(memory, { credential: way.from, host }, now);
  }

  /** Whether there is anything to ask with. @throws {Failure} CREDENTIALS_INVALID */
  async isPossible(signal: AbortSignal): Promise<boolean> {
    const isThere = async () => this.#way === 'anonymous' || (await this.#way.get(signal)) !== undefined;
    return await this.#noting(isThere);
  }

  /** Gets what the next request for a repository will show, as far as what the registry demands is known. */
  async prepare(repository: string, signal: AbortSignal): Promise<Shown> {
    const { header, token } = await this.#authorize(await this.client.demand(signal), repository, signal);
    const scope = scopeFor(this.client.endpoint.apiUrl, repository);
    if (token !== undefined && scope !== undefined) return { kind: 'token', scope };
    return { kind: header === undefined ? 'nothing' : 'password' };
  }

  /**
   * Sends a request, authorised as the registry demands. A refusal in spite of that is answered once: by a fresh token,
   * by fresh credentials, or by what the answer newly demands.
   * @param repository  what the token shall allow to read; "" for nothing but to be let in
   */
  async send(
    request: Omit<HttpRequest, 'authorization'>,
    repository: string,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    return await this.#noting(() => this.#sendAsDemanded(request, repository, signal));
  }

  /** Failures that speak against the credential are noted. */
  async #noting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#outcomes?.noteFailure(error);
      throw error;
    }
  }

  async #sendAsDemanded(
    request: Omit<HttpRequest, 'authorization'>,
    repository: string,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const send = (authorization: string | undefined) =>
      this.client.exchange({ ...request, authorization }, signal, 'counted');
    const isOurs = request.url.origin === new URL(this.client.endpoint.apiUrl).origin;
    if (!isOurs) return send(undefined);
    const first = await this.#authorize(await this.client.demand(signal), repository, signal);
    const answer = await send(first.header);
    const isRenewed = [401, 403].includes(answer.status) && (await this.#renew(first.password, signal)) !== undefined;
    // Amazon's registries answer 403 when a password is over.
    if (answer.status !== 401 && !isRenewed) return await this.#noted(answer, first);
    if (first.token !== undefined) this.#spent.add(first.token);
    const learnt = await this.client.learn(answer);
    const demand = learnt.challenges.length > 0 ? learnt : await this.client.demand(signal);
    const second = await this.#authorize(demand, repository, signal);
    return await this.#noted(second.header === first.header ? answer : await send(second.header), second);
  }

  /** An answer that neither lets the credential in nor refuses it says nothing of it. */
  async #noted(answer: HttpAnswer, { token, password }: Authorization): Promise<HttpAnswer> {
    const isShown = password !== undefined || token?.isPersonal === true;
    if ([200, 304].includes(answer.status) && isShown) await this.#outcomes?.note('accepted');
    const isRefused = [401, 403].includes(answer.status);
    if (isRefused && (isShown || this.#withheld !== undefined)) await this.#outcomes?.note('REGISTRY_UNAUTHORIZED');
    return answer;
  }

  /** What a 401 or 403 means, with whose credentials it came about. */
  refused(answer: HttpAnswer, what: string): Failure {
    const { host } = answer.url;
    const who = this.#way === 'anonymous' ? 'anonymously' : `with the credentials from ${this.#way.from}`;
    const withheld = this.#withheld === undefined ? '' : `; they were not sent, since ${this.#withheld}`;
    const fix =
      this.#way === 'anonymous'
        ? `give credentials for ${host}: in registries.conf, as pull-secret or by docker login; or correct the image's name`
        : `check that ${this.#way.from} is valid for ${what}`;
    return new Failure('REGISTRY_UNAUTHORIZED', `${host} refused ${what} (${answer.status}), asked ${who}${withheld}`, {
      fix,
    });
  }

  async #credential(signal: AbortSignal): Promise<Credential | undefined> {
    return this.#way === 'anonymous' ? undefined : this.#way.get(signal);
  }

  async #renew(refused: Credential | undefined, signal: AbortSignal): Promise<Credential | undefined> {
    return this.#way === 'anonymous' || refused === undefined ? undefined : this.#way.renew(refused, signal);
  }

  /** Basic wins where both are offered and there is a password: it goes to the registry itself then. */
  async #authorize(demand: Demand, repository: string, signal: AbortSignal): Promise<Authorization> {
    const offered = (scheme: string) => demand.challenges.find((challenge) => challenge.scheme === scheme);
    const bearer = offered('bearer');
    if (offered('basic') !== undefined && this.#way !== 'anonymous') {
      const credential = await this.#credential(signal);
      if (credential?.kind === 'password') return { header: this.#basicFor(demand, credential), password: credential };
      if (bearer === undefined) this.#withheld = 'an identity token can only be given for tokens, which it has none of';
    }
    if (bearer === undefined) return { header: undefined };
    const token = await this.#token(bearer, demand, repository, signal);
    return { header: `Bearer ${token.text}`, token };
  }

  #basicFor({ answeredBy }: Demand, { user, password }: Credential & { readonly kind: 'password' }): string {
    const registry = new URL(this.client.endpoint.apiUrl);
    if (answeredBy.host === registry.host) return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
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
    if (known !== undefined && this.#isGood(await known.join(signal))) return known.join(signal);
    const renewed = this.#tokens.get(repository);
    if (renewed !== undefined && renewed !== known) return renewed.join(signal);
    const asked = new SharedWork((until) => this.#askToken(bearer, demand, repository, until));
    this.#tokens.set(repository, asked);
    try {
      return await asked.join(signal);
    } catch (error) {
      this.#forget(repository, asked, signal);
      throw error;
    }
  }

  /** Everybody who waits for a token is told of a failure; it is not kept, nor is the demand that led to it. */
  #forget(repository: string, failed: SharedWork<Token>, signal: AbortSignal): void {
    if (signal.aborted || this.#tokens.get(repository) !== failed) return;
    this.#tokens.delete(repository);
    this.client.forgetDemand();
  }

  #isGood(token: Token): boolean {
    return !this.#spent.has(token) && token.expiresMs - MARGIN_MS > this.#now();
  }

  /** Credentials that are refused are renewed once. */
  async #askToken(bearer: Challenge, demand: Demand, repository: string, signal: AbortSignal): Promise<Token> {
    const realm = this.#realm(bearer, demand);
    const credential = realm.kind === 'trusted' ? await this.#credential(signal) : undefined;
    this.#withheld = realm.kind === 'anonymous' && this.#way !== 'anonymous' ? realm.reason : undefined;
    const ask = (shown: Credential | undefined) => {
      const service = bearer.parameters.get('service');
      const scope = scopeFor(this.client.endpoint.apiUrl, repository);
      return this.client.exchange(tokenRequest({ realm: realm.url, service, scope }, shown), signal);
    };
    const first = await ask(credential);
    const renewed = isRefusal(first) ? await this.#renew(credential, signal) : undefined;
    const answer = renewed === undefined ? first : await ask(renewed);
    if (answer.status === 429 || answer.status >= 500) throw this.client.exhausted(answer);
    if (isRefusal(answer)) throw this.refused(answer, repository === '' ? 'a token' : `a token for ${repository}`);
    const token = answer.status === 200 ? readToken(answer.body, this.#now()) : undefined;
    if (token !== undefined) return { ...token, isPersonal: credential !== undefined };
    throw new Failure('REGISTRY_INVALID_ANSWER', `${safeUrl(realm.url)} answered ${answer.status} and no token`, {
      fix: 'see whether this address gives out registry tokens; the registry named it as its realm',
    });
  }

  #realm(bearer: Challenge, { answeredBy }: Demand): Exclude<RealmVerdict, { kind: 'refused' }> {
    const { apiUrl, insecure, tokenRealm: declared } = this.client.endpoint;
    const registry = new URL(apiUrl);
    const realm = bearer.parameters.get('realm') ?? '';
    const verdict = judgeRealm({ realm, registry, answeredBy, insecure, declared });
    if (verdict.kind !== 'refused') return verdict;
    throw new Failure('REGISTRY_REALM_REFUSED', `${registry.host}: ${verdict.reason}`, { fix: verdict.fix });
  }
}

function isRefusal({ status }: HttpAnswer): boolean {
  return [400, 401, 403].includes(status);
}

/** Azure lets nobody list tags with `pull` alone. */
function scopeFor(apiUrl: string, repository: string): string | undefined {
  if (repository === '') return undefined;
  const isAzure = /\.azurecr\.(?:io|cn|us)$/.test(new URL(apiUrl).hostname);
  return `repository:${repository}:${isAzure ? 'pull,metadata_read,content_read' : 'pull'}`;
}

/** Docker's token specification, "Token Response Fields". */
function readToken(body: Uint8Array, nowMs: number): Omit<Token, 'isPersonal'> | undefined {
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
