import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readInCluster } from './in-cluster.ts';
import { readKubeconfig } from './kubeconfig.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tiphys-kubeconfig-'));
  await mkdir(join(folder, 'home/.kube'), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Parts {
  readonly context?: object;
  readonly cluster?: object;
  readonly user?: object;
  readonly name?: string;
  readonly current?: string;
}

function config({ context, cluster, user, name = 'prod', current = name }: Parts = {}): string {
  return JSON.stringify({
    'current-context': current,
    contexts: [{ name, context: { cluster: name, user: name, ...context } }],
    clusters: [{ name, cluster: { server: `https://${name}.example:6443`, ...cluster } }],
    users: [{ name, user: { token: 'canary', ...user } }],
  });
}

async function place(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

function read(
  path: string | undefined,
  more: { readonly context?: string; readonly env?: Record<string, string> } = {},
) {
  return readKubeconfig({ path, context: more.context, env: more.env ?? {}, home: join(folder, 'home') });
}

describe('which cluster', () => {
  test('the current context, its namespace, its user', async () => {
    const path = await place('one', config({ context: { namespace: 'shop' } }));
    expect(await read(path)).toEqual({
      source: `context prod of ${path}`,
      server: 'https://prod.example:6443',
      namespace: 'shop',
      isInsecure: false,
      user: { proof: { kind: 'token', token: 'canary' }, impersonation: {} },
    });
  });

  test('the first file of KUBECONFIG that says something; missing ones are passed over', async () => {
    const [prod, test] = [await place('p', config()), await place('t', config({ name: 'test' }))];
    const env = { KUBECONFIG: [join(folder, 'missing'), test, prod].join(delimiter) };
    expect(await read(undefined, { env })).toMatchObject({ server: 'https://test.example:6443' });
    expect(await read(undefined, { env, context: 'prod' })).toMatchObject({ server: 'https://prod.example:6443' });
  });

  test('~/.kube/config without it, and none at all without that', async () => {
    expect(await read(undefined)).toBeUndefined();
    await place('home/.kube/config', 'apiVersion: v1\nkind: Config\n');
    expect(await read(undefined)).toBeUndefined();
    await place('home/.kube/config', config());
    expect(await read(undefined)).toMatchObject({ namespace: 'default' });
  });

  test('files lie beside the kubeconfig that names them, and data counts before them', async () => {
    await place('ca.crt', 'FILE');
    const data = { 'certificate-authority-data': Buffer.from('DATA').toString('base64') };
    const cluster = { 'certificate-authority': 'ca.crt', 'tls-server-name': 'kubernetes' };
    expect(await read(await place('f', config({ cluster })))).toMatchObject({ ca: 'FILE', serverName: 'kubernetes' });
    expect(await read(await place('d', config({ cluster: { ...cluster, ...data } })))).toMatchObject({ ca: 'DATA' });
  });

  test('its own proxy, else that of the environment', async () => {
    const path = await place('x', config());
    const env = { HTTPS_PROXY: 'http://proxy.example:3128' };
    expect(await read(path, { env })).toMatchObject({ proxy: 'http://proxy.example:3128' });
    expect(await read(path, { env: { ...env, NO_PROXY: '.example' } })).not.toHaveProperty('proxy');
    const own = await place('y', config({ cluster: { 'proxy-url': 'http://own.example:1' } }));
    expect(await read(own, { env })).toMatchObject({ proxy: 'http://own.example:1' });
  });
});

describe('as whom', () => {
  for (const [user, expected] of [
    [{ tokenFile: 'token' }, { kind: 'token-file', path: expect.stringMatching(/^\/.*\/token$/) }],
    [
      { token: '', username: 'me', password: 'canary' },
      { kind: 'basic', username: 'me', password: 'canary' },
    ],
    [{ token: '' }, { kind: 'none' }],
    [
      {
        token: '',
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: './login',
          args: ['-v'],
          env: [{ name: 'A', value: 'b' }],
        },
      },
      {
        kind: 'plugin',
        plugin: { command: expect.stringMatching(/^\/.*\/login$/), args: ['-v'], env: { A: 'b' }, wantsCluster: false },
      },
    ],
  ] as const) {
    test(JSON.stringify(user), async () => {
      const found = await read(await place('user', config({ user })));
      expect(found?.user.proof).toMatchObject(expected);
    });
  }

  test('somebody else, whom the user may act as', async () => {
    const user = { as: 'bot', 'as-groups': ['a', 'b'], 'as-user-extra': { 'example.com/x': ['1'] } };
    expect((await read(await place('as', config({ user }))))?.user.impersonation).toEqual({
      'impersonate-user': 'bot',
      'impersonate-group': ['a', 'b'],
      'impersonate-extra-example.com%2Fx': ['1'],
    });
  });
});

describe('what cannot be used', () => {
  for (const [parts, message] of [
    [{ current: 'prd' }, 'there is no context prd'],
    [{ context: { cluster: 'east' } }, 'there is no cluster east'],
    [{ context: { user: 'her' } }, 'there is no user her'],
    [{ cluster: { server: 'prod.example' } }, 'cluster prod has no server that is a URL'],
    [{ cluster: { server: 'https://me:canary@prod.example' } }, "has credentials in its server's URL"],
    [{ cluster: { 'proxy-url': 'ftp://me:canary@x' } }, 'is not http://, https:// or socks5://'],
    [{ user: { 'client-certificate-data': 'YQ==' } }, 'a certificate without its key'],
    [{ user: { 'client-key': 'missing.key' } }, 'there is no such file'],
    [{ user: { 'auth-provider': { name: 'gcp' } } }, 'an auth-provider, which is no longer supported'],
    [{ user: { token: '', exec: { command: 'x', apiVersion: 'v1alpha1' } } }, 'an unknown apiVersion'],
  ] as const) {
    test(message, async () => {
      const failure = read(await place('bad', config(parts)));
      await expect(failure).rejects.toMatchObject({
        code: 'KUBECONFIG_INVALID',
        message: expect.stringContaining(message),
      });
      await expect(failure).rejects.toMatchObject({ message: expect.not.stringContaining('canary') });
    });
  }

  test('a slip in a context is answered with the nearest', async () => {
    await expect(read(await place('slip', config()), { context: 'prodd' })).rejects.toMatchObject({ fix: 'use prod' });
  });

  test('a file that was named and is missing, or is not YAML', async () => {
    await expect(read(join(folder, 'missing'))).rejects.toMatchObject({ code: 'KUBECONFIG_INVALID' });
    await expect(read(await place('text', 'a: [canary'))).rejects.toMatchObject({
      message: expect.stringMatching(/^is not YAML at line 1: (?!.*canary)/),
    });
  });
});

describe('inside a Pod', () => {
  const service = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };

  test('its ServiceAccount, past every proxy', async () => {
    const pod = join(folder, 'pod');
    await mkdir(pod, { recursive: true });
    await Promise.all(['token', 'ca.crt', 'namespace'].map((name) => writeFile(join(pod, name), `${name}\n`)));
    expect(await readInCluster({ ...service, HTTPS_PROXY: 'http://proxy' }, pod)).toEqual({
      source: 'the ServiceAccount of this Pod',
      server: 'https://[fd00::1]:443',
      namespace: 'namespace',
      isInsecure: false,
      ca: 'ca.crt\n',
      user: { proof: { kind: 'token-file', path: join(pod, 'token') }, impersonation: {} },
    });
    expect(await readInCluster({ ...service, POD_NAMESPACE: 'mine' }, pod)).toMatchObject({ namespace: 'mine' });
  });

  test('is nowhere else', async () => {
    expect(await readInCluster({}, folder)).toBeUndefined();
    expect(await readInCluster(service, join(folder, 'no-account'))).toBeUndefined();
  });
});
