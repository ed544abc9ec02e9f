import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CANARY } from '../../test/support/canary.ts';
import { makeCertificates } from '../../test/support/certificates.ts';
import { startProxy } from '../../test/support/connect-proxy.ts';
import { endpointFor, fakeTime, testRegistries } from '../../test/support/registries.ts';
import type { Endpoint } from '../core/registry-endpoint.ts';
import { type RegistryOptions, startRegistry } from '../demo/registry.ts';
import type { RegistriesOptions } from './registries.ts';

const SIGNAL = new AbortController().signal;
const PASSWORD = [{ kind: 'env', variable: 'HUB' }] as const;
const ENV = { HUB: `bot:${CANARY}` };
const made = await makeCertificates();
const folder = await mkdtemp(join(tmpdir(), 'tiphys-connection-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(options: RegistryOptions) {
  const registry = await startRegistry(options);
  registry.putImage('acme/shop', '1.0', { created: '' });
  return registry;
}

/** Lists acme/shop in one fresh scan. */
async function list(endpoint: Endpoint, options: Partial<RegistriesOptions> = {}): Promise<readonly string[]> {
  await using registries = testRegistries({ endpoints: [endpoint], ...options });
  return await registries.scan().listTags({ registry: endpoint.prefix, repository: 'acme/shop' }, SIGNAL);
}

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe.skipIf(made === undefined)('certificates (skipped when openssl is not installed)', () => {
  const { ca, server, client } = made ?? { ca: '', server: { key: '', cert: '' }, client: { key: '', cert: '' } };
  const secrets = () => [{ namespace: 'argocd', name: 'ca', labels: {}, data: { 'ca.crt': ca } }];

  for (const [what, trust, options] of [
    ['ca_data', () => ({ caData: ca }), {}],
    ['ca_file', async () => ({ caFile: await file('ca.pem', `our authority:\n${ca}`) }), {}],
    [
      'ca_secret',
      () => ({ caSecret: { kind: 'secret', namespace: 'argocd', name: 'ca', field: 'ca.crt' } as const }),
      { secrets },
    ],
  ] as const) {
    test(`of an authority that ${what} names are trusted`, async () => {
      await using registry = await start({ tls: server });
      expect(await list(endpointFor('r.io', registry.url, { trust: await trust() }), options)).toEqual(['1.0']);
    });
  }

  test('of an authority in the folder, in a file named as the host, are trusted', async () => {
    await using registry = await start({ tls: server });
    const tlsFolder = join(folder, 'tls');
    await mkdir(tlsFolder);
    await writeFile(join(tlsFolder, '127.0.0.1'), ca);
    expect(await list(endpointFor('r.io', registry.url), { tlsFolder })).toEqual(['1.0']);
  });

  test('of an unknown authority are not', async () => {
    await using registry = await start({ tls: server });
    await expect(list(endpointFor('r.io', registry.url))).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      fix: expect.stringContaining('ca_file'),
    });
  });

  test('of the client open a registry that asks for them, and are kept from everybody else', async () => {
    const tls = { ...server, clientCa: ca };
    await using storage = await start({ tls });
    const clientCertificate = {
      certFile: await file('client.pem', client.cert),
      keyFile: await file('client.key', client.key),
    };
    const trust = { caData: ca };
    await using registry = await start({ tls });
    expect(await list(endpointFor('r.io', registry.url, { trust, clientCertificate }))).toEqual(['1.0']);
    await expect(list(endpointFor('r.io', registry.url, { trust }))).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
    });
    await using redirecting = await start({
      tls,
      intercept: ({ path }) => ({ status: 307, headers: { Location: `${storage.url}${path}` } }),
    });
    const endpoint = endpointFor('r.io', redirecting.url, { trust, clientCertificate });
    await expect(list(endpoint)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });

  test('that are renewed count in the next scan', async () => {
    await using registry = await start({ tls: server });
    const caFile = await file('renewed.pem', 'nothing yet');
    await using registries = testRegistries({ endpoints: [endpointFor('r.io', registry.url, { trust: { caFile } })] });
    const image = { registry: 'r.io', repository: 'acme/shop' };
    await expect(registries.scan().listTags(image, SIGNAL)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await file('renewed.pem', ca);
    expect(await registries.scan().listTags(image, SIGNAL)).toEqual(['1.0']);
  });

  for (const [why, more, message] of [
    [
      'a file that is not there',
      { trust: { caFile: '/nowhere/ca' } },
      /ca_file: \/nowhere\/ca cannot be read \(ENOENT\)/,
    ],
    ['no certificate', { trust: { caData: '-----BEGIN CERTIFICATE-----\nx' } }, /ca_data: it holds no certificate/],
    [
      'a Secret that is not there',
      { trust: { caSecret: { kind: 'secret', namespace: 'a', name: 'b', field: 'c' } } },
      /ca_secret: Secret a\/b: there is no such Secret/,
    ],
  ] as const) {
    test(`that cannot be read are a failure with the key: ${why}`, async () => {
      await expect(list(endpointFor('r.io', 'https://127.0.0.1:9', more))).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(message),
      });
    });
  }

  test('a key that does not belong to its certificate is a failure that shows neither', async () => {
    const clientCertificate = {
      certFile: await file('client.pem', client.cert),
      keyFile: await file('server.key', server.key),
    };
    const failure = await list(endpointFor('r.io', 'https://127.0.0.1:9', { clientCertificate })).catch(
      (error) => error,
    );
    expect(failure).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('belong together') });
    expect(failure.cause).toBeUndefined();
  });

  test('HTTP/2 is spoken or not, as configured', async () => {
    await using registry = await start({ tls: server });
    for (const http2 of [true, false]) {
      expect(await list(endpointFor('r.io', registry.url, { http2, trust: { caData: ca } }))).toEqual(['1.0']);
    }
  });

  test('a proxy tunnels TLS, and learns nothing but the host', async () => {
    await using proxy = await startProxy();
    await using registry = await start({ tls: server, auth: { kind: 'basic', user: 'bot', password: CANARY } });
    const url = new URL(proxy.url);
    const own = `http://user:pass@${url.host}/`;
    const endpoint = endpointFor('r.io', registry.url, { proxy: own, trust: { caData: ca }, credentials: PASSWORD });
    expect(await list(endpoint, { env: ENV })).toEqual(['1.0']);
    expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT ${registry.host}`]));
    expect(proxy.authorizations[0]).toBe(`Basic ${btoa('user:pass')}`);
  });

  test('a registry that is named in token_realm may be asked in spite of an unverified certificate', async () => {
    const auth = { kind: 'bearer', user: 'bot', password: CANARY, key: 'shared' } as const;
    await using tokens = await start({ tls: server, auth });
    const realm = `${tokens.url.replace('127.0.0.1', 'localhost')}/token`;
    await using registry = await start({ tls: server, auth: { ...auth, realm } });
    const endpoint = endpointFor('r.io', registry.url, { insecure: true, credentials: PASSWORD });
    await expect(list(endpoint, { env: ENV })).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
    expect(await list({ ...endpoint, tokenRealm: realm }, { env: ENV })).toEqual(['1.0']);
  });
});

test('a realm that contradicts token_realm is refused and never asked', async () => {
  await using tokens = await startRegistry();
  await using registry = await start({ auth: { kind: 'bearer', realm: `${tokens.url}/token` } });
  const endpoint = endpointFor(registry.host, registry.url, { tokenRealm: `${registry.url}/token` });
  await expect(list(endpoint)).rejects.toMatchObject({
    code: 'REGISTRY_REALM_REFUSED',
    message: expect.stringContaining('not the token_realm that is configured'),
  });
  expect(tokens.requests).toEqual([]);
});

test("a registry's own proxy counts before the environment's, its own exceptions too", async () => {
  await using own = await startProxy();
  await using other = await startProxy();
  await using registry = await start({});
  const endpoint = endpointFor('r.io', registry.url, { proxy: own.url });
  const env = { HTTP_PROXY: other.url };
  expect(await list(endpoint, { env })).toEqual(['1.0']);
  expect(own.seen).not.toEqual([]);
  const before = own.seen.length;
  expect(await list({ ...endpoint, noProxy: '127.0.0.1' }, { env })).toEqual(['1.0']);
  expect(own.seen).toHaveLength(before);
  expect(other.seen).toEqual([]);
});

test('a registry is asked no faster than its limit, its tokens and probes aside', async () => {
  const time = fakeTime();
  const began = time.now();
  await using registry = await start({ auth: { kind: 'bearer' }, now: time.now });
  for (let number = 0; number < 25; number++) registry.putImage(`acme/a${number}`, '1.0', { created: '' });
  const endpoint = endpointFor(registry.host, registry.url, { requestsPerSecond: 5 });
  await using registries = testRegistries({ ...time, endpoints: [endpoint] });
  const scan = registries.scan();
  for (let number = 0; number < 25; number++) {
    await scan.listTags({ registry: registry.host, repository: `acme/a${number}` }, SIGNAL);
  }
  expect(time.now() - began).toBe(((25 - 10) / 5) * 1_000);
});

describe('mirrors', () => {
  const nowhere = 'http://127.0.0.1:9';

  test('are asked in their order when the registry cannot be reached', async () => {
    await using mirror = await start({});
    const endpoint = endpointFor('r.io', nowhere, { mirrors: ['http://127.0.0.1:10', mirror.url] });
    expect(await list(endpoint)).toEqual(['1.0']);
  });

  test('are not asked when the registry answers, whatever it says', async () => {
    await using mirror = await start({});
    await using registry = await startRegistry();
    const endpoint = endpointFor(registry.host, registry.url, { mirrors: [mirror.url] });
    await expect(list(endpoint)).rejects.toMatchObject({ code: 'REGISTRY_NOT_FOUND' });
    expect(mirror.requests).toEqual([]);
  });

  test('get no credentials of the registry, but those that name their own host', async () => {
    const headers: (string | undefined)[] = [];
    const auth = { kind: 'basic', user: 'bot', password: CANARY } as const;
    await using mirror = await start({
      auth,
      intercept: (request) => {
        headers.push(request.headers.authorization);
        return undefined;
      },
    });
    const mirrors = [mirror.url];
    const own = endpointFor('r.io', nowhere, { mirrors, credentials: PASSWORD });
    await expect(list(own, { env: ENV })).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
    expect(headers.filter((header) => header !== undefined)).toEqual([]);
    const auths = { '127.0.0.1:9': { auth: btoa('a:b') }, [mirror.host]: { auth: btoa(`bot:${CANARY}`) } };
    const data = { '.dockerconfigjson': JSON.stringify({ auths }) };
    const secrets = () => [{ namespace: 'argocd', name: 'both', labels: {}, data }];
    const both = [{ kind: 'pullsecret', namespace: 'argocd', name: 'both' }] as const;
    expect(await list({ ...own, credentials: both }, { secrets })).toEqual(['1.0']);
  });

  test('say why the registry itself could not be reached when they cannot either', async () => {
    const endpoint = endpointFor('r.io', nowhere, { mirrors: ['http://127.0.0.1:10'] });
    await expect(list(endpoint)).rejects.toMatchObject({ message: expect.stringContaining('127.0.0.1:9 ') });
  });

  test('are kept to within a scan, so that no answer is made of two', async () => {
    await using mirror = await start({});
    let isDown = true;
    await using registry = await start({ intercept: () => (isDown ? { status: 503 } : undefined) });
    registry.putImage('acme/shop', '2.0', { created: '' });
    const endpoint = endpointFor(registry.host, registry.url, { mirrors: [mirror.url] });
    await using registries = testRegistries({ endpoints: [endpoint] });
    const image = { registry: registry.host, repository: 'acme/shop' };
    expect(await registries.scan().listTags(image, SIGNAL)).toEqual(['1.0']);
    isDown = false;
    expect(await registries.scan().listTags(image, SIGNAL)).toEqual(['1.0', '2.0']);
  });
});
