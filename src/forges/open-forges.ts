import { createHash } from 'node:crypto';
import { Failure } from '../core/failure.ts';
import type { ForgeKind } from '../core/pull-requests/pull-request.ts';
import type { Forge, Forges } from '../ports/forge.ts';
import type { HttpAccess } from '../ports/git.ts';
import { ForgeFinder, unknownForge } from './find-forge.ts';
import { ForgeClient, type Pauses, type Surroundings } from './forge-client.ts';
import { secretOf } from './forge-type.ts';
import { type HostedRepository, parseHostedRepository } from './hosted-repository.ts';
import { type Limits, openTransport, type Transport } from './transport.ts';

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
  readonly #finder = new ForgeFinder();
  readonly #pauses: Pauses = new Map();
  readonly #transports = new Map<string, Transport>();

  constructor(options: ForgesOptions) {
    this.#options = options;
  }

  async open(repoURL: string, kind: ForgeKind | 'auto', access: HttpAccess, signal: AbortSignal): Promise<Forge> {
    const parsed = parseHostedRepository(repoURL);
    if (!parsed.ok) throw unknownForge(repoURL, parsed.problem);
    const { value: repository } = parsed;
    const { source, authorization } = access;
    if (authorization.kind === 'none') throw noToken(repository, source);
    const transport = this.#transportFor(repository.hostname, access);
    const { type, place } = await this.#finder.find({ repoURL, repository, kind, access, transport }, signal);
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

  #transportFor(hostname: string, access: HttpAccess): Transport {
    const { ca, clientCertificate, proxy, isInsecure } = access;
    const key = createHash('sha256')
      .update(JSON.stringify([hostname, ca, clientCertificate, proxy, isInsecure]))
      .digest('hex');
    const present = this.#transports.get(key);
    if (present !== undefined) return present;
    const opened = openTransport(access, this.#options.limits);
    this.#transports.set(key, opened);
    const [oldest] = this.#transports.keys();
    // It is not closed, for a forge may still be asked over it; its idle connections end by themselves.
    if (this.#transports.size > MOST_TRANSPORTS && oldest !== undefined) this.#transports.delete(oldest);
    return opened;
  }
}

function noToken({ origin, hostname }: HostedRepository, source: string): Failure {
  return new Failure('FORGE_UNAUTHORIZED', `${source} opens no API of ${hostname}: it holds no password or token`, {
    fix: `add a token for ${origin}: a Secret of the kind repo-creds with url, username and password`,
  });
}
