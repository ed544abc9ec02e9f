import { Failure } from '../core/failure.ts';
import { safeUrl } from '../core/network-error.ts';
import { parseTag } from '../core/reference.ts';
import type { CheckedVersion, CheckStep, CheckSubject, RegistryCheck } from '../core/registry-check.ts';
import { type Endpoint, repositoryAt } from '../core/registry-endpoint.ts';
import { CheckSteps, type Found } from './check-steps.ts';
import type { Connections } from './connections.ts';
import { type CredentialStore, findWays, mirrorWithCredentials, type Way } from './credentials/find-credentials.ts';
import type { Demand, EndpointClient } from './endpoint-client.ts';
import type { Manifest } from './manifest.ts';
import { describeRateLimit } from './rate-limit.ts';
import { RepositoryClient } from './repository-client.ts';
import { type MemoryRules, RepositoryMemory } from './repository-memory.ts';
import type { Session } from './session.ts';
import type { TlsStore } from './tls-contexts.ts';

interface CheckParts {
  readonly store: CredentialStore;
  readonly tls: TlsStore;
  readonly connections: Connections;
  /** Of this check alone: what was remembered is not what the registry says now. */
  readonly memory: MemoryRules;
}

/** What is asked about, once the registry has answered. */
interface Asked {
  readonly client: EndpointClient;
  readonly endpoint: Endpoint;
  readonly mirrorOf: Endpoint | undefined;
  readonly image: CheckSubject['image'];
  /** As the API names it; "" for the registry as a whole. */
  readonly repository: string;
}

const NO_CONNECTION = ['REGISTRY_UNREACHABLE', 'REGISTRY_TIMEOUT'];
/** After these the next credentials have their turn, as in a scan. */
const REFUSALS = ['REGISTRY_UNAUTHORIZED', 'CREDENTIALS_INVALID'];
const ACCEPTED_LOGIN_BYTES = 1024 * 1024;

/** Asks a registry step by step, as a scan would, and says how far that goes. */
export async function checkRegistry(
  parts: CheckParts,
  subject: CheckSubject,
  signal: AbortSignal,
): Promise<RegistryCheck> {
  const { registry, endpoint, mirrorOf, image } = subject;
  const steps = new CheckSteps();
  const told = { registry, mirrorOf: mirrorOf?.name ?? null, image: image?.text ?? null };
  const client = await reach(parts, subject, steps, signal);
  if (client === undefined || endpoint === undefined) return { ...told, steps: steps.all() };
  const repository = image === undefined ? '' : repositoryAt(mirrorOf ?? endpoint, image.name);
  return { ...told, steps: await tryWays(parts, { client, endpoint, mirrorOf, image, repository }, steps, signal) };
}

/** Up to what the registry demands. */
async function reach(
  { connections, tls }: CheckParts,
  subject: CheckSubject,
  steps: CheckSteps,
  signal: AbortSignal,
): Promise<EndpointClient | undefined> {
  const endpoint = await steps.take('endpoint', async () => usableEndpoint(subject));
  if (endpoint === undefined) return undefined;
  const reached = await steps.take('connection', async () => {
    const client = await connections.clientFor(endpoint, tls);
    const demand = await client.demand(signal).catch(unlessUnreachable);
    return found({ client, demand }, describeChannel(endpoint));
  });
  if (reached === undefined) return undefined;
  const { client, demand } = reached;
  await steps.take('challenge', async () => {
    if (demand instanceof Failure) throw demand;
    if (!endpoint.ping) return skipped('ping is false; the first question will tell');
    return found(undefined, describeDemand(demand));
  });
  return steps.failure === undefined ? client : undefined;
}

/** A registry that answers, if only to say that something is wrong with it, was reached. */
function unlessUnreachable(error: unknown): Failure {
  if (!(error instanceof Failure) || [...NO_CONNECTION, 'ABORTED'].includes(error.code)) throw error;
  return error;
}

function usableEndpoint({ registry, endpoint }: CheckSubject): Found<Endpoint> {
  if (endpoint !== undefined && URL.canParse(endpoint.apiUrl)) {
    return found(endpoint, endpoint.apiUrl);
  }
  throw new Failure('CONFIG_INVALID', `"${registry}" is not the host of a registry`, {
    fix: 'write host[:port], with a port up to 65535',
  });
}

/** With `ping: false` nothing was sent yet. */
function describeChannel({ apiUrl, insecure, ping }: Endpoint): string {
  if (!ping) return 'not tried yet: ping is false';
  if (new URL(apiUrl).protocol === 'http:') return 'plain HTTP';
  return insecure ? 'TLS; the certificate is not verified, since insecure is true' : 'TLS; the certificate is trusted';
}

function describeDemand({ challenges }: Demand): string {
  const offers = challenges.map(({ scheme, parameters }) => {
    const realm = parameters.get('realm') ?? '';
    return scheme === 'bearer' && URL.canParse(realm) ? `Bearer, tokens from ${safeUrl(new URL(realm))}` : scheme;
  });
  return offers.length === 0 ? 'no authentication is demanded' : offers.join('; ');
}

/** Asks with the credentials in their order; shows the first that were let in, else the first ones. */
async function tryWays(
  parts: CheckParts,
  asked: Asked,
  reached: CheckSteps,
  signal: AbortSignal,
): Promise<readonly CheckStep[]> {
  const finding = reached.fork();
  const ways = await finding.take('credential', async () => found(waysOf(parts.store, asked), 'none'));
  if (ways === undefined) return finding.all();
  let refused: CheckSteps | undefined;
  const passedOver: string[] = [];
  for (const way of ways) {
    const steps = reached.fork();
    const session = parts.connections.sessionFor(asked.client, way);
    const isPossible = await steps.take('credential', () => lookAtCredential(session, way, passedOver, signal));
    if (isPossible) await ask(parts, { ...asked, session, way }, steps, signal);
    const { failure } = steps;
    if (failure === undefined ? isPossible : !REFUSALS.includes(failure.code)) return steps.all();
    if (failure !== undefined) refused ??= steps;
    passedOver.push(nameOf(way));
  }
  return (refused ?? finding).all();
}

function waysOf(store: CredentialStore, { endpoint, mirrorOf, repository }: Asked): readonly Way[] {
  if (mirrorOf === undefined) return findWays(store, endpoint, {}, repository);
  return findWays(store, mirrorWithCredentials(store, endpoint, { endpoint: mirrorOf }, repository), {}, repository);
}

async function lookAtCredential(
  session: Session,
  way: Way,
  passedOver: readonly string[],
  signal: AbortSignal,
): Promise<Found<true>> {
  if (!(await session.isPossible(signal))) return skipped(`${nameOf(way)}: there is none`);
  const before = passedOver.length === 0 ? '' : `, after ${passedOver.join(', ')}`;
  return found(true, `${nameOf(way)}${before}`);
}

function nameOf(way: Way): string {
  return way === 'anonymous' ? 'none (anonymous)' : way.from;
}

interface AskedSo extends Asked {
  readonly session: Session;
  readonly way: Way;
}

/** Leaves no step open but those that need an image. */
async function ask(parts: CheckParts, asked: AskedSo, steps: CheckSteps, signal: AbortSignal): Promise<void> {
  const { client, endpoint, image, repository, session, way } = asked;
  if (image === undefined) await steps.take('token', () => logIn(session, way, signal));
  else {
    await steps.take('token', () => lookAtToken(session, repository, signal));
    await readImage(repositoryClient(parts, asked), image.version, steps, signal);
  }
  const { rateLimit } = client;
  const detail = rateLimit ? describeRateLimit(endpoint.name, rateLimit) : 'the registry states none';
  const isUsedUp = rateLimit?.remaining === 0;
  const status = isUsedUp ? 'failed' : rateLimit ? 'ok' : 'skipped';
  steps.set({ step: 'limits', status, detail, fix: isUsedUp ? 'wait, or give credentials with a higher limit' : null });
}

/** As `docker login`: a token for no repository, and the registry's word that it is good. */
async function logIn(session: Session, way: Way, signal: AbortSignal): Promise<Found<void>> {
  if (way === 'anonymous') return skipped('there are no credentials to try; give an image for what anybody may read');
  const url = new URL(`${session.client.endpoint.apiUrl}/v2/`);
  const request = { method: 'GET', url, headers: {}, limitBytes: ACCEPTED_LOGIN_BYTES } as const;
  const answer = await session.send(request, '', signal);
  if ([401, 403].includes(answer.status)) throw session.refused(answer, 'a login');
  if (answer.status === 429 || answer.status >= 500) throw session.client.exhausted(answer);
  return found(undefined, `the credentials were not refused (${answer.status})`);
}

async function lookAtToken(session: Session, repository: string, signal: AbortSignal): Promise<Found<void>> {
  const shown = await session.prepare(repository, signal);
  if (shown.kind === 'token') return found(undefined, `a token for ${shown.scope}`);
  return skipped(shown.kind === 'password' ? 'the password itself is shown' : 'none is demanded');
}

function repositoryClient({ memory }: CheckParts, { session, way, repository, client }: AskedSo): RepositoryClient {
  const name = `${new URL(client.endpoint.apiUrl).host}/${repository}`;
  return new RepositoryClient(session, repository, new RepositoryMemory(memory, { name, viewer: nameOf(way) }));
}

async function readImage(
  repository: RepositoryClient,
  version: CheckedVersion | undefined,
  steps: CheckSteps,
  signal: AbortSignal,
): Promise<void> {
  const tags = await steps.take('list', async () => {
    const pages = await repository.tagPages([], signal);
    const all = pages.flatMap((page) => page.tags);
    return found(all, `${all.length} ${all.length === 1 ? 'tag' : 'tags'}`);
  });
  await steps.take('manifest', async () => {
    const wanted = version ?? versionToLookUp(tags ?? []);
    if (wanted === undefined) return skipped('there is no tag to look up');
    return found(undefined, await readManifest(repository, wanted, signal));
  });
}

/** The one that people look up, else the last that can be one. */
function versionToLookUp(tags: readonly string[]): CheckedVersion | undefined {
  const usable = tags.map(parseTag).flatMap((tag) => (tag.ok ? [tag.value] : []));
  const tag = usable.find((one) => one === 'latest') ?? usable.at(-1);
  return tag === undefined ? undefined : { tag };
}

async function readManifest(
  repository: RepositoryClient,
  version: CheckedVersion,
  signal: AbortSignal,
): Promise<string> {
  if ('digest' in version) {
    const { digest } = version;
    return `${digest} is ${nounFor(await repository.manifestOfDigest(digest, signal))}`;
  }
  const { tag } = version;
  const fetched = await repository.manifestOfTag(tag, {}, signal);
  if (fetched !== undefined) return `${tag} is ${fetched.digest}, ${nounFor(fetched.manifest)}`;
  throw new Failure('REGISTRY_NOT_FOUND', `${repository.name} has no tag ${tag}`, {
    fix: 'correct the tag, or push it',
  });
}

function nounFor(manifest: Manifest): string {
  switch (manifest.kind) {
    case 'image':
      return 'an image';
    case 'index':
      return `an index of ${manifest.children.length}`;
    case 'other':
      return 'not an image';
    default:
      return manifest satisfies never;
  }
}

function found<T>(value: T, detail: string): Found<T> {
  return { kind: 'found', value, detail };
}

function skipped(detail: string): Found<never> {
  return { kind: 'skipped', detail };
}
