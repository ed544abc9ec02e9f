import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CANARY } from '../../test/support/canary.ts';
import { endpointFor, testRegistries } from '../../test/support/registries.ts';
import type { Endpoint } from '../core/registry-endpoint.ts';
import { type RegistryOptions, type SeenRequest, startRegistry } from '../demo/registry.ts';

const SIGNAL = new AbortController().signal;
const tls = await selfSigned();

/** A certificate for this machine under two names, so that there is another host; undefined without openssl. */
async function selfSigned(): Promise<{ readonly key: string; readonly cert: string } | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=localhost', '-addext', names, '-keyout', key, '-out', cert];
  try {
    await promisify(execFile)('openssl', ['req', ...options, ...subject]);
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function startSecure(options: RegistryOptions) {
  const registry = await startRegistry({ ...options, ...(tls === undefined ? {} : { tls }) });
  registry.putImage('acme/shop', '1.0', { created: '' });
  return registry;
}

describe.skipIf(tls === undefined)('over HTTPS (skipped when openssl is not installed)', () => {
  const trusting = tls === undefined ? {} : { ca: tls.cert };
  const auth = { kind: 'bearer', user: 'bot', password: CANARY, key: 'shared' } as const;
  const credentials = [{ kind: 'env', variable: 'HUB' }] as const;

  /** Lists acme/shop at a registry that is reached at this address. */
  async function list(host: string, url: string, options: { readonly ca?: string }, endpoint: Partial<Endpoint> = {}) {
    const endpoints = [endpointFor(host, url, endpoint)];
    await using registries = testRegistries({ ...options, endpoints, env: { HUB: `bot:${CANARY}` } });
    return await registries.scan().listTags({ registry: host, repository: 'acme/shop' }, SIGNAL);
  }

  test('a trusted certificate is good', async () => {
    await using registry = await startSecure({});
    expect(await list(registry.host, registry.url, trusting)).toEqual(['1.0']);
  });

  test('an unknown certificate is not, and the remedy is named', async () => {
    await using registry = await startSecure({});
    await expect(list(registry.host, registry.url, {})).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('certificate'),
      fix: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
  });

  test('an unknown certificate is accepted with insecure', async () => {
    await using registry = await startSecure({});
    expect(await list(registry.host, registry.url, {}, { insecure: true })).toEqual(['1.0']);
  });

  test('a realm on another host gets the password when the registry names it', async () => {
    await using tokens = await startSecure({ auth });
    const realm = `${tokens.url.replace('127.0.0.1', 'localhost')}/token`;
    await using registry = await startSecure({ auth: { ...auth, realm } });
    expect(await list(registry.host, registry.url, trusting, { credentials })).toEqual(['1.0']);
  });

  test('a realm on another host gets no password when nobody knows who named it', async () => {
    const seen: SeenRequest[] = [];
    await using tokens = await startSecure({
      auth,
      intercept: (request) => {
        seen.push(request);
        return undefined;
      },
    });
    const realm = `${tokens.url.replace('127.0.0.1', 'localhost')}/token`;
    await using registry = await startSecure({ auth: { ...auth, realm } });
    await expect(list(registry.host, registry.url, {}, { credentials, insecure: true })).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
      message: expect.stringContaining('unverified certificate'),
    });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('a realm over plain HTTP is refused and never asked', async () => {
    await using tokens = await startRegistry({ auth });
    await using registry = await startSecure({ auth: { ...auth, realm: `${tokens.url}/token` } });
    await expect(list(registry.host, registry.url, trusting, { credentials })).rejects.toMatchObject({
      code: 'REGISTRY_REALM_REFUSED',
    });
    expect(tokens.requests).toEqual([]);
  });

  for (const [what, answer] of [
    ['a redirect', (url: string) => ({ status: 302, headers: { Location: `${url}/v2/acme/shop/tags/list` } })],
    [
      'a next page',
      (url: string) => ({
        status: 200,
        headers: { Link: `<${url}/v2/acme/shop/tags/list>; rel="next"` },
        body: '{"tags":["1"]}',
      }),
    ],
  ] as const) {
    test(`${what} over plain HTTP is refused and never asked`, async () => {
      await using plain = await startRegistry();
      await using registry = await startSecure({
        intercept: ({ path }) => (path.includes('/tags/list') ? answer(plain.url) : undefined),
      });
      await expect(list(registry.host, registry.url, trusting)).rejects.toMatchObject({
        code: 'REGISTRY_INVALID_ANSWER',
      });
      expect(plain.requests).toEqual([]);
    });
  }
});
