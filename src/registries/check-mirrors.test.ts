import { expect, test } from 'vitest';
import { CANARY } from '../../test/support/canary.ts';
import { endpointFor, testRegistries } from '../../test/support/registries.ts';
import { parseCredentialSource } from '../core/credentials/credential-source.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import { type CheckStepName, findCheckSubjects, parseCheckTarget, type RegistryCheck } from '../core/registry-check.ts';
import { BUILT_IN_REGISTRIES, type Endpoint } from '../core/registry-endpoint.ts';
import { type RegistryOptions, startRegistry } from '../demo/registry.ts';

const SIGNAL = new AbortController().signal;
const BOT = { user: 'bot', password: CANARY };
const BASIC = { kind: 'basic', ...BOT } as const;

async function startFilled(options: RegistryOptions = {}) {
  const registry = await startRegistry(options);
  registry.putImage('library/shop', '1.0', { created: '' });
  return registry;
}

function sources(...texts: readonly string[]) {
  return { credentials: texts.map(parseCredentialSource).flatMap((read) => (read.ok ? [read.value] : [])) };
}

function pullSecret(name: string, ...hosts: readonly string[]): KeyValueObject {
  const auths = Object.fromEntries(hosts.map((host) => [host, { auth: btoa(`bot:${CANARY}`) }]));
  return { namespace: 'argocd', name, labels: {}, data: { '.dockerconfigjson': JSON.stringify({ auths }) } };
}

async function checkAll(
  endpoints: readonly Endpoint[],
  text: string,
  secrets: readonly KeyValueObject[] = [],
): Promise<readonly RegistryCheck[]> {
  const target = parseCheckTarget(text);
  if (!target.ok) throw new Error(target.problem);
  const env = { GOOD: `bot:${CANARY}` };
  await using registries = testRegistries({ endpoints, env, secrets: () => secrets });
  const subjects = findCheckSubjects({ ...BUILT_IN_REGISTRIES, endpoints }, [target.value]);
  return await Promise.all(subjects.map((subject) => registries.check(subject, SIGNAL)));
}

function stepOf(check: RegistryCheck | undefined, step: CheckStepName) {
  return check?.steps.find((one) => one.step === step);
}

test('a mirror is checked as a scan would ask it: under the name that the registry has for the image', async () => {
  await using registry = await startFilled({ auth: BASIC });
  await using mirror = await startFilled();
  const endpoint = endpointFor(registry.host, registry.url, {
    mirrors: [mirror.url, 'http://127.0.0.1:1'],
    defaultNamespace: 'library',
    ...sources('env:GOOD'),
  });
  const [own, good, bad] = await checkAll([endpoint], `${registry.host}/shop`);
  expect(stepOf(own, 'list')).toMatchObject({ status: 'ok', detail: '1 tag' });
  expect(good).toMatchObject({ registry: mirror.host, mirrorOf: registry.host, image: `${registry.host}/shop` });
  expect(stepOf(good, 'credential')?.detail).toBe('none (anonymous)');
  expect(stepOf(good, 'list')).toMatchObject({ status: 'ok', detail: '1 tag' });
  expect(stepOf(bad, 'connection')).toMatchObject({ status: 'failed' });
});

test('a mirror gets what the pull Secret has for its own host, and nothing else', async () => {
  await using registry = await startFilled();
  await using mirror = await startFilled({ auth: BASIC });
  const endpoint = endpointFor(registry.host, registry.url, {
    mirrors: [mirror.url],
    ...sources('env:GOOD', 'pullsecret:argocd/registry', 'pullsecret:argocd/both'),
  });
  const secrets = [pullSecret('registry', registry.host), pullSecret('both', registry.host, mirror.host)];
  const [, checked] = await checkAll([endpoint], `${registry.host}/library/shop`, secrets);
  expect(stepOf(checked, 'credential')?.detail).toBe('pull Secret argocd/both');
  expect(stepOf(checked, 'list')?.status).toBe('ok');
  const [, refused] = await checkAll([endpoint], `${registry.host}/library/shop`, secrets.slice(0, 1));
  expect(stepOf(refused, 'credential')).toMatchObject({
    status: 'failed',
    detail: expect.stringContaining('Secret argocd/both'),
  });
});

test('of two entries at one address each is checked with its own credentials', async () => {
  await using registry = await startFilled({ auth: BASIC });
  const endpoints = [
    endpointFor(`${registry.host}/other`, registry.url, sources('env:NONE')),
    endpointFor(`${registry.host}/library`, registry.url, sources('env:GOOD')),
  ];
  const checks = await checkAll(endpoints, registry.host);
  expect(checks.map((check) => stepOf(check, 'credential')?.status)).toEqual(['failed', 'ok']);
});
