import { describe, expect, test } from 'vitest';
import { CANARY } from '../../test/support/canary.ts';
import { endpointFor, fakeTime, testRegistries } from '../../test/support/registries.ts';
import { parseCredentialSource } from '../core/credentials/credential-source.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import { parseTag, type Tag } from '../core/reference.ts';
import type { Endpoint } from '../core/registry-endpoint.ts';
import { type Registry, type RegistryOptions, type SeenRequest, startRegistry } from '../demo/registry.ts';

const SIGNAL = new AbortController().signal;
const BOT = { user: 'bot', password: CANARY };
const BASIC = { kind: 'basic', ...BOT } as const;
const BEARER = { kind: 'bearer', ...BOT } as const;

function asTag(text: string): Tag {
  const tag = parseTag(text);
  if (!tag.ok) throw new Error(tag.problem);
  return tag.value;
}

function secret(name: string, data: Readonly<Record<string, string>>): KeyValueObject {
  return { namespace: 'argocd', name, labels: {}, data };
}

function endpointWith(registry: Registry, credentials: string, more: Partial<Endpoint> = {}): Endpoint {
  const source = parseCredentialSource(credentials);
  if (!source.ok) throw new Error(source.problem);
  return endpointFor(registry.host, registry.url, { credentials: [source.value], ...more });
}

function dockerConfig(host: string): string {
  return JSON.stringify({ auths: { [host]: { auth: btoa(`bot:${CANARY}`) } } });
}

async function startFilled(options: RegistryOptions): Promise<Registry> {
  const registry = await startRegistry(options);
  registry.putImage('acme/shop', '1.0', { created: '' });
  return registry;
}

/** Remembers requests and answers none of them. */
function recorder() {
  const seen: SeenRequest[] = [];
  return {
    seen,
    intercept(request: SeenRequest) {
      seen.push(request);
      return undefined;
    },
  };
}

describe('credentials come from', () => {
  const environment = { HUB: `bot:${CANARY}\n` };
  for (const [source, secrets, why] of [
    ['env:HUB', [], 'a variable, its final line end left out'],
    [
      'secret:argocd/hub#auth',
      [secret('hub', { auth: `bot:${CANARY}\n` })],
      'a field of a Secret, its final line end left out',
    ],
    ['pullsecret:argocd/hub', [secret('hub', { '.dockerconfigjson': 'HOST' })], 'a pull Secret'],
  ] as const) {
    for (const auth of [BASIC, BEARER]) {
      test(`${why}, for ${auth.kind}, set for the registry`, async () => {
        await using registry = await startFilled({ auth });
        const held = secrets.map((one) => ({ ...one, data: withHost(one.data, registry.host) }));
        await using registries = testRegistries({
          endpoints: [endpointWith(registry, source)],
          secrets: () => held,
          env: environment,
        });
        const image = { registry: registry.host, repository: 'acme/shop' };
        expect(await registries.scan().listTags(image, SIGNAL)).toEqual(['1.0']);
      });

      test(`${why}, for ${auth.kind}, set for the image`, async () => {
        await using registry = await startFilled({ auth });
        const held = secrets.map((one) => ({ ...one, data: withHost(one.data, registry.host) }));
        await using registries = testRegistries({ secrets: () => held, env: environment });
        const image = { registry: registry.host, repository: 'acme/shop', pullSecret: source };
        expect(await registries.scan().listTags(image, SIGNAL)).toEqual(['1.0']);
      });
    }
  }

  function withHost(data: Readonly<Record<string, string>>, host: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, value === 'HOST' ? dockerConfig(host) : value]),
    );
  }

  test("the user's own Docker configuration, when nothing else is set", async () => {
    await using registry = await startFilled({ auth: BASIC });
    await using registries = testRegistries({ dockerConfig: dockerConfig(registry.host) });
    expect(await registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL)).toEqual([
      '1.0',
    ]);
  });

  test('the Secret as it is in this cycle', async () => {
    await using registry = await startFilled({ auth: BASIC });
    let held: readonly KeyValueObject[] = [secret('hub', { auth: 'bot:wrong' })];
    await using registries = testRegistries({ secrets: () => held });
    const image = { registry: registry.host, repository: 'acme/shop', pullSecret: 'secret:argocd/hub#auth' };
    await expect(registries.scan().listTags(image, SIGNAL)).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
    held = [secret('hub', { auth: `bot:${CANARY}` })];
    expect(await registries.scan().listTags(image, SIGNAL)).toEqual(['1.0']);
  });
});

describe('credentials that cannot be used are a failure that names their place', () => {
  for (const [pullSecret, secrets, message] of [
    ['secret:argocd/none#auth', [], /Secret argocd\/none: it is not there/],
    ['secret:other/hub#auth', [secret('hub', { auth: `bot:${CANARY}` })], /Secret other\/hub: it is not there/],
    ['secret:argocd/hub#auth', [secret('hub', {})], /Secret argocd\/hub: it has no field auth/],
    [
      'secret:argocd/hub#auth',
      [secret('hub', { auth: CANARY })],
      /Secret argocd\/hub, field auth: it does not read user:password/,
    ],
    ['pullsecret:argocd/hub', [secret('hub', { auth: `bot:${CANARY}` })], /it has no field \.dockerconfigjson/],
    ['pullsecret:argocd/hub', [secret('hub', { '.dockerconfigjson': `{"${CANARY}` })], /it is not JSON/],
    [
      'pullsecret:argocd/hub',
      [secret('hub', { '.dockerconfigjson': dockerConfig('other.io') })],
      /it has nothing for 127\.0\.0\.1/,
    ],
    ['env:NONE', [], /variable NONE: it is not set/],
    ['env:BAD', [], /variable BAD: it does not read user:password/],
    ['ext:/bin/true', [], /script \/bin\/true: it does not read user:password/],
    ['ext:/nowhere/s3', [], /script \/nowhere\/s3: it cannot be started \(ENOENT\)/],
    [CANARY, [], /the image's pull secret is not a credential source/],
  ] as const) {
    test(message.source, async () => {
      await using registry = await startFilled({ auth: BASIC });
      await using registries = testRegistries({
        // Only the registry's own script runs.
        ...(pullSecret.startsWith('ext:') ? { endpoints: [endpointWith(registry, pullSecret)] } : {}),
        secrets: () => secrets,
        env: { BAD: CANARY },
        dockerConfig: dockerConfig(registry.host),
      });
      const image = { registry: registry.host, repository: 'acme/shop', pullSecret };
      const failure = await registries
        .scan()
        .listTags(image, SIGNAL)
        .catch((error) => error);
      expect(failure).toMatchObject({ code: 'CREDENTIALS_INVALID', message: expect.stringMatching(message) });
      expect(`${failure.message} ${failure.fix} ${failure.stack}`).not.toContain(CANARY);
      expect(registry.requests.filter(({ path }) => path !== '/v2/')).toEqual([]);
    });
  }
});

describe('what is this process’s own, an image may not take', () => {
  const env = { HUB: `bot:${CANARY}` };
  for (const [pullSecret, registry, message] of [
    [
      'env:HUB',
      'evil.example.com',
      'an image may take variable HUB to evil.example.com only where registries.conf allows it',
    ],
    [
      'ENV:HUB',
      'evil.example.com:8443',
      'an image may take variable HUB to evil.example.com:8443 only where registries.conf allows it',
    ],
    [
      'x=env:HUB',
      'evil.example.com',
      'an image may take variable HUB to evil.example.com only where registries.conf allows it',
    ],
    [
      'ext:/usr/bin/env',
      'evil.example.com',
      'an image may take script /usr/bin/env to evil.example.com only where registries.conf allows it',
    ],
    [
      'ext:/usr/bin/env',
      'docker.io',
      'an image may take script /usr/bin/env to Docker Hub only where registries.conf allows it',
    ],
    [
      'ext:/usr/bin/env',
      '127.0.0.1:9',
      'an image may take script /usr/bin/env to 127.0.0.1:9 only where registries.conf allows it',
    ],
  ] as const) {
    test(`${pullSecret} to ${registry}`, async () => {
      await using registries = testRegistries({ env });
      const listed = registries.scan().listTags({ registry, repository: 'acme/shop', pullSecret }, SIGNAL);
      await expect(listed).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID', message });
    });
  }

  test('but to a registry that is configured it may take a variable', async () => {
    await using registry = await startFilled({ auth: BASIC });
    const endpoints = [endpointFor(registry.host, registry.url)];
    await using registries = testRegistries({ endpoints, env });
    const image = { registry: registry.host, repository: 'acme/shop', pullSecret: 'env:HUB' };
    expect(await registries.scan().listTags(image, SIGNAL)).toEqual(['1.0']);
  });
});

describe('tokens', () => {
  test('are asked for once per repository, by all who ask at the same time', async () => {
    await using registry = await startFilled({ auth: { kind: 'bearer' } });
    registry.putImage('acme/other', '1.0', { created: '' });
    await using registries = testRegistries();
    const scan = registries.scan();
    const platforms = [{ os: 'linux', architecture: 'amd64' }];
    const tags = ['1.0', '1.1', '1.2'];
    for (const tag of tags) registry.putImage('acme/shop', tag, { created: '2026-01-01T00:00:00Z' });
    const shop = { registry: registry.host, repository: 'acme/shop' };
    await Promise.all([
      scan.listTags(shop, SIGNAL),
      scan.listTags({ ...shop, repository: 'acme/other' }, SIGNAL),
      ...(await scan.listTags(shop, SIGNAL)).map((tag) =>
        scan.describe(shop, asTag(tag), { needs: 'created', platforms }, SIGNAL),
      ),
    ]);
    const asked = registry.requests.filter(({ path }) => path.startsWith('/token')).map(({ path }) => path);
    expect(asked.sort()).toEqual([
      '/token?service=registry&scope=repository%3Aacme%2Fother%3Apull',
      '/token?service=registry&scope=repository%3Aacme%2Fshop%3Apull',
    ]);
    expect(registry.requests.filter(({ path }) => path === '/v2/')).toHaveLength(1);
  });

  test('are renewed when their time is over', async () => {
    const time = fakeTime();
    await using registry = await startFilled({ auth: { kind: 'bearer', lifetimeS: 60 }, now: time.now });
    await using registries = testRegistries(time);
    const scan = registries.scan();
    const shop = { registry: registry.host, repository: 'acme/shop' };
    const question = { needs: 'digest', platforms: [] } as const;
    await scan.listTags(shop, SIGNAL);
    await time.sleep(61_000);
    expect(await scan.describe(shop, asTag('1.0'), question, SIGNAL)).toMatchObject({ kind: 'image' });
    expect(registry.requests.filter(({ path }) => path.startsWith('/token'))).toHaveLength(2);
  });

  test('are renewed when the registry refuses them before that', async () => {
    let refusals = 1;
    await using registry = await startFilled({
      auth: { kind: 'bearer' },
      intercept: ({ path, headers }) => {
        if (!path.includes('/tags/list') || refusals-- <= 0) return undefined;
        const realm = `http://${headers.host}/token`;
        return { status: 401, headers: { 'WWW-Authenticate': `Bearer realm="${realm}",service="registry"` } };
      },
    });
    await using registries = testRegistries();
    expect(await registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL)).toEqual([
      '1.0',
    ]);
  });

  test('are learnt of from the list when /v2/ lets everybody in', async () => {
    await using registry = await startFilled({
      auth: BEARER,
      intercept: ({ path }) => (path === '/v2/' ? { status: 200, body: '{}' } : undefined),
    });
    await using registries = testRegistries({ dockerConfig: dockerConfig(registry.host) });
    expect(await registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL)).toEqual([
      '1.0',
    ]);
  });

  for (const [why, body] of [
    ['no JSON', '<html>'],
    ['no token in it', '{"expires_in":60}'],
    ['a line end in it', '{"token":"a\\r\\nX-Injected: yes"}'],
  ] as const) {
    test(`that are none are REGISTRY_INVALID_ANSWER: ${why}`, async () => {
      await using registry = await startFilled({
        auth: { kind: 'bearer' },
        intercept: ({ path }) => (path.startsWith('/token') ? { status: 200, body } : undefined),
      });
      await using registries = testRegistries();
      const list = registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL);
      await expect(list).rejects.toMatchObject({ code: 'REGISTRY_INVALID_ANSWER' });
    });
  }
});

describe('a refusal says who was refused', () => {
  for (const auth of [BASIC, BEARER]) {
    test(`nobody in particular, ${auth.kind}`, async () => {
      await using registry = await startFilled({ auth });
      await using registries = testRegistries();
      const list = registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL);
      await expect(list).rejects.toMatchObject({
        code: 'REGISTRY_UNAUTHORIZED',
        message: expect.stringContaining('asked anonymously'),
        fix: expect.stringContaining('give credentials'),
      });
    });

    test(`somebody with the wrong password, ${auth.kind}, and does not try for ever`, async () => {
      await using registry = await startFilled({ auth });
      const endpoints = [endpointWith(registry, 'env:HUB')];
      await using registries = testRegistries({ endpoints, env: { HUB: 'bot:wr0ng' } });
      const list = registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL);
      const failure = await list.catch((error) => error);
      expect(failure).toMatchObject({
        code: 'REGISTRY_UNAUTHORIZED',
        message: expect.stringContaining('with the credentials from variable HUB'),
      });
      expect(`${failure.message} ${failure.fix}`).not.toContain('wr0ng');
      expect(registry.requests.length).toBeLessThan(4);
    });
  }
});

describe('a token realm on another host', () => {
  test('gets no password when it is named over plain HTTP, but may let everybody in', async () => {
    const { seen, intercept } = recorder();
    await using tokens = await startRegistry({ auth: { kind: 'bearer', key: 'shared' }, intercept });
    const realm = `${tokens.url.replace('127.0.0.1', 'localhost')}/token`;
    await using registry = await startFilled({ auth: { kind: 'bearer', key: 'shared', realm } });
    const endpoints = [endpointWith(registry, 'env:HUB')];
    await using registries = testRegistries({ endpoints, env: { HUB: `bot:${CANARY}` } });
    expect(await registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL)).toEqual([
      '1.0',
    ]);
    expect(seen.map(({ headers, path }) => [headers.authorization, path.includes('bot')])).toEqual([
      [undefined, false],
    ]);
  });

  test('says so when that was not enough', async () => {
    await using tokens = await startRegistry({ auth: { ...BEARER, key: 'shared' } });
    const realm = `${tokens.url.replace('127.0.0.1', 'localhost')}/token`;
    await using registry = await startFilled({ auth: { ...BEARER, key: 'shared', realm } });
    const endpoints = [endpointWith(registry, 'env:HUB')];
    await using registries = testRegistries({ endpoints, env: { HUB: `bot:${CANARY}` } });
    const list = registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL);
    await expect(list).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
      message: expect.stringContaining('they were not sent, since localhost'),
    });
  });

  test('is refused when it is another machine over plain HTTP, and nothing is sent there', async () => {
    await using registry = await startFilled({ auth: { ...BEARER, realm: 'http://registry.invalid/token' } });
    await using registries = testRegistries();
    const list = registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL);
    await expect(list).rejects.toMatchObject({ code: 'REGISTRY_REALM_REFUSED' });
  });

  for (const auth of [BASIC, BEARER]) {
    test(`is refused when a redirect led to who named it, ${auth.kind}`, async () => {
      const { seen, intercept } = recorder();
      await using thief = await startRegistry({ auth, intercept });
      await using registry = await startRegistry({
        intercept: ({ path }) => ({ status: 307, headers: { Location: `${thief.url}${path}` } }),
      });
      const endpoints = [endpointWith(registry, 'env:HUB')];
      await using registries = testRegistries({ endpoints, env: { HUB: `bot:${CANARY}` } });
      const list = registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL);
      await expect(list).rejects.toMatchObject({ code: 'REGISTRY_REALM_REFUSED' });
      expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    });
  }
});

describe('credentials stay with their host', () => {
  for (const auth of [BASIC, BEARER]) {
    test(`when a blob is kept elsewhere, ${auth.kind}`, async () => {
      const { seen, intercept } = recorder();
      await using storage = await startRegistry({ intercept });
      await using registry = await startFilled({
        auth,
        intercept: ({ path }) =>
          path.includes('/blobs/')
            ? { status: 307, headers: { Location: `${storage.url}${path}?signature=x` } }
            : undefined,
      });
      const spec = { created: '2026-01-02T03:04:05Z' };
      storage.putImage('acme/shop', '2.0', spec);
      registry.putImage('acme/shop', '2.0', spec);
      await using registries = testRegistries({ dockerConfig: dockerConfig(registry.host) });
      const shop = { registry: registry.host, repository: 'acme/shop' };
      const facts = await registries.scan().describe(shop, asTag('2.0'), { needs: 'created', platforms: [] }, SIGNAL);
      expect(facts).toMatchObject({ kind: 'image', createdNs: BigInt(Date.parse(spec.created)) * 1_000_000n });
      expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    });

    test(`when the next page of tags is elsewhere, ${auth.kind}`, async () => {
      const { seen, intercept } = recorder();
      await using elsewhere = await startFilled({ intercept });
      await using registry = await startFilled({
        auth,
        intercept: ({ path, headers }) =>
          path.includes('/tags/list') && headers.authorization
            ? {
                status: 200,
                headers: { Link: `<${elsewhere.url}/v2/acme/shop/tags/list?last=0>; rel="next"` },
                body: '{"tags":["0"]}',
              }
            : undefined,
      });
      await using registries = testRegistries({ dockerConfig: dockerConfig(registry.host) });
      const list = registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL);
      expect(await list).toEqual(['0', '1.0']);
      expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    });
  }

  test('and those of one image are not those of another', async () => {
    const { seen, intercept } = recorder();
    await using registry = await startFilled({ intercept });
    await using registries = testRegistries({ env: { A: 'a:1', B: 'b:2' } });
    const scan = registries.scan();
    const shop = { registry: registry.host, repository: 'acme/shop' };
    await Promise.all(
      [{ pullSecret: 'env:A' }, { pullSecret: 'env:B' }, { pullSecret: 'env:A' }].map((one) =>
        scan.listTags({ ...shop, ...one }, SIGNAL),
      ),
    );
    expect(seen.filter(({ path }) => path.includes('/tags/list'))).toHaveLength(2);
  });
});
