import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type CloudRequest, startCloud, surroundingsFor, verifiedSigner } from '../../../test/support/clouds.ts';
import { endpointFor } from '../../../test/support/registries.ts';
import { CLOUD_ADDRESSES } from './addresses.ts';
import { ecr } from './ecr.ts';
import { ecrPublic } from './ecr-public.ts';
import type { EcrRegistry } from './identity-kind.ts';

const SIGNAL = new AbortController().signal;
const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const ROLE = 'arn:aws:iam::210987654321:role/pull';

const secret = () => randomBytes(24).toString('base64');
const [OWN, WEB, POD, OTHER] = [secret(), secret(), secret(), secret()];
const SECRETS = { AKIAOWN: OWN, ASIAWEB: WEB, ASIAPOD: POD, ASIAOTHER: OTHER };
const PASSWORD = secret();

const folder = await mkdtemp(join(tmpdir(), 'tiphys-aws-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** STS, ECR and the container endpoint, as strict as the real ones. */
function aws(request: CloudRequest) {
  const { url, form, headers } = request;
  if (url.pathname === '/pod') return headers.authorization === 'pod-token' ? podCredentials() : 401;
  if (url.pathname === '/sts') return sts(request, form);
  const signer = verifiedSigner(request, SECRETS);
  const target = String(headers['x-amz-target']);
  if (signer === undefined || headers['content-type'] !== 'application/x-amz-json-1.1') return 403;
  const authorizationToken = btoa(`AWS:${PASSWORD} ${signer.accessKeyId} ${signer.token ?? '-'}`);
  const data = { authorizationToken, expiresAt: NOW_MS / 1000 + 12 * 3600 };
  if (target === 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken' && signer.service === 'ecr') {
    return signer.region === 'eu-central-1' ? { authorizationData: [data] } : 403;
  }
  if (target !== 'SpencerFrontendService.GetAuthorizationToken' || signer.service !== 'ecr-public') return 400;
  return signer.region === 'us-east-1' ? { authorizationData: data } : 403;
}

function podCredentials() {
  return { AccessKeyId: 'ASIAPOD', SecretAccessKey: POD, Token: 'pod-session', Expiration: '2026-03-01T18:00:00Z' };
}

function sts(request: CloudRequest, form: CloudRequest['form']) {
  if (form['Version'] !== '2011-06-15') return 400;
  if (form['Action'] === 'AssumeRoleWithWebIdentity') {
    const isRight =
      form['RoleArn'] === 'arn:aws:iam::123456789012:role/irsa' && form['WebIdentityToken'] === 'web-token';
    return isRight ? stsAnswer('ASIAWEB', WEB, 'web-session') : 403;
  }
  const signer = verifiedSigner(request, SECRETS);
  const isRight = form['Action'] === 'AssumeRole' && form['RoleArn'] === ROLE && signer?.service === 'sts';
  return isRight ? stsAnswer('ASIAOTHER', OTHER, 'other-session') : 403;
}

function stsAnswer(id: string, key: string, token: string): string {
  return `<R xmlns="x"><Result><Credentials><AccessKeyId>${id}</AccessKeyId>
    <SecretAccessKey>${key}</SecretAccessKey><SessionToken>${token}</SessionToken>
    <Expiration>2026-03-01T13:00:00Z</Expiration></Credentials></Result></R>`;
}

describe('credentials for ECR', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAOWN', AWS_SECRET_ACCESS_KEY: OWN };
  for (const [what, env, more, who] of [
    ['keys in the environment', () => keys, {}, 'AKIAOWN -'],
    ['with a session token', () => ({ ...keys, AWS_SESSION_TOKEN: 'session' }), {}, 'AKIAOWN session'],
    [
      'a web identity (IRSA)',
      async () => ({
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/irsa',
        AWS_WEB_IDENTITY_TOKEN_FILE: await file('web', 'web-token\n'),
      }),
      {},
      'ASIAWEB web-session',
    ],
    [
      'an EKS pod identity',
      async (url: string) => ({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/pod`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: await file('pod', 'pod-token'),
      }),
      {},
      'ASIAPOD pod-session',
    ],
    ['a role in another account', () => keys, { roleArn: ROLE }, 'ASIAOTHER other-session'],
  ] as const) {
    test(`come by ${what}`, async () => {
      await using cloud = await startCloud(aws);
      const addresses = { sts: () => `${cloud.url}/sts`, ecr: () => `${cloud.url}/`, ecrPublic: `${cloud.url}/` };
      await using around = surroundingsFor(await env(cloud.url), addresses, () => NOW_MS);
      expect(await ecr.ask(endpointFor(HOST, `https://${HOST}`, more), around, SIGNAL)).toEqual({
        credential: { kind: 'password', user: 'AWS', password: `${PASSWORD} ${who}` },
        expiresMs: NOW_MS + 12 * 3_600_000,
      });
      const open = endpointFor('public.ecr.aws', 'https://public.ecr.aws', more);
      expect(await ecrPublic.ask(open, around, SIGNAL)).toMatchObject({ credential: { user: 'AWS' } });
    });
  }

  test('are none where the environment says nothing', async () => {
    await using around = surroundingsFor({}, {});
    expect(await ecr.ask(endpointFor(HOST, `https://${HOST}`), around, SIGNAL)).toBeUndefined();
  });

  for (const [why, env, more, message] of [
    [
      'a wrong key',
      { ...keys, AWS_SECRET_ACCESS_KEY: OTHER },
      {},
      /^Amazon ECR in eu-central-1, GetAuthorizationToken: .* 403 \(Refused\)$/,
    ],
    ['a role that may not be taken on', keys, { roleArn: `${ROLE}-x` }, /^AWS STS, AssumeRole: .* answered 403/],
    [
      'a token file that is not there',
      { AWS_ROLE_ARN: ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere' },
      {},
      /^the file that AWS_WEB_IDENTITY_TOKEN_FILE names: it cannot be read \(ENOENT\)$/,
    ],
    [
      'credentials from another machine over plain HTTP',
      { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://metadata.example.com/' },
      {},
      /^variable AWS_CONTAINER_CREDENTIALS_FULL_URI: its host is none/,
    ],
    [
      'a path that leads to another host',
      { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '@metadata.example.com/' },
      {},
      /^variable AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: its host is none/,
    ],
  ] as const) {
    test(`fail with the step and a remedy: ${why}`, async () => {
      await using cloud = await startCloud(aws);
      await using around = surroundingsFor(
        env,
        { sts: () => `${cloud.url}/sts`, ecr: () => `${cloud.url}/` },
        () => NOW_MS,
      );
      const asked = ecr.ask(endpointFor(HOST, `https://${HOST}`, more), around, SIGNAL);
      await expect(asked).rejects.toMatchObject({
        code: 'CREDENTIALS_INVALID',
        message: expect.stringMatching(message),
        fix: expect.stringMatching(/./),
      });
    });
  }

  test('are never sent along a redirect', async () => {
    await using thief = await startCloud(() => ({}));
    const { createServer } = await import('node:http');
    const server = createServer((_, response) => response.writeHead(307, { location: thief.url }).end());
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await using around = surroundingsFor(keys, { ecr: () => `http://127.0.0.1:${port}/` });
    await expect(ecr.ask(endpointFor(HOST, `https://${HOST}`), around, SIGNAL)).rejects.toThrow('answered 307');
    server.close();
    expect(thief.seen).toEqual([]);
  });
});

for (const [host, expected] of [
  [HOST, 'https://api.ecr.eu-central-1.amazonaws.com/'],
  ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', 'https://ecr-fips.us-gov-west-1.amazonaws.com/'],
  ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'https://api.ecr.cn-north-1.amazonaws.com.cn/'],
  ['123456789012.dkr-ecr.eu-west-1.on.aws', 'https://ecr.eu-west-1.api.aws/'],
  [`${HOST}.example.com`, undefined],
  ['dkr.ecr.eu-central-1.amazonaws.com', undefined],
  ['123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil', undefined],
] as const) {
  test(`the API of ${host} is ${expected}`, async () => {
    expect(ecr.serves(host)).toBe(expected !== undefined);
    if (expected === undefined) return;
    let asked: EcrRegistry | undefined;
    const addresses = {
      ecr(registry: EcrRegistry) {
        asked = registry;
        return 'http://127.0.0.1:9/';
      },
    };
    await using around = surroundingsFor({ AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B' }, addresses);
    await expect(ecr.ask(endpointFor(host, `https://${host}`), around, SIGNAL)).rejects.toThrow();
    expect(asked && CLOUD_ADDRESSES.ecr(asked)).toBe(expected);
  });
}
