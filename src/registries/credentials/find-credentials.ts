import {
  type CredentialSource,
  describeCredentialSource,
  parseCredentialSource,
} from '../../core/credentials/credential-source.ts';
import { refusedToImage } from '../../core/credentials/refused-to-image.ts';
import { Failure } from '../../core/failure.ts';
import type { KeyValueObject } from '../../core/objects/key-value-object.ts';
import { canonicalHost, type Endpoint, isLoopback } from '../../core/registry-endpoint.ts';
import type { ImageRepository } from '../../ports/tag-source.ts';
import type { IdentitySurroundings } from '../identity/identity-kind.ts';
import { findIdentity } from '../identity/index.ts';
import type { Credential, CredentialHolder, Lease } from './credential.ts';
import { findDockerAuths, findDockercfgAuths, findHelper, splitUserPassword } from './docker-config.ts';
import { fixedHolder } from './fixed-holder.ts';
import { askHelper } from './helper.ts';
import { invalid } from './invalid.ts';
import { RenewingHolder } from './renewing-holder.ts';
import { askScript } from './script.ts';

/** Where credentials can be found. */
export interface CredentialStore {
  readonly secrets: readonly KeyValueObject[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of the user's own Docker configuration; undefined when there is none, or outside stand-alone use. */
  readonly dockerConfig: string | undefined;
  readonly identities: IdentitySurroundings;
  /** What has to be asked for, by where it is asked for; outlives a scan, so that it is asked for seldom. */
  readonly kept: Map<string, RenewingHolder>;
}

/** One way to ask a registry; without a holder: anonymously. */
export type Way = CredentialHolder | 'anonymous';

/** The repository of one endpoint that credentials are wanted for. */
interface Wanted {
  readonly store: CredentialStore;
  readonly endpoint: Endpoint;
  /** Of the endpoint's API, with port. */
  readonly host: string;
  /** Path below the endpoint's API. */
  readonly repository: string;
}

/**
 * The ways to ask for one image's repository, in the order in which they are to be tried. What is named counts alone:
 * the image's own credentials, else the registry's, else the identity that its `kind` asks for. Else what this machine
 * offers: the user's Docker configuration, then the identity that fits the host; in the end nobody's.
 * @param repository  path below the endpoint's API
 * @throws {Failure} CREDENTIALS_INVALID, naming the place, never the value
 */
export function findWays(
  store: CredentialStore,
  endpoint: Endpoint,
  image: Pick<ImageRepository, 'pullSecret'>,
  repository: string,
): readonly [Way, ...Way[]] {
  const wanted = { store, endpoint, host: new URL(endpoint.apiUrl).host, repository };
  const sources = image.pullSecret === undefined ? endpoint.credentials : [imagesOwn(image.pullSecret, endpoint)];
  if (sources !== undefined) return holdersOf(wanted, sources);
  if (endpoint.kind !== undefined && endpoint.kind !== 'distribution') return [namedIdentity(wanted, endpoint.kind)];
  const [first, ...others] = [...ownWays(wanted), ...(endpoint.kind === undefined ? fittingIdentity(wanted) : [])];
  // A password that somebody wrote down is meant to be used; that it opens nothing must not go unseen.
  const isCertain = first !== undefined && !(first instanceof RenewingHolder);
  if (first === undefined) return ['anonymous'];
  return isCertain ? [first, ...others] : [first, ...others, 'anonymous'];
}

/** Whose mirror it is, and the credentials that an image names for it. */
export interface Mirrored {
  readonly endpoint: Endpoint;
  readonly pullSecret?: string | undefined;
}

/**
 * A mirror with those credentials that are its too. Credentials that do not name a host are the endpoint's own, so
 * only what pull Secrets have for the mirror's host can be, where it has none of its own.
 * @param repository  path below the endpoint's API
 * @throws {Failure} CREDENTIALS_INVALID when the image's pull secret is none
 */
export function mirrorWithCredentials(
  store: Pick<CredentialStore, 'secrets'>,
  mirror: Endpoint,
  { endpoint, pullSecret }: Mirrored,
  repository: string,
): Endpoint {
  if (mirror.credentials !== undefined) return mirror;
  const { host } = new URL(mirror.apiUrl);
  const sources = pullSecret === undefined ? (endpoint.credentials ?? []) : [readPullSecret(pullSecret)];
  const credentials = sources.filter((source) => source.kind === 'pullsecret' && mayOpen(source));
  return credentials.length === 0 ? mirror : { ...mirror, credentials };

  /** What is wrong with one that cannot be read is told when it is used. */
  function mayOpen(source: CredentialSource & { readonly kind: 'pullsecret' }): boolean {
    try {
      return fromPullSecret({ store, host, repository }, source).length > 0;
    } catch {
      return true;
    }
  }
}

function readPullSecret(text: string): CredentialSource {
  const source = parseCredentialSource(text);
  if (source.ok) return source.value;
  throw new Failure('CREDENTIALS_INVALID', `the image's pull secret ${source.problem}`, { fix: 'correct pull-secret' });
}

/** What an image names by itself, if it may. */
function imagesOwn(text: string, endpoint: Endpoint): CredentialSource {
  const source = readPullSecret(text);
  const refused = refusedToImage(source, endpoint);
  if (refused) throw new Failure('CREDENTIALS_INVALID', refused.problem, { fix: refused.fix });
  return source;
}

/** Of several sources one that cannot be used is passed over; when none can, the first says why. */
function holdersOf(wanted: Wanted, sources: readonly CredentialSource[]): readonly [Way, ...Way[]] {
  const holders: CredentialHolder[] = [];
  let problem: unknown;
  for (const source of sources) {
    try {
      holders.push(...holdersFrom(wanted, source));
    } catch (error) {
      problem ??= error;
    }
  }
  const [first, ...others] = holders;
  if (first === undefined) throw problem ?? new Error('a registry with an empty list of credentials');
  return [first, ...others];
}

function holdersFrom(wanted: Wanted, source: CredentialSource): readonly CredentialHolder[] {
  const { store, endpoint, host } = wanted;
  const place = describeCredentialSource(source);
  switch (source.kind) {
    case 'env': {
      const fix = `set ${source.variable} to user:password`;
      const value = store.env[source.variable];
      if (!value) throw invalid(place, 'it is not set', fix);
      return [fixedHolder(place, readUserPassword(value, place, fix))];
    }
    case 'secret': {
      const value = fieldOf(secretOf(store, source), source.field);
      return [fixedHolder(place, readUserPassword(value, place, `let its field ${source.field} hold user:password`))];
    }
    case 'pullsecret': {
      const holders = fromPullSecret(wanted, source);
      if (holders.length > 0) return holders;
      throw invalid(place, `it has nothing for ${host}`, dockerRegistrySecret(host));
    }
    case 'ext': {
      const { env, identities } = store;
      const lifetimeMs = endpoint.credentialsLifetimeMs;
      const options = { path: source.path, env, lifetimeMs, now: identities.now };
      return [kept(wanted, place, [lifetimeMs], (signal) => askScript(options, signal))];
    }
    default:
      return source satisfies never;
  }
}

function fromPullSecret(
  {
    store,
    host,
    repository,
  }: Pick<Wanted, 'host' | 'repository'> & { readonly store: Pick<CredentialStore, 'secrets'> },
  source: CredentialSource & { readonly kind: 'pullsecret' },
): readonly CredentialHolder[] {
  const place = describeCredentialSource(source);
  const secret = secretOf(store, source);
  const legacy = secret.data['.dockerconfigjson'] === undefined ? secret.data['.dockercfg'] : undefined;
  const auths =
    legacy === undefined
      ? findDockerAuths(fieldOf(secret, '.dockerconfigjson'), host, repository)
      : findDockercfgAuths(legacy, host, repository);
  if (!auths.ok) throw invalid(place, auths.problem, dockerRegistrySecret(host));
  return numbered(place, auths.value);
}

function dockerRegistrySecret(host: string): string {
  return `kubectl create secret docker-registry with --docker-server=${host}`;
}

/** The user's own: what a helper holds, then what is written in the file. */
function ownWays({ store, host, repository, endpoint }: Wanted): readonly CredentialHolder[] {
  const { dockerConfig, env, identities } = store;
  if (dockerConfig === undefined) return [];
  const place = 'the Docker configuration (~/.docker/config.json)';
  const helper = findHelper(dockerConfig, host);
  const auths = findDockerAuths(dockerConfig, host, repository);
  if (!helper.ok) throw invalid(place, helper.problem, 'correct credHelpers and credsStore');
  if (!auths.ok) throw invalid(place, auths.problem, `docker login ${host}`);
  const written = numbered(place, auths.value);
  const name = helper.value;
  if (name === undefined) return written;
  const server = canonicalHost(host) === 'docker.io' ? 'https://index.docker.io/v1/' : host;
  const from = `credential helper ${name} of ${place}`;
  const wanted = { store, host, repository, endpoint };
  return [
    kept(wanted, from, [server], (signal) => askHelper(name, server, { env, now: identities.now }, signal)),
    ...written,
  ];
}

function numbered(place: string, credentials: readonly Credential[]): readonly CredentialHolder[] {
  return credentials.map((credential, index) =>
    fixedHolder(credentials.length === 1 ? place : `${place}, match ${index + 1} of ${credentials.length}`, credential),
  );
}

function namedIdentity(wanted: Wanted, id: 'ecr' | 'gar' | 'acr'): CredentialHolder {
  const { endpoint, store } = wanted;
  const identity = findIdentity(id, endpoint);
  const place = `${endpoint.name}, kind: ${id}`;
  if (!isPrivate(endpoint)) {
    throw invalid(place, 'identities are shown over verified HTTPS only', 'remove insecure: true, or kind');
  }
  if (identity === undefined) throw invalid(place, 'there is no such identity', 'write kind: ecr, gar or acr');
  return kept(wanted, identity.from, ['named', endpoint.roleArn], async (signal) => {
    const lease = await identity.ask(endpoint, store.identities, signal);
    if (lease === undefined) throw invalid(place, `there is no ${identity.from}`, identity.fix);
    return lease;
  });
}

function fittingIdentity(wanted: Wanted): readonly CredentialHolder[] {
  const { endpoint, store } = wanted;
  const identity = findIdentity(undefined, endpoint);
  if (identity === undefined || !isPrivate(endpoint)) return [];
  const ask = (signal: AbortSignal) => identity.ask(endpoint, store.identities, signal);
  return [kept(wanted, identity.from, ['fitting', endpoint.roleArn], ask)];
}

/** Whether nobody on the way can listen: what identities are shown as is good for more than one registry. */
function isPrivate({ apiUrl, insecure }: Endpoint): boolean {
  const { protocol, host } = new URL(apiUrl);
  return isLoopback(host) || (protocol === 'https:' && !insecure);
}

/** @param more  what else makes a difference, beside the place and the registry's host */
function kept(
  { store, host }: Wanted,
  from: string,
  more: readonly unknown[],
  ask: (signal: AbortSignal) => Promise<Lease | undefined>,
): RenewingHolder {
  const key = JSON.stringify([from, host, ...more]);
  return store.kept.getOrInsertComputed(key, () => new RenewingHolder(from, ask, store.identities.now));
}

function secretOf(
  { secrets }: Pick<CredentialStore, 'secrets'>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): KeyValueObject {
  const secret = secrets.find((candidate) => candidate.namespace === namespace && candidate.name === name);
  if (secret !== undefined) return secret;
  throw invalid(`Secret ${namespace}/${name}`, 'it is not there', 'give the Secret by -f, or correct its name');
}

function fieldOf({ namespace, name, data }: KeyValueObject, field: string): string {
  const value = data[field];
  if (value !== undefined) return value;
  throw invalid(`Secret ${namespace}/${name}`, `it has no field ${field}`, `add the field ${field} to the Secret`);
}

function readUserPassword(text: string, place: string, fix: string): Credential {
  const read = splitUserPassword(text);
  if (read.ok) return read.value;
  throw invalid(place, read.problem, fix);
}
