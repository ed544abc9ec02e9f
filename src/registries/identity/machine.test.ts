import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type CloudAnswer,
  type CloudRequest,
  startCloud,
  surroundingsFor,
  verifiedSigner,
} from '../../../test/support/clouds.ts';
import { endpointFor } from '../../../test/support/registries.ts';
import { acr } from './acr.ts';
import { CLOUD_ADDRESSES } from './addresses.ts';
import { ecr } from './ecr.ts';

// What a machine's own identity is good for, against services that are as strict as the real ones.

type Cloud = (request: CloudRequest) => CloudAnswer;

const SIGNAL = new AbortController().signal;
const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const KEY = randomBytes(24).toString('base64');
const SESSION = randomBytes(24).toString('base64');
const ROLES = '/latest/meta-data/iam/security-credentials/';

/** EC2's instance metadata, second version only, and ECR. */
function ec2(request: CloudRequest) {
  const { method, url, headers } = request;
  if (url.pathname === '/latest/api/token') {
    return method === 'PUT' && headers['x-aws-ec2-metadata-token-ttl-seconds'] ? SESSION : 400;
  }
  if (url.pathname.startsWith('/latest/')) return headers['x-aws-ec2-metadata-token'] === SESSION ? role(url) : 401;
  const signer = verifiedSigner(request, { ASIANODE: KEY });
  if (signer?.service !== 'ecr' || signer.token !== 'node-session') return 403;
  return { authorizationData: [{ authorizationToken: btoa('AWS:opens'), expiresAt: NOW_MS / 1000 + 3600 }] };
}

function role({ pathname }: URL) {
  if (pathname === ROLES) return 'node-role\n';
  if (pathname !== `${ROLES}node-role`) return 404;
  const Expiration = '2026-03-01T18:00:00Z';
  return { Code: 'Success', AccessKeyId: 'ASIANODE', SecretAccessKey: KEY, Token: 'node-session', Expiration };
}

describe("an EC2 machine's role", () => {
  async function ask(kind: 'ecr' | undefined, env: Readonly<Record<string, string>> = {}, answer: Cloud = ec2) {
    await using cloud = await startCloud(answer);
    const addresses = { ec2Metadata: cloud.url, ecr: () => `${cloud.url}/` };
    await using around = surroundingsFor(env, addresses, () => NOW_MS);
    const endpoint = endpointFor(HOST, `https://${HOST}`, kind === undefined ? {} : { kind });
    const lease = await ecr.ask(endpoint, around, SIGNAL);
    return { lease, asked: cloud.seen.map(({ method, url }) => `${method} ${url.pathname}`) };
  }

  test('opens ECR when kind asks for it, by a session of the second version', async () => {
    const { lease, asked } = await ask('ecr');
    expect(lease).toEqual({
      credential: { kind: 'password', user: 'AWS', password: 'opens' },
      expiresMs: NOW_MS + 3_600_000,
    });
    expect(asked).toEqual(['PUT /latest/api/token', `GET ${ROLES}`, `GET ${ROLES}node-role`, 'POST /']);
  });

  for (const [why, kind, env] of [
    ['kind does not ask for it', undefined, {}],
    ['the environment forbids it', 'ecr', { AWS_EC2_METADATA_DISABLED: 'true' }],
  ] as const) {
    test(`is not even asked for when ${why}`, async () => {
      expect(await ask(kind, env)).toEqual({ lease: undefined, asked: [] });
    });
  }

  for (const [why, answer] of [
    ['sessions are refused, as beyond the hop limit', () => 403],
    ['the machine has none', (request: CloudRequest) => (request.url.pathname === ROLES ? 404 : ec2(request))],
    ['something else answers', (request: CloudRequest) => (request.method === 'PUT' ? '' : 404)],
  ] as const) {
    test(`is none when ${why}`, async () => {
      expect((await ask('ecr', {}, answer)).lease).toBeUndefined();
    });
  }

  test('is none where nobody answers', async () => {
    await using around = surroundingsFor({}, {});
    expect(await ecr.ask(endpointFor(HOST, `https://${HOST}`, { kind: 'ecr' }), around, SIGNAL)).toBeUndefined();
  });
});

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
const ENTRA = jwt({ aud: 'https://containerregistry.azure.net', tid: 'tenant-1' });
const REFRESH = jwt({ exp: NOW_MS / 1000 + 3 * 3600 });

/** Azure's instance metadata, and a registry. */
function azure({ method, url, headers, form }: CloudRequest) {
  if (url.pathname === '/metadata/identity/oauth2/token') {
    const { searchParams: query } = url;
    const isRight =
      query.get('resource') === 'https://containerregistry.azure.net' && query.get('api-version') !== null;
    if (headers['metadata'] !== 'true' || method !== 'GET' || !isRight) return 400;
    return { access_token: query.get('client_id') === 'other' ? jwt({}) : ENTRA };
  }
  const wanted = { grant_type: 'access_token', service: url.host, tenant: 'tenant-1', access_token: ENTRA };
  const isRight = url.pathname === '/oauth2/exchange' && JSON.stringify(form) === JSON.stringify(wanted);
  return isRight ? { refresh_token: REFRESH } : 401;
}

describe("an Azure machine's managed identity", () => {
  async function ask(kind: 'acr' | undefined, env: Readonly<Record<string, string>> = {}) {
    await using cloud = await startCloud(azure);
    await using around = surroundingsFor(env, { azureMetadata: cloud.url }, () => NOW_MS);
    const endpoint = endpointFor('acme.azurecr.io', cloud.url, kind === undefined ? {} : { kind });
    const lease = await acr.ask(endpoint, around, SIGNAL);
    return { lease, asked: cloud.seen.map(({ url }) => url) };
  }

  for (const [who, env, client] of [
    ['the only one', {}, null],
    ['the one that AZURE_CLIENT_ID picks', { AZURE_CLIENT_ID: 'client-1' }, 'client-1'],
  ] as const) {
    test(`opens ACR when kind asks for it: ${who}`, async () => {
      const { lease, asked } = await ask('acr', env);
      expect(lease).toEqual({
        credential: { kind: 'identity-token', token: REFRESH },
        expiresMs: NOW_MS + 3 * 3_600_000,
      });
      expect(asked[0]?.searchParams.get('client_id')).toBe(client);
    });
  }

  test('is not even asked for when kind does not', async () => {
    expect(await ask(undefined)).toEqual({ lease: undefined, asked: [] });
  });

  test('is none when its token belongs to no tenant', async () => {
    expect((await ask('acr', { AZURE_CLIENT_ID: 'other' })).lease).toBeUndefined();
  });
});

test('machines are asked on their own link', () => {
  expect([CLOUD_ADDRESSES.ec2Metadata, CLOUD_ADDRESSES.azureMetadata]).toEqual(Array(2).fill('http://169.254.169.254'));
});
