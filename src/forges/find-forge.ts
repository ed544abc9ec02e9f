import { Failure } from '../core/failure.ts';
import type { ForgeKind } from '../core/pull-requests/pull-request.ts';
import { shownRepoURL } from '../core/redact.ts';
import type { HttpAccess } from '../ports/git.ts';
import type { ForgeType, Place } from './forge-type.ts';
import type { HostedRepository } from './hosted-repository.ts';
import { forgeTypes } from './index.ts';
import type { HttpAnswer, Transport } from './transport.ts';

/** Which forge a repository is on, and where its API lies. */
export interface FoundForge {
  readonly type: ForgeType;
  readonly place: Place;
}

/** What is known when a forge is looked for. */
export interface ForgeQuestion {
  readonly repoURL: string;
  readonly repository: HostedRepository;
  readonly kind: ForgeKind | 'auto';
  readonly access: HttpAccess;
  readonly transport: Transport;
}

/** Tells forges by their name, by their host, or by asking the host: each address once. */
export class ForgeFinder {
  /** Whether the forge that an address would belong to answers there. */
  readonly #probed = new Map<string, boolean>();

  /** @throws {Failure} FORGE_UNKNOWN, FORGE_UNREACHABLE, ABORTED */
  async find(question: ForgeQuestion, signal: AbortSignal): Promise<FoundForge> {
    const { repoURL, repository, kind } = question;
    const types = candidateTypes(question);
    const candidates = types.flatMap((type) => placesOf(type, question).map((place) => ({ type, place })));
    const [only] = candidates;
    const isCertain = kind !== 'auto' || types.length < forgeTypes.length;
    if (only !== undefined && candidates.length === 1 && isCertain) return only;
    const failures: Failure[] = [];
    for (const candidate of candidates) {
      if (await this.#answers(candidate, question.transport, failures, signal)) return candidate;
    }
    // A forge that was being set up, or behind a proxy that said 404, may answer next time.
    for (const candidate of candidates) this.#probed.delete(probeUrl(candidate).href);
    const asked = types.map((type) => type.kind).join(', ');
    throw failures[0] ?? unknownForge(repoURL, `${repository.hostname} answers as none of ${asked}`);
  }

  /** Asks without credentials: it is not known yet who answers. */
  async #answers(
    candidate: FoundForge,
    transport: Transport,
    failures: Failure[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const url = probeUrl(candidate);
    const known = this.#probed.get(url.href);
    if (known !== undefined) return known;
    const answer = await probe(transport, url, signal);
    if (answer !== undefined && answer.status >= 500) failures.push(unwell(url, answer));
    const fits = answer !== undefined && candidate.type.probe.fits(answer);
    this.#probed.set(url.href, fits);
    return fits;
  }
}

export function unknownForge(repoURL: string, problem: string): Failure {
  return new Failure('FORGE_UNKNOWN', `no forge is known for ${shownRepoURL(repoURL)}: ${problem}`, {
    fix: 'name the forge (tiphys.dev/pull-request, --forge), and write the repoURL as people clone it',
  });
}

/** The kinds that a repository can be on: the one that was named, the one that is known to be there, or all. */
function candidateTypes({ repository, kind, access }: ForgeQuestion): readonly ForgeType[] {
  if (kind !== 'auto') return forgeTypes.filter((type) => type.kind === kind);
  if (access.authorization.kind === 'github-app') return forgeTypes.filter((type) => type.kind === 'github');
  const known = forgeTypes.filter((type) => type.recognises(repository.hostname));
  return known.length > 0 ? known : forgeTypes;
}

function placesOf(type: ForgeType, { repository, access }: ForgeQuestion): readonly Place[] {
  const places = type.places(repository);
  const [likeliest] = places;
  if (access.apiBase === undefined || likeliest === undefined) return places;
  return [{ ...likeliest, api: access.apiBase.replace(/\/+$/, '') }];
}

function probeUrl({ type, place }: FoundForge): URL {
  return new URL(`${place.api}${type.probe.path}`);
}

/** undefined for what no forge would answer to a question for its version. */
async function probe(transport: Transport, url: URL, signal: AbortSignal): Promise<HttpAnswer | undefined> {
  try {
    return await transport.send({ method: 'GET', url, headers: { accept: 'application/json' } }, signal);
  } catch (error) {
    if (error instanceof Failure && error.code === 'FORGE_INVALID_ANSWER') return undefined;
    throw error;
  }
}

function unwell({ host }: URL, { status }: HttpAnswer): Failure {
  return new Failure('FORGE_UNREACHABLE', `${host} answered ${status} when asked which forge it is`, {
    fix: 'name the forge (tiphys.dev/pull-request, --forge), or wait until it is well again',
    retry: { kind: 'backoff' },
  });
}
