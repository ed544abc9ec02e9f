import { hash } from 'node:crypto';
import type { FirstSeen } from '../core/deciding/first-seen.ts';
import type { TagFacts } from '../core/deciding/scan.ts';
import { Failure } from '../core/failure.ts';
import { formatVersion } from '../core/image-version.ts';
import { formatPlatform } from '../core/platform.ts';
import type { ImageLabels } from '../core/provenance.ts';
import { formatImageName, isRepositoryName } from '../core/reference.ts';
import {
  type Endpoint,
  findEndpoint,
  mirrorsOf,
  type RegistriesConfig,
  repositoryAt,
} from '../core/registry-endpoint.ts';
import type { ImageRepository, TagList, TagSource } from '../ports/tag-source.ts';
import { accessInOrder } from './access.ts';
import type { Connections } from './connections.ts';
import { type CredentialStore, findWays, mirrorWithCredentials } from './credentials/find-credentials.ts';
import { describeTag } from './describe.ts';
import type { EndpointClient } from './endpoint-client.ts';
import { MirroredRepository } from './mirrors.ts';
import { readLabels } from './read-labels.ts';
import { RepositoryClient } from './repository-client.ts';
import { type MemoryRules, RepositoryMemory } from './repository-memory.ts';
import { SharedWork } from './shared-work.ts';
import { readTagList } from './tag-list.ts';
import type { TlsStore } from './tls-contexts.ts';

const NOTHING_SEEN: FirstSeen = { firstScanMs: undefined, later: new Map(), digests: new Map() };

interface ScanParts {
  readonly config: RegistriesConfig;
  readonly store: CredentialStore;
  readonly tls: TlsStore;
  readonly connections: Connections;
  readonly memory: MemoryRules;
}

/** The clients of this scan, so that certificates are read once for all repositories of a registry. */
type Clients = Map<string, Promise<EndpointClient>>;

/** A repository in this scan, and what was asked about it already. */
interface Scanned {
  readonly repository: MirroredRepository;
  readonly list: SharedWork<TagList>;
  readonly facts: Map<string, SharedWork<TagFacts>>;
  readonly labels: Map<string, SharedWork<ImageLabels | undefined>>;
  /** Whoever gave the list. */
  listedBy?: RepositoryClient;
  /** When things were seen first; asked again once more was looked up. */
  firstSeen?: Promise<FirstSeen>;
}

/** One look at the registries: within it the same question is asked once, however many ask it. */
export function openScan(parts: ScanParts): TagSource {
  const { config } = parts;
  const scanned = new Map<string, Scanned>();
  const clients: Clients = new Map();
  const unreachable = new Set<string>();

  /** The same object for everybody who means the same repository, seen with the same credentials. */
  function scannedOf(image: ImageRepository): Scanned {
    const { endpoint, name } = locate(config, image);
    const key = JSON.stringify([endpoint.prefix, endpoint.apiUrl, image.pullSecret, name]);
    return scanned.getOrInsertComputed(key, () => {
      const places = [endpoint, ...mirrorsOf(config, endpoint)];
      const open = (place: Endpoint) => openRepository(parts, clients, { endpoint, place, image, name, key });
      const repository = new MirroredRepository(places, open, unreachable);
      const list = new SharedWork((signal) =>
        repository.ask(async (client) => {
          one.listedBy = client;
          return readTagList(client, signal);
        }),
      );
      const one: Scanned = { repository, list, facts: new Map(), labels: new Map() };
      return one;
    });
  }

  return {
    tagOrder: (image) => findEndpoint(config, image)?.tagOrder,
    async list(image, signal) {
      return scannedOf(image).list.join(signal);
    },
    async describe(image, tag, question, signal) {
      const one = scannedOf(image);
      const platforms = question.platforms.map(formatPlatform).sort();
      const key = JSON.stringify([tag, question.needs, platforms, question.remembered]);
      const work = async (until: AbortSignal) => {
        const facts = await one.repository.ask((client) => describeTag(client, tag, question, until));
        delete one.firstSeen;
        return facts;
      };
      return one.facts.getOrInsertComputed(key, () => new SharedWork(work)).join(signal);
    },
    async labels(image, question, signal) {
      const { repository, labels } = scannedOf(image);
      const key = JSON.stringify([formatVersion(question.version), question.platforms.map(formatPlatform).sort()]);
      const work = (until: AbortSignal) => repository.ask((client) => readLabels(client, question, until));
      return labels.getOrInsertComputed(key, () => new SharedWork(work)).join(signal);
    },
    async remarks(image) {
      const one = scannedOf(image);
      const { listedBy } = one;
      const nowMs = parts.memory.now();
      if (listedBy === undefined) return { firstSeen: NOTHING_SEEN, nowMs, remarks: [] };
      one.firstSeen ??= listedBy.memory.firstSeen();
      return { firstSeen: await one.firstSeen, nowMs, remarks: listedBy.remarks };
    },
  };
}

interface RepositoryPlace {
  readonly endpoint: Endpoint;
  /** The endpoint itself, or one of its mirrors. */
  readonly place: Endpoint;
  readonly image: ImageRepository;
  /** As the API names the repository. */
  readonly name: string;
  /** Tells repositories, and those who look at them, apart. */
  readonly key: string;
}

async function openRepository(parts: ScanParts, clients: Clients, where: RepositoryPlace): Promise<RepositoryClient> {
  const { store, connections, tls } = parts;
  const { endpoint, place, image, name } = where;
  const { pullSecret } = image;
  const [first, ...others] =
    place === endpoint
      ? findWays(store, endpoint, image, name)
      : findWays(store, mirrorWithCredentials(store, place, { pullSecret, endpoint }, name), {}, name);
  const registry = JSON.stringify([place.prefix, place.apiUrl]);
  const client = await clients.getOrInsertComputed(registry, () => connections.clientFor(place, tls));
  const access = accessInOrder([
    connections.sessionFor(client, first),
    ...others.map((way) => connections.sessionFor(client, way)),
  ]);
  const viewer = hash('sha256', JSON.stringify([where.key, place.apiUrl]));
  const memory = new RepositoryMemory(parts.memory, { name: `${new URL(place.apiUrl).host}/${name}`, viewer });
  return new RepositoryClient(access, name, memory);
}

/** Where an image's repository is asked about, and under which name. */
function locate(config: RegistriesConfig, image: ImageRepository): { endpoint: Endpoint; name: string } {
  const endpoint = findEndpoint(config, image);
  const name = endpoint && repositoryAt(endpoint, image);
  if (endpoint === undefined || name === undefined) {
    throw new Failure('CONFIG_INVALID', `"${image.registry}" is not the host of a registry`, {
      fix: 'write the image as host/path, with a port where the registry has one',
    });
  }
  if (isRepositoryName(name)) return { endpoint, name };
  throw new Failure('CONFIG_INVALID', `"${formatImageName(image)}" cannot be in a registry`, {
    fix: 'write the repository in lower case letters, digits, . _ - and /',
  });
}
