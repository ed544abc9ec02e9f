import { expect, test } from 'vitest';
import { endpointFor, testRegistries } from '../../test/support/registries.ts';
import { startSocksProxy } from '../../test/support/socks-proxy.ts';
import { startRegistry } from '../demo/registry.ts';

const SIGNAL = new AbortController().signal;
/** A name that no resolver knows: only a proxy can reach it. */
const FAR = 'registry.invalid';
const FAR_ENDPOINT = endpointFor(FAR, `http://${FAR}`, { insecure: true });

test('HTTP_PROXY is used for other machines', async () => {
  await using proxy = await startRegistry();
  proxy.putImage('acme/shop', '1.0', { created: '' });
  await using registries = testRegistries({ endpoints: [FAR_ENDPOINT], env: { HTTP_PROXY: proxy.url } });
  expect(await registries.scan().listTags({ registry: FAR, repository: 'acme/shop' }, SIGNAL)).toEqual(['1.0']);
  expect(proxy.requests.map(({ path }) => path)).toContain(`http://${FAR}/v2/`);
});

test('NO_PROXY excepts some of them', async () => {
  await using proxy = await startRegistry();
  const env = { http_proxy: proxy.url, no_proxy: FAR };
  await using registries = testRegistries({ endpoints: [FAR_ENDPOINT], env });
  const list = registries.scan().listTags({ registry: FAR, repository: 'acme/shop' }, SIGNAL);
  await expect(list).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  expect(proxy.requests).toEqual([]);
});

test('this machine is never reached by a proxy', async () => {
  await using proxy = await startRegistry();
  await using registry = await startRegistry();
  registry.putImage('acme/shop', '1.0', { created: '' });
  await using registries = testRegistries({ env: { HTTP_PROXY: proxy.url } });
  expect(await registries.scan().listTags({ registry: registry.host, repository: 'acme/shop' }, SIGNAL)).toEqual([
    '1.0',
  ]);
  expect(proxy.requests).toEqual([]);
});

test('a SOCKS5 proxy is shown its login decoded', async () => {
  await using registry = await startRegistry();
  registry.putImage('acme/shop', '1.0', { created: '' });
  await using proxy = await startSocksProxy({ login: 'user:p@ss' });
  const { port } = new URL(registry.url);
  const endpoint = endpointFor(FAR, `http://${FAR}:${port}`, { insecure: true });
  const env = { HTTP_PROXY: proxy.url.replace('//', '//user:p%40ss@') };
  await using registries = testRegistries({ endpoints: [endpoint], env });
  expect(await registries.scan().listTags({ registry: FAR, repository: 'acme/shop' }, SIGNAL)).toEqual(['1.0']);
  expect(proxy.seen).toContain(`${FAR}:${port}`);
});
