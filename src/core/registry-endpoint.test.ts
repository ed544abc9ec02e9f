import { describe, expect, test } from 'vitest';
import { parseImageIdentifier } from './reference.ts';
import {
  BUILT_IN_REGISTRIES,
  type Endpoint,
  findEndpoint,
  type RegistriesConfig,
  repositoryAt,
  withCredentials,
} from './registry-endpoint.ts';

function endpoint(prefix: string): Endpoint {
  return {
    name: prefix,
    prefix,
    apiUrl: `https://${prefix}`,
    insecure: false,
    ping: true,
    defaultNamespace: prefix === 'docker.io' ? 'library' : '',
  };
}

/** The first one is the default. */
function configOf(...prefixes: readonly string[]): RegistriesConfig {
  const endpoints = prefixes.map(endpoint);
  return { endpoints, defaultEndpoint: endpoints[0] ?? BUILT_IN_REGISTRIES.defaultEndpoint };
}

describe('the endpoint that serves an image', () => {
  for (const [prefixes, image, expected, why] of [
    [['docker.io'], 'nginx', 'docker.io', 'no registry means the default'],
    [['docker.io'], 'docker.io/nginx', 'docker.io', 'the same image, written out'],
    [['docker.io'], 'index.docker.io/acme/app', 'docker.io', 'an old name of Docker Hub'],
    [['docker.io'], 'registry-1.docker.io/acme/app', 'docker.io', 'the name of its API'],
    [['docker.io', 'docker.io/acme'], 'acme/app', 'docker.io/acme', 'a longer prefix serves the short spelling too'],
    [['quay.io'], 'argoproj/argocd', 'quay.io', 'the default need not be Docker Hub'],
    [['docker.io', 'f.io/p1', 'f.io/p2', 'f.io/p1/sub'], 'f.io/p1/sub/image', 'f.io/p1/sub', 'the longest prefix wins'],
    [['docker.io', 'f.io', 'f.io/p1'], 'f.io/p1/x', 'f.io/p1', 'the bare host does not shadow it'],
    [['docker.io', 'f.io/p1'], 'f.io/other', 'f.io', 'what no prefix covers is inferred'],
    [['docker.io', 'f.io/p1'], 'f.io/p10/x', 'f.io', 'a prefix ends at a slash'],
    [
      ['docker.io', 'ghcr.io'],
      'ghcr.io.example.net/x',
      'ghcr.io.example.net',
      'a host that only begins alike is another',
    ],
    [['docker.io', 'ghcr.io'], 'GHCR.io/acme/x', 'ghcr.io', 'hosts have no letter case'],
  ] as const) {
    test(`${image} with [${prefixes}] is served by ${expected}: ${why}`, () => {
      const config = configOf(...prefixes);
      const inAnyOrder = { ...config, endpoints: config.endpoints.toReversed() };
      expect(findEndpoint(config, parseImageIdentifier(image))?.prefix).toBe(expected);
      expect(findEndpoint(inAnyOrder, parseImageIdentifier(image))?.prefix).toBe(expected);
    });
  }
});

describe('an inferred endpoint', () => {
  for (const [registry, expected] of [
    ['ghcr.io', 'https://ghcr.io'],
    ['registry.example.net:5000', 'https://registry.example.net:5000'],
    ['localhost:5000', 'http://localhost:5000'],
    ['127.0.0.1:5000', 'http://127.0.0.1:5000'],
    ['127.8.9.10', 'http://127.8.9.10'],
    ['[::1]:5000', 'http://[::1]:5000'],
    ['127.0.0.1.example.net', 'https://127.0.0.1.example.net'],
    ['localhost.example.net', 'https://localhost.example.net'],
    ['user:password@example.net', undefined],
    ['example.net?x', undefined],
    ['example.net#', undefined],
  ] as const) {
    test(`for ${registry} is ${expected}`, () => {
      expect(findEndpoint(BUILT_IN_REGISTRIES, { registry, repository: 'acme/shop' })?.apiUrl).toBe(expected);
    });
  }
});

describe('credentials that are given for images', () => {
  const source = { kind: 'env', variable: 'HUB' } as const;
  const images = ['nginx', 'example.net/a', 'example.net/b'].map(parseImageIdentifier);
  const config = withCredentials(configOf('docker.io', 'docker.io/acme', 'quay.io'), images, [source]);
  for (const [image, expected] of [
    ['nginx', [source]],
    ['docker.io/library/redis', [source]],
    ['example.net/b', [source]],
    ['acme/app', undefined],
    ['quay.io/acme/app', undefined],
    ['other.example.net/a', undefined],
  ] as const) {
    test(`${expected ? 'are' : 'are not'} for ${image}`, () => {
      expect(findEndpoint(config, parseImageIdentifier(image))?.credentials).toEqual(expected);
    });
  }
});

test('one component gets the default namespace, several do not', () => {
  const hub = BUILT_IN_REGISTRIES.defaultEndpoint;
  expect(repositoryAt(hub, { registry: '', repository: 'nginx' })).toBe('library/nginx');
  expect(repositoryAt(hub, { registry: '', repository: 'acme/app' })).toBe('acme/app');
  expect(repositoryAt(endpoint('ghcr.io'), { registry: 'ghcr.io', repository: 'app' })).toBe('app');
});
