import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../core/failure.ts';
import { formatPlatform } from '../core/platform.ts';
import { formatImageName, isRepositoryName } from '../core/reference.ts';
import { type Endpoint, findEndpoint, type RegistriesConfig, repositoryAt } from '../core/registry-endpoint.ts';
import type { TagFacts } from '../core/scan.ts';
import type { KeyValueObject } from '../ports/application-source.ts';
import type { ImageRepository, TagSource } from '../ports/tag-source.ts';
import { ContentCache } from './content-cache.ts';
import { findCredentials } from './credentials.ts';
import { describeTag } from './describe.ts';
import { EndpointClient, type Limits, type Surroundings } from './endpoint-client.ts';
import { RepositoryClient } from './repository-client.ts';
import { Session } from './session.ts';

export interface RegistriesOptions extends Partial<Omit<Surroundings, 'limits'>> {
  readonly config: RegistriesConfig;
  /** Asked at the beginning of each scan, so that a changed Secret counts in the next cycle. */
  readonly secrets: () => readonly KeyValueObject[];
  /** Text of ~/.docker/config.json; undefined when there is none, or outside stand-alone use. */
  readonly dockerConfig?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly limits?: Partial<Limits>;
}

/** All registries, for as long as the program runs. */
export interface Registries {
  /** A fresh look: within it the same question is asked once, however many ask it. */
  scan(): TagSource;
  /** Ends all connections. */
  close(): Promise<void>;
}

const DEFAULT_LIMITS: Limits = {
  concurrency: 32,
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  totalTimeoutMs: 60_000,
};

/**
 * Opens the registries; nothing is asked yet. Connections, what a registry demands and what digests say are kept over
 * scans; tag lists, tags and credentials are read afresh in each.
 */
export function openRegistries(options: RegistriesOptions): Registries {
  const around: Surroundings = {
    env: options.env,
    ca: options.ca,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    now: options.now ?? Date.now,
    sleep: options.sleep ?? ((ms, signal) => pause(ms, undefined, { signal })),
    random: options.random ?? Math.random,
  };
  const kept: Kept = { clients: new Map(), caches: new Map() };
  return {
    scan: () => openScan(options, around, kept),
    async close() {
      await Promise.all([...kept.clients.values()].map((client) => client.close()));
      kept.clients.clear();
    },
  };
}

/** What outlives a scan. */
interface Kept {
  readonly clients: Map<string, EndpointClient>;
  readonly caches: Map<string, ContentCache>;
}

function openScan(options: RegistriesOptions, around: Surroundings, kept: Kept): TagSource {
  const { config, env, dockerConfig } = options;
  const store = { secrets: options.secrets(), env, dockerConfig };
  const sessions = new Map<string, Session>();
  const repositories = new Map<string, RepositoryClient>();
  const lists = new Map<RepositoryClient, Promise<readonly string[]>>();
  const facts = new Map<RepositoryClient, Map<string, Promise<TagFacts>>>();

  /** The same object for everybody who means the same repository, seen with the same credentials. */
  function repositoryOf(image: ImageRepository): RepositoryClient {
    const { endpoint, name } = locate(config, image);
    const credentials = findCredentials(store, endpoint, image, name);
    const registry = JSON.stringify([endpoint.apiUrl, endpoint.insecure, endpoint.ping]);
    const viewer = JSON.stringify([registry, credentials?.from, credentials?.user]);
    const key = JSON.stringify([viewer, name]);
    return repositories.getOrInsertComputed(key, () => {
      const client = kept.clients.getOrInsertComputed(registry, () => new EndpointClient(endpoint, around));
      const session = sessions.getOrInsertComputed(viewer, () => new Session(client, credentials, around.now));
      const cache = kept.caches.getOrInsertComputed(key, () => new ContentCache());
      return new RepositoryClient(session, name, cache);
    });
  }

  return {
    async listTags(image, signal) {
      const repository = repositoryOf(image);
      return lists.getOrInsertComputed(repository, () => repository.listTags(signal));
    },
    async describe(image, tag, question, signal) {
      const repository = repositoryOf(image);
      const platforms = question.platforms.map(formatPlatform).sort();
      const key = JSON.stringify([tag, question.needs, platforms]);
      const known = facts.getOrInsertComputed(repository, () => new Map<string, Promise<TagFacts>>());
      return known.getOrInsertComputed(key, () => describeTag(repository, tag, question, signal));
    },
  };
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
