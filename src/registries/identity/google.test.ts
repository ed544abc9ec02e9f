import { createVerify, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { type CloudRequest, startCloud, surroundingsFor } from '../../../test/support/clouds.ts';
import { endpointFor } from '../../../test/support/registries.ts';
import { gar } from './gar.ts';

const SIGNAL = new AbortController().signal;
const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const ENDPOINT = endpointFor('europe-docker.pkg.dev', 'https://europe-docker.pkg.dev');
const ACCOUNT = 'puller@acme.iam.gserviceaccount.com';
const AUDIENCE = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q';
const TOKEN = randomBytes(24).toString('base64url');
const SUBJECT = randomBytes(24).toString('base64url');

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const folder = await mkdtemp(join(tmpdir(), 'tiphys-google-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function keyFile(name: string, content: object): Promise<{ GOOGLE_APPLICATION_CREDENTIALS: string }> {
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify(content));
  return { GOOGLE_APPLICATION_CREDENTIALS: path };
}

const leased = (password: string, expiresMs = NOW_MS + 1_800_000) => ({
  credential: { kind: 'password', user: 'oauth2accesstoken', password },
  expiresMs,
});

/** The claims of a signed assertion; undefined when the signature is wrong. */
function claimsOf(assertion: string): Record<string, unknown> | undefined {
  const [header = '', claims = '', signature = ''] = assertion.split('.');
  const isRight = createVerify('RSA-SHA256').update(`${header}.${claims}`).verify(publicKey, signature, 'base64url');
  return isRight ? JSON.parse(Buffer.from(claims, 'base64url').toString()) : undefined;
}

describe('credentials for Artifact Registry', () => {
  test('come from the metadata server', async () => {
    await using cloud = await startCloud(({ url, headers }) => {
      const isRight = url.pathname === '/computeMetadata/v1/instance/service-accounts/default/token';
      return isRight && headers['metadata-flavor'] === 'Google' ? { access_token: TOKEN, expires_in: 1800 } : 403;
    });
    await using around = surroundingsFor({}, { gceMetadata: cloud.url }, () => NOW_MS);
    expect(await gar.ask(ENDPOINT, around, SIGNAL)).toEqual(leased(TOKEN));
  });

  for (const [why, answer] of [
    ['it knows no service account', () => 404],
    ['it is something else', () => '<html>'],
  ] as const) {
    test(`are none when ${why}`, async () => {
      await using cloud = await startCloud(answer);
      await using around = surroundingsFor({}, { gceMetadata: cloud.url });
      expect(await gar.ask(ENDPOINT, around, SIGNAL)).toBeUndefined();
    });
  }

  test('are none where there is no metadata server', async () => {
    await using around = surroundingsFor({}, {});
    expect(await gar.ask(ENDPOINT, around, SIGNAL)).toBeUndefined();
  });

  test('come by the key of a service account, which signs who, for what, for whom and how long', async () => {
    await using cloud = await startCloud(({ form, url }) => {
      const claims = claimsOf(form['assertion'] ?? '');
      const expected = { iss: ACCOUNT, scope: SCOPE, aud: url.href, iat: NOW_MS / 1000, exp: NOW_MS / 1000 + 3600 };
      const isRight = JSON.stringify(claims) === JSON.stringify(expected);
      const isGrant = form['grant_type'] === 'urn:ietf:params:oauth:grant-type:jwt-bearer';
      return isRight && isGrant ? { access_token: TOKEN, expires_in: 1800 } : 401;
    });
    // The file's own address must not count: whoever can write the file could collect signatures.
    const file = {
      type: 'service_account',
      client_email: ACCOUNT,
      private_key: PEM,
      token_uri: 'https://evil.example',
    };
    const env = await keyFile('account', file);
    await using around = surroundingsFor(env, { googleToken: `${cloud.url}/token` }, () => NOW_MS);
    expect(await gar.ask(ENDPOINT, around, SIGNAL)).toEqual(leased(TOKEN));
  });

  for (const [what, source] of [
    ['a file', async () => ({ file: await plain('subject', `${SUBJECT}\n`) })],
    [
      'a file of JSON',
      async () => ({
        file: await plain('subject.json', JSON.stringify({ token: SUBJECT })),
        format: { type: 'json', subject_token_field_name: 'token' },
      }),
    ],
    ['an address', async (url: string) => ({ url: `${url}/subject`, headers: { 'x-ask': 'yes' } })],
  ] as const) {
    test(`come by workload identity federation, the other token from ${what}`, async () => {
      await using cloud = await startCloud(federation);
      const credential_source = await source(cloud.url);
      const file = { type: 'external_account', audience: AUDIENCE, subject_token_type: JWT_TYPE, credential_source };
      const env = await keyFile('federated', file);
      await using around = surroundingsFor(env, { googleSts: `${cloud.url}/sts` }, () => NOW_MS);
      expect(await gar.ask(ENDPOINT, around, SIGNAL)).toEqual(leased('federated'));
    });
  }

  test('come by federation and a service account in its place', async () => {
    await using cloud = await startCloud(federation);
    const env = await keyFile('impersonated', {
      type: 'external_account',
      audience: AUDIENCE,
      subject_token_type: JWT_TYPE,
      credential_source: { file: await plain('subject', SUBJECT) },
      service_account_impersonation_url: `https://evil.example/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`,
    });
    const addresses = { googleSts: `${cloud.url}/sts`, googleIamCredentials: cloud.url };
    await using around = surroundingsFor(env, addresses, () => NOW_MS);
    expect(await gar.ask(ENDPOINT, around, SIGNAL)).toEqual(leased(TOKEN, Date.parse('2026-03-01T13:00:00Z')));
  });

  for (const [why, content, message] of [
    ['no JSON object', [], /it is not a JSON object/],
    ['another type', { type: 'authorized_user', refresh_token: 'canary-1' }, /its type is neither/],
    [
      'no key',
      { type: 'service_account', client_email: ACCOUNT, private_key: 'canary-2' },
      /private_key cannot be read/,
    ],
    [
      'no source',
      { type: 'external_account', audience: AUDIENCE, subject_token_type: JWT_TYPE },
      /neither from a file nor/,
    ],
    [
      'a program as source',
      {
        type: 'external_account',
        audience: 'a',
        subject_token_type: 'b',
        credential_source: { executable: { command: 'x' } },
      },
      /neither from a file nor/,
    ],
  ] as const) {
    test(`fail without showing anything: ${why}`, async () => {
      await using around = surroundingsFor(await keyFile('broken', content), {});
      const error: unknown = await gar.ask(ENDPOINT, around, SIGNAL).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'CREDENTIALS_INVALID', message: expect.stringMatching(message) });
      expect(inspect(error, { depth: 9 })).not.toContain('canary');
    });
  }
});

const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';

async function plain(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

function federation({ url, form, headers, body }: CloudRequest) {
  if (url.pathname === '/subject') return headers['x-ask'] === 'yes' ? SUBJECT : 401;
  if (url.pathname === '/sts') {
    const expected = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: AUDIENCE,
      scope: SCOPE,
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: JWT_TYPE,
      subject_token: SUBJECT,
    };
    return JSON.stringify(form) === JSON.stringify(expected) ? { access_token: 'federated', expires_in: 1800 } : 400;
  }
  const isRight =
    url.pathname === `/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken` &&
    headers.authorization === 'Bearer federated' &&
    body === JSON.stringify({ scope: [SCOPE], lifetime: '3600s' });
  return isRight ? { accessToken: TOKEN, expireTime: '2026-03-01T13:00:00Z' } : 403;
}

for (const [host, expected] of [
  ['gcr.io', true],
  ['eu.gcr.io', true],
  ['europe-west3-docker.pkg.dev', true],
  ['gcr.io.example.com', false],
  ['mygcr.io', false],
  ['docker.pkg.dev', false],
] as const) {
  test(`${host} is ${expected ? '' : 'not '}Google's`, () => {
    expect(gar.serves(host)).toBe(expected);
  });
}
