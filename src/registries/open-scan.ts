import { Failure } from '../core/failure.ts';
import { formatPlatform } from '../core/platform.ts';
import { formatImageName, isRepositoryName } from '../core/reference.ts';
import { type Endpoint, findEndpoint, type RegistriesConfig, repositoryAt } from '../core/registry-endpoint.ts';
import type { TagFacts } from '../core/scan.ts';
import type { ImageRepository, TagSource } from '../ports/tag-source.ts';
import { accessInOrder } from './access.ts';
import type { Connections } from './connections.ts';
import { ContentCache } from './content-cache.ts';
import { type CredentialStore, findMirrorWays, findWays } from './credentials/find-credentials.ts';
import { describeTag } from './describe.ts';
import type { EndpointClient } from './endpoint-client.ts';
import { MirroredRepository, mirrorsOf } from './mirrors.ts';
import { RepositoryClient } from './repository-client.ts';
import type { TlsStore } from './tls-contexts.ts';

interface ScanParts {
  readonly config: RegistriesConfig;
  readonly store: CredentialStore;
  readonly tls: TlsStore;
  readonly connections: Connections;
  /** What digests say, by repository and who asks. */
  readonly caches: Map<string, ContentCache>;
}

/** The clients of this scan, so that certificates are read once for all repositories of a registry. */
type Clients = Map<string, Promise<EndpointClient>>;

/** A repository in this scan, and what was asked about it already. */
interface Scanned {
  readonly repository: MirroredRepository;
  readonly facts: Map<string, Promise<TagFacts>>;
  tags?: Promise<readonly string[]>;
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
      return { repository: new MirroredRepository(places, open, unreachable), facts: new Map() };
    });
  }

  return {
    tagOrder: (image) => findEndpoint(config, image)?.tagOrder,
    async listTags(image, signal) {
      const known = scannedOf(image);
      known.tags ??= known.repository.ask((repository) => repository.listTags(signal));
      return known.tags;
    },
    async describe(image, tag, question, signal) {
      const { repository, facts } = scannedOf(image);
      const platforms = question.platforms.map(formatPlatform).sort();
      const key = JSON.stringify([tag, question.needs, platforms]);
      return facts.getOrInsertComputed(key, () =>
        repository.ask((client) => describeTag(client, tag, question, signal)),
      );
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
  const { store, connections, caches, tls } = parts;
  const { endpoint, place, image, name } = where;
  const { pullSecret } = image;
  const [first, ...others] =
    place === endpoint
      ? findWays(store, endpoint, image, name)
      : findMirrorWays(store, place, { pullSecret, endpoint }, name);
  const registry = JSON.stringify([place.prefix, place.apiUrl]);
  const client = await clients.getOrInsertComputed(registry, () => connections.clientFor(place, tls));
  const access = accessInOrder([
    connections.sessionFor(client, first),
    ...others.map((way) => connections.sessionFor(client, way)),
  ]);
  const cache = caches.getOrInsertComputed(`${where.key} ${place.apiUrl}`, () => new ContentCache());
  return new RepositoryClient(access, name, cache);
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
