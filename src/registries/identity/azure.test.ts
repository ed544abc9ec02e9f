import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type CloudRequest, startCloud, surroundingsFor } from '../../../test/support/clouds.ts';
import { endpointFor, testRegistries } from '../../../test/support/registries.ts';
import { acr } from './acr.ts';

const SIGNAL = new AbortController().signal;
const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const WORKLOAD = randomBytes(24).toString('base64url');
const ENTRA = randomBytes(24).toString('base64url');
const REFRESH = [
  Buffer.from('{"alg":"RS256"}').toString('base64url'),
  Buffer.from(JSON.stringify({ exp: NOW_MS / 1000 + 3 * 3600 })).toString('base64url'),
  randomBytes(24).toString('base64url'),
].join('.');

const folder = await mkdtemp(join(tmpdir(), 'tiphys-azure-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const tokenFile = join(folder, 'token');
await writeFile(tokenFile, `${WORKLOAD}\n`);
const ENV = { AZURE_CLIENT_ID: 'client-1', AZURE_TENANT_ID: 'tenant-1', AZURE_FEDERATED_TOKEN_FILE: tokenFile };

/** Entra and a registry with its own token service, all at one address. */
function azure({ url, form, headers, method }: CloudRequest) {
  const expect = (expected: object, answer: object | string) =>
    JSON.stringify(form) === JSON.stringify(expected) && method === 'POST' ? answer : 401;
  switch (url.pathname) {
    case '/tenant-1/oauth2/v2.0/token':
      return expect(
        {
          grant_type: 'client_credentials',
          client_id: 'client-1',
          scope: 'https://containerregistry.azure.net/.default',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: WORKLOAD,
        },
        { access_token: ENTRA },
      );
    case '/oauth2/exchange':
      return expect(
        { grant_type: 'access_token', service: url.host, tenant: 'tenant-1', access_token: ENTRA },
        { refresh_token: REFRESH },
      );
    case '/oauth2/token': {
      const scope = 'repository:acme/shop:pull';
      const grant = { grant_type: 'refresh_token', client_id: 'tiphys', refresh_token: REFRESH };
      return expect({ ...grant, service: url.host, scope }, { access_token: 'opens' });
    }
    default:
      return headers.authorization === 'Bearer opens' ? { name: 'acme/shop', tags: ['1.0'] } : 401;
  }
}

describe('credentials for Azure Container Registry', () => {
  test("come by the workload's token, Entra's and the registry's, and last as long as that says", async () => {
    await using cloud = await startCloud(azure);
    await using around = surroundingsFor(ENV, { azureAuthority: `${cloud.url}/` }, () => NOW_MS);
    expect(await acr.ask(endpointFor('acme.azurecr.io', cloud.url), around, SIGNAL)).toEqual({
      credential: { kind: 'identity-token', token: REFRESH },
      expiresMs: NOW_MS + 3 * 3_600_000,
    });
  });

  test('are none where the environment says nothing', async () => {
    await using around = surroundingsFor({}, {});
    expect(await acr.ask(endpointFor('acme.azurecr.io', 'https://acme.azurecr.io'), around, SIGNAL)).toBeUndefined();
  });

  for (const [why, env, message] of [
    ['a tenant that is a path', { ...ENV, AZURE_TENANT_ID: '../x' }, /^variable AZURE_TENANT_ID: it is not/],
    ['another tenant', { ...ENV, AZURE_TENANT_ID: 'tenant-2' }, /^Microsoft Entra ID, token for the workload: .* 401/],
    ['an authority over HTTP', { ...ENV, AZURE_AUTHORITY_HOST: 'http://a' }, /^variable AZURE_AUTHORITY_HOST: .*https/],
    ['no token file', { ...ENV, AZURE_FEDERATED_TOKEN_FILE: '/nowhere' }, /AZURE_FEDERATED_TOKEN_FILE names: .*ENOENT/],
  ] as const) {
    test(`fail with the step: ${why}`, async () => {
      await using cloud = await startCloud(azure);
      await using around = surroundingsFor(env, { azureAuthority: cloud.url });
      const asked = acr.ask(endpointFor('acme.azurecr.io', cloud.url), around, SIGNAL);
      await expect(asked).rejects.toMatchObject({
        code: 'CREDENTIALS_INVALID',
        message: expect.stringMatching(message),
      });
    });
  }
});

for (const [host, expected] of [
  ['acme.azurecr.io', true],
  ['acme.eastus.data.azurecr.io', true],
  ['acme.azurecr.cn', true],
  ['azurecr.io', false],
  ['acme.azurecr.io.example.com', false],
] as const) {
  test(`${host} is ${expected ? '' : 'not '}Azure's`, () => {
    expect(acr.serves(host)).toBe(expected);
  });
}

test('an identity opens the registry by its own token service, and is asked for once in many cycles', async () => {
  await using cloud = await startCloud((request) => {
    const isApi = request.url.pathname.startsWith('/v2/') && request.headers.authorization !== 'Bearer opens';
    const realm = `${request.url.origin}/oauth2/token`;
    return isApi ? { challenge: `Bearer realm="${realm}",service="${request.url.host}"` } : azure(request);
  });
  const endpoint = endpointFor('acme.azurecr.io', cloud.url, { kind: 'acr' });
  await using registries = testRegistries({ endpoints: [endpoint], env: ENV, cloud: { azureAuthority: cloud.url } });
  for (const _cycle of [1, 2, 3]) {
    const image = { registry: 'acme.azurecr.io', repository: 'acme/shop' };
    expect(await registries.scan().listTags(image, SIGNAL)).toEqual(['1.0']);
  }
  const asked = cloud.seen.map(({ url }) => url.pathname).filter((path) => !path.startsWith('/v2/'));
  expect(asked).toEqual(['/tenant-1/oauth2/v2.0/token', '/oauth2/exchange', '/oauth2/token']);
});
