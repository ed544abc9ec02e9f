import { describe, expect, test } from 'vitest';
import { type CheckTarget, findCheckSubjects, parseCheckTarget, secretsNeededFor } from './registry-check.ts';
import { BUILT_IN_REGISTRIES, type Endpoint } from './registry-endpoint.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('what is to be checked', () => {
  for (const [text, expected] of [
    ['ghcr.io', { kind: 'host', host: 'ghcr.io' }],
    ['GHCR.io:443', { kind: 'host', host: 'GHCR.io:443' }],
    ['localhost', { kind: 'host', host: 'localhost' }],
    ['localhost:5000', { kind: 'host', host: 'localhost:5000' }],
    ['[::1]:5000', { kind: 'host', host: '[::1]:5000' }],
    ['registry:5000/', { kind: 'host', host: 'registry:5000' }],
    ['nginx', { kind: 'image', name: { registry: '', repository: 'nginx' } }],
    ['nginx:1.27', { kind: 'image', version: { tag: '1.27' } }],
    ['nginx:5000', { kind: 'image', version: { tag: '5000' } }],
    ['ghcr.io/acme/web', { kind: 'image', name: { registry: 'ghcr.io', repository: 'acme/web' } }],
    ['registry:5000/web:1', { kind: 'image', name: { registry: 'registry:5000', repository: 'web' } }],
    [`ghcr.io/acme/web:1@${DIGEST}`, { kind: 'image', version: { digest: DIGEST } }],
  ] as const) {
    test(`${text} is ${expected.kind === 'host' ? 'a host' : 'an image'}`, () => {
      expect(parseCheckTarget(text)).toMatchObject({ ok: true, value: expected });
    });
  }

  for (const text of ['', '/', 'https://ghcr.io', 'ghcr.io/Acme', 'nginx:~1.2', 'web=nginx', 'nginx@sha256:1', '-x']) {
    test(`"${text}" is neither a host nor an image`, () => {
      expect(parseCheckTarget(text)).toMatchObject({ ok: false, problem: expect.any(String) });
    });
  }
});

describe('it is found', () => {
  const endpoint = (prefix: string): Endpoint => {
    const apiUrl = `https://${prefix.split('/', 1)[0]}`;
    return { name: prefix, prefix, apiUrl, insecure: false, ping: true, defaultNamespace: '' };
  };
  const own = ['example.com/one', 'example.com/two'].map(endpoint);
  const config = { ...BUILT_IN_REGISTRIES, endpoints: [...BUILT_IN_REGISTRIES.endpoints, ...own] };

  for (const [why, texts, expected] of [
    ['nothing is every registry that is configured', [], ['Docker Hub', 'example.com/one', 'example.com/two']],
    ['a host is every registry that is configured for it', ['example.com'], ['example.com/one', 'example.com/two']],
    ['a host that nobody configured is inferred', ['ghcr.io'], ['ghcr.io']],
    ['any name of Docker Hub is Docker Hub', ['index.docker.io'], ['Docker Hub']],
    ['an image is in one', ['example.com/two/app:1', 'nginx'], ['example.com/two', 'Docker Hub']],
  ] as const) {
    test(why, () => {
      const targets = texts.map(parseCheckTarget).flatMap((read): CheckTarget[] => (read.ok ? [read.value] : []));
      expect(findCheckSubjects(config, targets).map(({ registry }) => registry)).toEqual(expected);
    });
  }

  test('behind each are its mirrors, reached as their own entries say', () => {
    const [one, two] = own;
    if (one === undefined || two === undefined) throw new Error('two registries were made');
    const mirrors = ['https://mirror.example.com', two.apiUrl];
    const mirrored = { ...config, endpoints: [{ ...one, apiUrl: 'https://one.example.com', mirrors }, two] };
    const subjects = findCheckSubjects(mirrored, []);
    expect(subjects.map(({ registry, mirrorOf }) => [registry, mirrorOf?.name])).toEqual([
      ['example.com/one', undefined],
      ['mirror.example.com', 'example.com/one'],
      ['example.com/two', 'example.com/one'],
      ['example.com/two', undefined],
    ]);
  });
});

test('the Secrets that are needed, of credentials and of authorities', () => {
  const named = { namespace: 'argocd', name: 'login' };
  const authority = { namespace: 'argocd', name: 'ca' };
  const credentials = [
    { kind: 'env', variable: 'LOGIN' },
    { kind: 'secret', field: 'creds', ...named },
  ] as const;
  const trust = { caSecret: { kind: 'secret', field: 'ca.crt', ...authority } } as const;
  const endpoint = { ...BUILT_IN_REGISTRIES.defaultEndpoint, credentials, trust };
  expect(secretsNeededFor([{ endpoint }, { endpoint: undefined }])).toEqual([named, authority]);
});
