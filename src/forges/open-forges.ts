import { createHash } from 'node:crypto';
import { Failure } from '../core/failure.ts';
import type { ForgeKind } from '../core/pull-request.ts';
import { withoutCredentials } from '../core/redact.ts';
import type { Forge, Forges } from '../ports/forge.ts';
import type { HttpAccess } from '../ports/git.ts';
import { ForgeClient, type Pauses, type Surroundings } from './forge-client.ts';
import { type ForgeType, type Place, secretOf } from './forge-type.ts';
import { type HostedRepository, parseHostedRepository } from './hosted-repository.ts';
import { forgeTypes } from './index.ts';
import { type Limits, openTransport, type Transport, type Way } from './transport.ts';

export const DEFAULT_LIMITS: Limits = {
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 30_000,
  requestTimeoutMs: 60_000,
  connections: 8,
  mostBodyBytes: 16 * 1024 * 1024,
};

/** Hosts with a way in of their own: renewed certificates leave some behind. */
const MOST_TRANSPORTS = 100;

export interface ForgesOptions {
  readonly around: Surroundings;
  readonly limits: Limits;
}

/** Opens forges of every kind in the list; connections and what was learnt of hosts are kept. */
export class OpenForges implements Forges {
  readonly #options: ForgesOptions;
  readonly #pauses: Pauses = new Map();
  readonly #transports = new Map<string, Transport>();
  /** Which kind answers at an address, once it was asked. */
  readonly #probed = new Map<string, boolean>();

  constructor(options: ForgesOptions) {
    this.#options = options;
  }

  async open(repoURL: string, kind: ForgeKind | 'auto', access: HttpAccess, signal: AbortSignal): Promise<Forge> {
    const repository = parseHostedRepository(repoURL);
    if (!repository.ok) throw unknownForge(repoURL, repository.problem);
    if (access.authorization.kind === 'none') throw noToken(repository.value.hostname, access.source);
    const transport = this.#transportFor(repository.value, access);
    const { type, place } = await this.#find(repoURL, repository.value, kind, access, transport, signal);
    const { source, authorization } = access;
    const client = new ForgeClient({
      transport,
      authorization: type.authorization(authorization),
      source,
      secret: secretOf(authorization),
      pauses: this.#pauses,
      around: this.#options.around,
    });
    return type.open(place, client, authorization);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const transports = [...this.#transports.values()];
    this.#transports.clear();
    await Promise.all(transports.map((transport) => transport.close()));
  }

  async #find(
    repoURL: string,
    repository: HostedRepository,
    kind: ForgeKind | 'auto',
    access: HttpAccess,
    transport: Transport,
    signal: AbortSignal,
  ): Promise<{ readonly type: ForgeType; readonly place: Place }> {
    const types = candidates(repository, kind, access);
    const found = types.flatMap((type) => placesOf(type, repository, access).map((place) => ({ type, place })));
    const [only] = found;
    const isCertain = kind !== 'auto' || types.length < forgeTypes.length;
    if (only !== undefined && found.length === 1 && isCertain) return only;
    for (const candidate of found) {
      if (await this.#answers(candidate.type, candidate.place, transport, signal)) return candidate;
    }
    // A forge that was being set up, or behind a proxy that said 404, may answer next time.
    for (const { type, place } of found) this.#probed.delete(probeUrl(type, place).href);
    const asked = types.map((type) => type.kind).join(', ');
    throw unknownForge(repoURL, `${repository.hostname} answers as none of ${asked}`);
  }

  /** Asks without credentials: it is not known yet who answers. */
  async #answers(type: ForgeType, place: Place, transport: Transport, signal: AbortSignal): Promise<boolean> {
    const url = probeUrl(type, place);
    const known = this.#probed.get(url.href);
    if (known !== undefined) return known;
    const answer = await probe(transport, url, signal);
    const fits = answer !== undefined && type.probe.fits(answer);
    this.#probed.set(url.href, fits);
    return fits;
  }

  #transportFor({ hostname }: HostedRepository, access: HttpAccess): Transport {
    const { source, ca, clientCertificate, proxy, isInsecure } = access;
    const way: Way = {
      source,
      isInsecure,
      ...(ca === undefined ? {} : { ca }),
      ...(clientCertificate === undefined ? {} : { clientCertificate }),
      ...(proxy === undefined ? {} : { proxy }),
    };
    const key = createHash('sha256')
      .update(JSON.stringify([hostname, ca, clientCertificate, proxy, isInsecure]))
      .digest('hex');
    const present = this.#transports.get(key);
    if (present !== undefined) return present;
    const opened = openTransport(way, this.#options.limits);
    this.#transports.set(key, opened);
    const [oldest] = this.#transports.keys();
    if (this.#transports.size > MOST_TRANSPORTS && oldest !== undefined) this.#transports.delete(oldest);
    return opened;
  }
}

/** The kinds that a repository can be on: the one that was named, the one that is known to be there, or all. */
function candidates(repository: HostedRepository, kind: ForgeKind | 'auto', access: HttpAccess): readonly ForgeType[] {
  if (kind !== 'auto') return forgeTypes.filter((type) => type.kind === kind);
  if (access.authorization.kind === 'github-app') return forgeTypes.filter((type) => type.kind === 'github');
  const known = forgeTypes.filter((type) => type.recognises(repository.hostname));
  return known.length > 0 ? known : forgeTypes;
}

function placesOf(type: ForgeType, repository: HostedRepository, { apiBase }: HttpAccess): readonly Place[] {
  const places = type.places(repository);
  const [likeliest] = places;
  if (apiBase === undefined || likeliest === undefined) return places;
  return [{ ...likeliest, api: apiBase.replace(/\/+$/, '') }];
}

function probeUrl({ probe: { path } }: ForgeType, { api }: Place): URL {
  return new URL(`${api}${path}`);
}

/** undefined for what no forge would answer to a question for its version. */
async function probe(transport: Transport, url: URL, signal: AbortSignal) {
  try {
    return await transport.send({ method: 'GET', url, headers: { accept: 'application/json' } }, signal);
  } catch (error) {
    if (error instanceof Failure && error.code === 'FORGE_INVALID_ANSWER') return undefined;
    throw error;
  }
}

function unknownForge(repoURL: string, problem: string): Failure {
  return new Failure('FORGE_UNKNOWN', `no forge is known for ${withoutCredentials(repoURL)}: ${problem}`, {
    fix: 'name the forge in tiphys.dev/pull-request, and write the repoURL as people clone it',
  });
}

function noToken(host: string, source: string): Failure {
  return new Failure('FORGE_UNAUTHORIZED', `${source} opens no API of ${host}: it holds no password or token`, {
    fix: `add a token for https://${host}: a Secret of the kind repo-creds with url, username and password`,
  });
}
