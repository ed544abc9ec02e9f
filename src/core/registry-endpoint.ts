import type { CredentialSource } from './credentials/credential-source.ts';
import type { TagOrder } from './deciding/scan.ts';
import type { ImageName } from './reference.ts';

/** Services with an identity of their own: Amazon ECR, Google Artifact Registry, Azure Container Registry. */
export const REGISTRY_KINDS = ['ecr', 'gar', 'acr', 'distribution'] as const;
export type RegistryKind = (typeof REGISTRY_KINDS)[number];

/** Whom a registry's certificate may come from, beside those whom the system trusts. */
export interface Trust {
  readonly caFile?: string;
  /** PEM. */
  readonly caData?: string;
  readonly caSecret?: CredentialSource & { readonly kind: 'secret' };
}

/** How one registry, or one part of it, is reached. What is absent is not configured. */
export interface Endpoint {
  /** The registry in messages: "ghcr.io", or the name given in registries.conf. */
  readonly name: string;
  /** The images it serves: those whose `registry/repository` is this or lies below it. */
  readonly prefix: string;
  /** Without final slash; may have a path. Plain http only for loopback or when `insecure`. */
  readonly apiUrl: string;
  /** Tried in order. */
  readonly credentials?: readonly CredentialSource[];
  /** How long what a script prints is good; for ever, or until it is refused, when absent. */
  readonly credentialsLifetimeMs?: number;
  /** Whose identity is used where no credentials are configured; by the host when absent. */
  readonly kind?: RegistryKind;
  /** The AWS role to take on before ECR is asked. */
  readonly roleArn?: string;
  /** The only place that may give out tokens. */
  readonly tokenRealm?: string;
  readonly trust?: Trust;
  /** Paths of PEM files by which this client shows who it is. */
  readonly clientCertificate?: { readonly certFile: string; readonly keyFile: string };
  /** Instead of HTTP_PROXY and HTTPS_PROXY. May hold a password. */
  readonly proxy?: string;
  /** Instead of NO_PROXY. */
  readonly noProxy?: string;
  /** Asked in this order when the registry itself cannot be reached; written as `apiUrl`. */
  readonly mirrors?: readonly string[];
  /** Whether HTTP/2 may be spoken; it may when absent. */
  readonly http2?: boolean;
  /** Requests at a time. */
  readonly concurrency?: number;
  /** Absent: as many as `concurrency` lets through. */
  readonly requestsPerSecond?: number;
  readonly tagOrder?: TagOrder;
  /** TLS certificates are not verified. */
  readonly insecure: boolean;
  /** Whether `/v2/` is asked before anything else, to learn how to authenticate. */
  readonly ping: boolean;
  /** Put before repositories of one component: "library" on Docker Hub; "" elsewhere. */
  readonly defaultNamespace: string;
  /** Known by an image's name alone, and nobody's in particular: whoever wrote the image chose whom he asks. */
  readonly isStranger?: boolean;
}

/** The registries that are configured or built in; any other is inferred from the image's name. */
export interface RegistriesConfig {
  readonly endpoints: readonly Endpoint[];
  /** Serves images that name no registry. */
  readonly defaultEndpoint: Endpoint;
}

const DOCKER_HUB: Endpoint = {
  name: 'Docker Hub',
  prefix: 'docker.io',
  apiUrl: 'https://registry-1.docker.io',
  insecure: false,
  ping: true,
  defaultNamespace: 'library',
  requestsPerSecond: 10,
};

/** What is known without any configuration (reference part 1, 4.2). */
export const BUILT_IN_REGISTRIES: RegistriesConfig = { endpoints: [DOCKER_HUB], defaultEndpoint: DOCKER_HUB };

const DOCKER_HUB_HOSTS = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** A registry's host as image names write it: lower case, one name for Docker Hub. */
export function canonicalHost(host: string): string {
  const lower = host.toLowerCase();
  return DOCKER_HUB_HOSTS.includes(lower) ? 'docker.io' : lower;
}

/** Host and path of a prefix, with the host in its canonical form. */
export function canonicalPrefix(prefix: string): string {
  const [host = '', ...path] = prefix.split('/');
  return [canonicalHost(host), ...path].join('/');
}

/**
 * The endpoint that serves an image: the longest prefix of its name, ending at a slash, else one inferred from the
 * name. An image without registry is looked up below the default endpoint's prefix, so that `nginx` and
 * `docker.io/nginx` are served alike. The outcome depends on nothing but its arguments; upstream's also depends on
 * which images came before, on hosts that only begin alike and on the spelling (reference part 1, defects 41 to 44).
 * @returns undefined when the image's registry is not a host
 */
export function findEndpoint(config: RegistriesConfig, image: ImageName): Endpoint | undefined {
  const registry = image.registry === '' ? config.defaultEndpoint.prefix : canonicalHost(image.registry);
  const name = `${registry}/${image.repository}`;
  const serving = config.endpoints.filter(({ prefix }) => name === prefix || name.startsWith(`${prefix}/`));
  const [longest] = serving.sort((a, b) => b.prefix.length - a.prefix.length);
  return longest ?? inferEndpoint(registry);
}

/** The same registries, with credentials for those that serve the images: the only ones of each. */
export function withCredentials(
  config: RegistriesConfig,
  images: readonly ImageName[],
  credentials: readonly CredentialSource[],
): RegistriesConfig {
  const serving = new Set(images.flatMap((image) => findEndpoint(config, image) ?? []));
  const others = config.endpoints.filter((endpoint) => !serving.has(endpoint));
  return { ...config, endpoints: [...others, ...[...serving].map((endpoint) => ({ ...endpoint, credentials }))] };
}

/**
 * The mirrors of an endpoint. One that is configured as a registry of its own is reached as its own entry says, any
 * other as a registry of which nothing is known: nothing of the endpoint's own trust or identity goes to it.
 */
export function mirrorsOf({ endpoints }: RegistriesConfig, { mirrors = [], prefix }: Endpoint): readonly Endpoint[] {
  return mirrors.map((apiUrl) => {
    const own = endpoints.find((endpoint) => endpoint.apiUrl === apiUrl);
    const { host } = new URL(apiUrl);
    return own ?? { name: host, prefix, apiUrl, insecure: false, ping: true, defaultNamespace: '' };
  });
}

// A host name, IPv4 address or bracketed IPv6 address, and a port. Stricter than URLs, where user:password@ is legal.
const HOST = /^(?:\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::[0-9]{1,5})?$/;

export function isHost(text: string): boolean {
  return HOST.test(text.toLowerCase());
}

/** Upstream's limit for other people's registries; this machine's own are nobody else's. */
const INFERRED_LIMIT = { requestsPerSecond: 20 };
/** Hosts that serve everybody's images and show nobody what another one sends. */
const PUBLIC_HOSTS = ['ghcr.io', 'quay.io', 'registry.gitlab.com', 'gcr.io', 'public.ecr.aws'];

function inferEndpoint(host: string): Endpoint | undefined {
  if (!isHost(host)) return undefined;
  const shared = { name: host, prefix: host, insecure: false, ping: true, defaultNamespace: '' };
  if (isLoopback(host)) return { ...shared, apiUrl: `http://${host}` };
  const isStranger = !PUBLIC_HOSTS.includes(host);
  return { ...shared, apiUrl: `https://${host}`, ...INFERRED_LIMIT, isStranger };
}

/** Whether a host, with or without port, can only be this machine; there plain HTTP gives nothing away. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(host);
}

/** An image's repository as the endpoint's API names it. */
export function repositoryAt(endpoint: Endpoint, image: ImageName): string {
  const needsNamespace = endpoint.defaultNamespace !== '' && !image.repository.includes('/');
  return needsNamespace ? `${endpoint.defaultNamespace}/${image.repository}` : image.repository;
}
