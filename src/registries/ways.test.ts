import { delimiter } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { known } from '../../test/policy.ts';
import { CANARY } from '../../test/support/canary.ts';
import { startCloud } from '../../test/support/clouds.ts';
import { makePrograms, type Programs } from '../../test/support/programs.ts';
import { endpointFor, fakeTime, testRegistries } from '../../test/support/registries.ts';
import { parseCredentialSource } from '../core/credentials/credential-source.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import { parseTag } from '../core/reference.ts';
import type { Endpoint } from '../core/registry-endpoint.ts';
import { type RegistryOptions, startRegistry } from '../demo/registry.ts';
import { identityKinds } from './identity/index.ts';
import type { RegistriesOptions } from './registries.ts';

const SIGNAL = new AbortController().signal;
const BASIC = { kind: 'basic', user: 'bot', password: CANARY } as const;
const BEARER = { kind: 'bearer', user: 'bot', password: CANARY } as const;

/** A registry with acme/shop:1.0 that remembers who asked for it. */
async function start(options: RegistryOptions) {
  const users: string[] = [];
  const registry = await startRegistry({
    ...options,
    intercept(request) {
      const [, sent = ''] = /^Basic (.*)$/.exec(request.headers.authorization ?? '') ?? [];
      users.push(Buffer.from(sent, 'base64').toString().split(':')[0] ?? '');
      return options.intercept?.(request);
    },
  });
  registry.putImage('acme/shop', '1.0', { created: '' });
  return Object.assign(registry, { users });
}

async function list(host: string, options: Partial<RegistriesOptions> & { readonly endpoints?: readonly Endpoint[] }) {
  await using registries = testRegistries(options);
  return await registries.scan().listTags({ registry: host, repository: 'acme/shop' }, SIGNAL);
}

function secret(name: string, data: Readonly<Record<string, string>>): KeyValueObject {
  return { namespace: 'argocd', name, labels: {}, data };
}

const auth = (user: string, password: string) => ({ auth: btoa(`${user}:${password}`) });

describe('several credentials are tried in order', () => {
  for (const kind of [BASIC, BEARER]) {
    test(`those of one pull Secret, the longest path first, ${kind.kind}`, async () => {
      await using registry = await start({ auth: kind });
      const auths = { [registry.host]: auth('bot', CANARY), [`${registry.host}/acme`]: auth('narrow', 'wrong') };
      const secrets = () => [secret('pull', { '.dockerconfigjson': JSON.stringify({ auths }) })];
      const credentials = [known(parseCredentialSource('pullsecret:argocd/pull'))];
      const endpoints = [endpointFor(registry.host, registry.url, { credentials })];
      expect(await list(registry.host, { endpoints, secrets })).toEqual(['1.0']);
      const shown = registry.users.filter((user) => user !== '');
      expect(shown.slice(0, 2)).toEqual(['narrow', 'bot']);
    });

    test(`those of several sources, one that is missing passed over, ${kind.kind}`, async () => {
      await using registry = await start({ auth: kind });
      const credentials = ['secret:argocd/gone#auth', 'env:OLD', 'env:NEW'].map((text) =>
        known(parseCredentialSource(text)),
      );
      const endpoints = [endpointFor(registry.host, registry.url, { credentials })];
      const env = { OLD: 'bot:old', NEW: `bot:${CANARY}` };
      expect(await list(registry.host, { endpoints, env })).toEqual(['1.0']);
    });
  }

  test('and the first one is named when all are refused', async () => {
    await using registry = await start({ auth: BASIC });
    const credentials = ['env:A', 'env:B'].map((text) => known(parseCredentialSource(text)));
    const endpoints = [endpointFor(registry.host, registry.url, { credentials })];
    await expect(list(registry.host, { endpoints, env: { A: 'a:1', B: 'b:2' } })).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
      message: expect.stringContaining('variable A'),
    });
  });

  test('a Secret of the older form is read too', async () => {
    await using registry = await start({ auth: BASIC });
    const secrets = () => [secret('old', { '.dockercfg': JSON.stringify({ [registry.host]: auth('bot', CANARY) }) })];
    const credentials = [known(parseCredentialSource('pullsecret:argocd/old'))];
    const endpoints = [endpointFor(registry.host, registry.url, { credentials })];
    expect(await list(registry.host, { endpoints, secrets })).toEqual(['1.0']);
  });
});

describe('an identity token', () => {
  test("is given for a token at the registry's realm, and nowhere else", async () => {
    await using tokens = await startCloud(({ method, form }) => {
      const isRight =
        form['grant_type'] === 'refresh_token' && form['refresh_token'] === 'lasting' && method === 'POST';
      return isRight && form['scope'] === 'repository:acme/shop:pull' ? { access_token: 'opens' } : 401;
    });
    await using registry = await start({
      intercept: ({ headers }) =>
        headers.authorization === 'Bearer opens'
          ? undefined
          : { status: 401, headers: { 'WWW-Authenticate': `Bearer realm="${tokens.url}/token",service="s"` } },
    });
    const dockerConfig = JSON.stringify({ auths: { [registry.host]: { identitytoken: 'lasting' } } });
    const endpoints = [endpointFor(registry.host, registry.url, { tokenRealm: `${tokens.url}/token` })];
    expect(await list(registry.host, { dockerConfig, endpoints })).toEqual(['1.0']);
    expect(tokens.seen.map(({ form }) => form)).toEqual([
      {
        grant_type: 'refresh_token',
        client_id: 'tiphys',
        refresh_token: 'lasting',
        service: 's',
        scope: 'repository:acme/shop:pull',
      },
    ]);
  });

  test('is of no use where only a password counts, and the failure says so', async () => {
    await using registry = await start({ auth: BASIC });
    const dockerConfig = JSON.stringify({ auths: { [registry.host]: { identitytoken: 'lasting' } } });
    await expect(list(registry.host, { dockerConfig })).rejects.toMatchObject({
      message: expect.stringContaining('an identity token can only be given for tokens'),
    });
  });
});

describe('credential helpers', () => {
  async function withHelper(work: (programs: Programs, env: Record<string, string>) => Promise<void>) {
    await using programs = await makePrograms();
    await work(programs, { PATH: `${programs.folder}${delimiter}${process.env['PATH']}`, KEY_TOKEN: 'canary-key' });
  }

  test('are asked for their server over standard input', () =>
    withHelper(async (programs, env) => {
      await using registry = await start({ auth: BASIC });
      const answer = `{"ServerURL":"x","Username":"bot","Secret":"${CANARY}"}`;
      const lines = [`test "$1 $(cat)" = "get ${registry.host}" || exit 9`, `echo '${answer}'`];
      await programs.write('docker-credential-desk', ...lines);
      for (const config of [{ credsStore: 'desk' }, { credHelpers: { [registry.host]: 'desk' } }]) {
        expect(await list(registry.host, { env, dockerConfig: JSON.stringify(config) })).toEqual(['1.0']);
      }
    }));

  test('that have nothing leave the registry to what the file says, or to nobody', () =>
    withHelper(async (programs, env) => {
      await programs.write('docker-credential-desk', 'echo "credentials not found in native keychain"; exit 1');
      await using open = await start({});
      await using closed = await start({ auth: BASIC });
      const auths = { [closed.host]: auth('bot', CANARY) };
      const dockerConfig = JSON.stringify({ credsStore: 'desk', auths });
      expect(await list(open.host, { env, dockerConfig })).toEqual(['1.0']);
      expect(await list(closed.host, { env, dockerConfig })).toEqual(['1.0']);
    }));

  for (const [lines, message] of [
    [['echo "locked canary-key" >&2; exit 2'], /docker-credential-desk: it ended with 2: locked \*\*\*/],
    [['echo \'{"Secret":"canary-secret"\''], /its answer holds no Username and Secret/],
    [undefined, /docker-credential-desk: it cannot be started \(ENOENT\)/],
  ] as const) {
    test(`that fail are named when nothing else opens the registry: ${message.source}`, () =>
      withHelper(async (programs, env) => {
        if (lines !== undefined) await programs.write('docker-credential-desk', ...lines);
        await using registry = await start({ auth: BASIC });
        const failure = await list(registry.host, { env, dockerConfig: '{"credsStore":"desk"}' }).catch(
          (error) => error,
        );
        expect(failure).toMatchObject({ code: 'CREDENTIALS_INVALID', message: expect.stringMatching(message) });
        expect(inspect(failure, { depth: 9 })).not.toContain('canary');
      }));
  }
});

describe('identities', () => {
  const region = { AWS_REGION: 'eu-central-1' };

  test('that kind asks for must be there', async () => {
    await using registry = await start({ auth: BASIC });
    const endpoints = [endpointFor(registry.host, registry.url, { kind: 'ecr' })];
    await expect(list(registry.host, { endpoints, env: region })).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringContaining('there is no AWS identity of this process'),
      fix: expect.stringContaining('IRSA'),
    });
  });

  test('that kind asks for open the registry, and are asked for once', async () => {
    const token = { authorizationToken: btoa(`bot:${CANARY}`), expiresAt: Date.parse('2026-01-02') / 1000 };
    await using cloud = await startCloud(() => ({ authorizationData: [token] }));
    await using registry = await start({ auth: BASIC });
    const endpoints = [endpointFor(registry.host, registry.url, { kind: 'ecr' })];
    const env = { ...region, AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'canary' };
    await using registries = testRegistries({ endpoints, env, cloud: { ecr: () => cloud.url } });
    for (const _cycle of [1, 2]) {
      expect(await registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL)).toEqual([
        '1.0',
      ]);
    }
    expect(cloud.seen).toHaveLength(1);
  });

  test('are not shown to a registry whose certificate is not verified', async () => {
    const endpoints = [endpointFor('r.io', 'https://r.invalid', { kind: 'gar', insecure: true })];
    await expect(list('r.io', { endpoints })).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringContaining('over verified HTTPS only'),
    });
  });

  test('are not used beside credentials, nor where kind says distribution', async () => {
    await using cloud = await startCloud(() => 403);
    await using registry = await start({});
    const env = { ...region, AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'x', A: 'a:b' };
    const credentials = [known(parseCredentialSource('env:A'))];
    for (const more of [{ kind: 'ecr', credentials }, { kind: 'distribution' }] as const) {
      const endpoints = [endpointFor(registry.host, registry.url, more)];
      expect(await list(registry.host, { endpoints, env, cloud: { ecr: () => cloud.url } })).toEqual(['1.0']);
    }
    expect(cloud.seen).toEqual([]);
  });

  for (const kind of identityKinds) {
    test(`${kind.from}: no host of another kind, nor of nobody's`, () => {
      const others = ['ghcr.io', 'docker.io', 'example.com', 'amazonaws.com', 'pkg.dev', 'azurecr.io'];
      expect(others.filter((host) => kind.serves(host))).toEqual([]);
      expect(kind.fix).not.toBe('');
    });
  }
});

describe('tokens', () => {
  test('that end in the middle of a cycle fail nothing', async () => {
    const time = fakeTime();
    const options = { auth: { kind: 'bearer', lifetimeS: 60 }, now: time.now } as const;
    await using registry = await start(options);
    const tags = Array.from({ length: 40 }, (_, number) => `1.${number}`);
    for (const tag of tags) registry.putImage('acme/shop', tag, { created: '2026-01-01T00:00:00Z' });
    await using registries = testRegistries(time);
    const scan = registries.scan();
    const image = { registry: registry.host, repository: 'acme/shop' };
    await scan.listTags(image, SIGNAL);
    for (const tag of tags) {
      await time.sleep(7_000);
      const facts = await scan.describe(image, known(parseTag(tag)), { needs: 'created', platforms: [] }, SIGNAL);
      expect(facts.kind).toBe('image');
    }
    // The first, and one as soon as 55 s are over: at 56, 112, 168, 224 and 280 s.
    expect(registry.requests.filter(({ path }) => path.startsWith('/token'))).toHaveLength(6);
  });

  test('are shared over cycles, and never ask for one that lasts', async () => {
    await using registry = await start({ auth: { kind: 'bearer' } });
    await using registries = testRegistries();
    for (const _cycle of [1, 2, 3]) {
      await registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL);
    }
    const asked = registry.requests.filter(({ path }) => path.startsWith('/token'));
    expect(asked).toHaveLength(1);
    expect(asked[0]?.path).not.toContain('offline_token');
  });

  test('are given up when the credentials change', async () => {
    await using registry = await start({ auth: BEARER });
    let value = `bot:${CANARY}`;
    const credentials = [known(parseCredentialSource('secret:argocd/hub#auth'))];
    const endpoints = [endpointFor(registry.host, registry.url, { credentials })];
    await using registries = testRegistries({ endpoints, secrets: () => [secret('hub', { auth: value })] });
    const image = { registry: registry.host, repository: 'acme/shop' };
    expect(await registries.scan().listTags(image, SIGNAL)).toEqual(['1.0']);
    value = 'bot:wrong';
    await expect(registries.scan().listTags(image, SIGNAL)).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
  });
});
