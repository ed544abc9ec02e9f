import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CANARY, holdsCanary, printedError } from '../../test/support/canary.ts';
import { startCloud } from '../../test/support/clouds.ts';
import { makePrograms } from '../../test/support/programs.ts';
import { endpointFor, testRegistries } from '../../test/support/registries.ts';
import { parseRegistriesConf } from '../config/registries/registries-conf.ts';
import { type CredentialSource, parseCredentialSource } from '../core/credentials/credential-source.ts';
import { toProblem } from '../core/failure.ts';
import { startRegistry } from '../demo/registry.ts';
import type { CloudAddresses } from './identity/identity-kind.ts';

// Secrets of every kind are planted, everything that can go wrong goes wrong, and whatever would reach a person is
// searched for them: in clear, in base64 as headers carry it, and encoded as in a form.
const SIGNAL = new AbortController().signal;
const folder = await mkdtemp(join(tmpdir(), 'tiphys-canary-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function plantFile(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Whether a text shows what was planted. */
function leaks(text: string): boolean {
  return holdsCanary(text) || PEM_LINES.some((line) => text.includes(line));
}

/** Everything that a failure could be printed as. */
function printed(thrown: unknown): string {
  return [printedError(thrown), JSON.stringify(toProblem('x', thrown))].join('\n');
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const PEM_LINES = PEM.split('\n').filter((line) => line.length > 40);

/** How registries refuse. */
const REFUSALS = {
  'by 401': { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="r"' } },
  'by 403': { status: 403 },
  'by 500': { status: 500 },
  'with a page': { status: 200, body: '<html>' },
  'by hanging up': { status: 200, body: 'half', cut: true },
  'at its realm': { status: 401, headers: { 'WWW-Authenticate': 'Bearer realm="REALM",service="s"' } },
} as const;

for (const [how, refusal] of Object.entries(REFUSALS)) {
  for (const [what, source] of [
    ['a variable', 'env:HUB'],
    ['a Secret', 'secret:a/s#auth'],
    ['a pull Secret', 'pullsecret:a/s'],
    ['an old pull Secret', 'pullsecret:a/old'],
    ['an identity token', 'pullsecret:a/token'],
    ['a broken pull Secret', 'pullsecret:a/broken'],
    ['a broken variable', 'env:BROKEN'],
    ['a script', 'ext:SCRIPT'],
    ['a failing script', 'ext:FAILING'],
    ['a proxy', 'env:HUB'],
  ] as const) {
    test(`${what} is not shown when a registry refuses ${how}`, async () => {
      await using programs = await makePrograms();
      const [script, failing] = await Promise.all([
        programs.write('good.sh', `echo bot:${CANARY}`),
        programs.write('bad.sh', 'echo "$HUB"; echo "curl: could not log in with $HUB" >&2; exit 4'),
      ]);
      await using realm = await startCloud(() => 401);
      await using registry = await startRegistry({
        intercept: () => JSON.parse(JSON.stringify(refusal).replace('REALM', `${realm.url}/token`)),
      });
      const { host } = registry;
      const auths = { [host]: { auth: btoa(`bot:${CANARY}`) } };
      const held = {
        s: { auth: `bot:${CANARY}`, '.dockerconfigjson': JSON.stringify({ auths }) },
        old: { '.dockercfg': JSON.stringify(auths) },
        token: { '.dockerconfigjson': JSON.stringify({ auths: { [host]: { identitytoken: CANARY } } }) },
        broken: { '.dockerconfigjson': `{"auths": {"${host}": {"auth": "${CANARY}` },
      };
      const secrets = Object.entries(held).map(([name, data]) => ({
        namespace: 'a',
        name,
        labels: {},
        data: { ...data },
      }));
      const env = { PATH: process.env['PATH'], HUB: `bot:${CANARY}`, BROKEN: CANARY };
      const credentials = [sourceOf(source.replace('SCRIPT', script).replace('FAILING', failing))];
      const proxy = what === 'a proxy' ? { proxy: `http://user:${CANARY}@127.0.0.1:9/` } : {};
      const endpoint = endpointFor(host, registry.url, { credentials, tokenRealm: `${realm.url}/token`, ...proxy });
      await using registries = testRegistries({ endpoints: [endpoint], env, secrets: () => secrets });
      const image = { registry: host, repository: 'acme/shop' };
      const thrown: unknown = await registries
        .scan()
        .listTags(image, SIGNAL)
        .catch((error) => error);
      expect(thrown).toMatchObject({ name: 'Failure' });
      expect(leaks(printed(thrown))).toBe(false);
    });
  }
}

function sourceOf(text: string): CredentialSource {
  const source = parseCredentialSource(text);
  if (!source.ok) throw new Error(source.problem);
  return source.value;
}

for (const [how, answer] of [
  ['refuse', () => 403],
  ['answer with something else', () => '<html>'],
  ['answer with nothing', () => ({})],
  // What services write into their messages is what they were sent.
  ['repeat what they were sent', (request: { body: string }) => ({ error: request.body, message: request.body })],
] as const) {
  for (const [kind, environment] of [
    ['ecr', async () => ({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: CANARY, AWS_SESSION_TOKEN: CANARY })],
    ['ecr', async () => ({ AWS_ROLE_ARN: 'r', AWS_WEB_IDENTITY_TOKEN_FILE: await plantFile('web', CANARY) })],
    [
      'ecr',
      async (url: string) => ({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: CANARY,
      }),
    ],
    [
      'gar',
      async () => {
        const key = { type: 'service_account', client_email: 'a@b', private_key: PEM };
        return { GOOGLE_APPLICATION_CREDENTIALS: await plantFile('key.json', JSON.stringify(key)) };
      },
    ],
    [
      'gar',
      async () => {
        const source = { file: await plantFile('subject', CANARY) };
        const file = { type: 'external_account', audience: 'a', subject_token_type: 't', credential_source: source };
        return { GOOGLE_APPLICATION_CREDENTIALS: await plantFile('federated.json', JSON.stringify(file)) };
      },
    ],
    [
      'acr',
      async () => {
        const token = await plantFile('workload', CANARY);
        return { AZURE_CLIENT_ID: 'c', AZURE_TENANT_ID: 't', AZURE_FEDERATED_TOKEN_FILE: token };
      },
    ],
  ] as const) {
    test(`an identity for ${kind} is not shown when its services ${how}`, async () => {
      await using cloud = await startCloud(answer);
      await using registry = await startRegistry({ intercept: () => REFUSALS['by 401'] });
      const { url } = cloud;
      const everywhere: Partial<CloudAddresses> = {
        ...{ sts: () => url, ecr: () => url, ecrPublic: url, gceMetadata: url, googleToken: url, googleSts: url },
        ...{ googleIamCredentials: url, azureAuthority: url },
      };
      const env = { AWS_REGION: 'eu-central-1', ...(await environment(url)) };
      const endpoints = [endpointFor(registry.host, registry.url, { kind })];
      await using registries = testRegistries({ endpoints, env, cloud: everywhere });
      const image = { registry: registry.host, repository: 'acme/shop' };
      const thrown: unknown = await registries
        .scan()
        .listTags(image, SIGNAL)
        .catch((error) => error);
      expect(thrown).toMatchObject({ code: 'CREDENTIALS_INVALID' });
      expect(leaks(printed(thrown))).toBe(false);
    });
  }
}

test('a credential helper is not quoted', async () => {
  await using programs = await makePrograms();
  await programs.write('docker-credential-desk', `echo '{"Username":"bot","Secret":"${CANARY}"}'`);
  await programs.write('docker-credential-safe', `echo "token ${CANARY} is over" >&2; exit 1`);
  await using registry = await startRegistry({ intercept: () => REFUSALS['by 401'] });
  const env = { PATH: `${programs.folder}${delimiter}${process.env['PATH']}` };
  for (const credsStore of ['desk', 'safe']) {
    await using registries = testRegistries({ env, dockerConfig: JSON.stringify({ credsStore }) });
    const image = { registry: registry.host, repository: 'acme/shop' };
    const thrown: unknown = await registries
      .scan()
      .listTags(image, SIGNAL)
      .catch((error) => error);
    expect(thrown).toMatchObject({ name: 'Failure' });
    expect(leaks(printed(thrown))).toBe(false);
  }
});

test('secrets in the wrong key of registries.conf are not repeated', () => {
  for (const key of ['credentials', 'proxy', 'ca_data', 'ca_secret', 'role_arn', 'token_realm', 'mirrors', 'api_url']) {
    const value = `https://bot:${CANARY}@r.io/${key === 'api_url' ? '' : ':'}`;
    const text = `registries:\n- name: A\n  prefix: r.io\n  ${key}: ${JSON.stringify(value)}\n`;
    const result = parseRegistriesConf(key === 'api_url' ? text : `${text}  api_url: https://r.io\n`);
    expect(leaks(JSON.stringify(result.ok ? result.warnings : result.problems))).toBe(false);
  }
});
