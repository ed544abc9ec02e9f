import { describe, expect, test } from 'vitest';
import { endpointFor, testRegistries } from '../../test/support/registries.ts';
import { type Registry, type RegistryOptions, startRegistry } from '../demo/registry.ts';

const SIGNAL = new AbortController().signal;
const CREATED = '2026-01-02T03:04:05Z';

function shop(registry: Registry) {
  return { registry: registry.host, repository: 'acme/shop' };
}

function fill(registry: Registry, ...tags: readonly string[]): void {
  for (const tag of tags) registry.putImage('acme/shop', tag, { created: CREATED });
}

async function listOf(options: RegistryOptions): Promise<readonly string[]> {
  await using registry = await startRegistry(options);
  await using registries = testRegistries();
  fill(registry, '1.0', '1.1');
  return await registries.scan().listTags(shop(registry), SIGNAL);
}

/** Answers the tag list by a page for each value of `last`; the rest by itself. */
function pages(table: Readonly<Record<string, { tags?: unknown; link?: string }>>): RegistryOptions {
  return {
    intercept({ path }) {
      const url = new URL(path, 'http://registry');
      const page = url.pathname.endsWith('/tags/list') ? table[url.searchParams.get('last') ?? ''] : undefined;
      if (page === undefined) return undefined;
      const headers = { 'Content-Type': 'application/json', ...(page.link === undefined ? {} : { Link: page.link }) };
      return { status: 200, headers, body: JSON.stringify({ name: 'acme/shop', tags: page.tags }) };
    },
  };
}

describe('all pages are read', () => {
  for (const pageSize of [1, 2, 3, 1000]) {
    test(`of ${pageSize} tags`, async () => {
      await using registry = await startRegistry({ pageSize });
      await using registries = testRegistries();
      fill(registry, '1.0', '1.1', '1.2');
      expect(await registries.scan().listTags(shop(registry), SIGNAL)).toEqual(['1.0', '1.1', '1.2']);
    });
  }

  for (const [why, table, expected] of [
    ['in the order of the registry, with what it says twice', { '': { tags: ['b', 'a', 'b'] } }, ['b', 'a', 'b']],
    ['over an empty page', { '': { tags: null, link: '<?last=x>; rel="next"' }, x: { tags: ['a'] } }, ['a']],
    [
      'when the link is relative to the list',
      { '': { tags: ['a'], link: '<list?last=a>; rel="next"' }, a: { tags: ['b'] } },
      ['a', 'b'],
    ],
  ] as const) {
    test(why, async () => {
      expect(await listOf(pages(table))).toEqual(expected);
    });
  }

  test('when the link is absolute', async () => {
    const options: RegistryOptions = {
      intercept: ({ path, headers }) =>
        path.includes('last=')
          ? undefined
          : path.includes('/tags/list')
            ? {
                status: 200,
                headers: { Link: `<http://${headers.host}/v2/acme/shop/tags/list?last=1.0>; rel="next"` },
                body: '{"tags":["1.0"]}',
              }
            : undefined,
    };
    expect(await listOf(options)).toEqual(['1.0', '1.1']);
  });
});

describe('a list that cannot be trusted is a failure', () => {
  for (const [why, table, code] of [
    [
      'its next page is on another host',
      { '': { tags: ['a'], link: '<http://registry.invalid/v2/acme/shop/tags/list?last=a>; rel="next"' } },
      'REGISTRY_INVALID_ANSWER',
    ],
    ['its pages lead in a circle', { '': { tags: ['a'], link: '<?last=>; rel="next"' } }, 'REGISTRY_INVALID_ANSWER'],
    [
      'its pages lead in a wider circle',
      { '': { tags: ['a'], link: '<?last=a>; rel="next"' }, a: { tags: ['b'], link: '<?last=a>; rel="next"' } },
      'REGISTRY_INVALID_ANSWER',
    ],
    ['its link cannot be read', { '': { tags: ['a'], link: '?last=a; rel="next"' } }, 'REGISTRY_INVALID_ANSWER'],
    [
      'its link is no web address',
      { '': { tags: ['a'], link: '<file:///etc/passwd>; rel="next"' } },
      'REGISTRY_INVALID_ANSWER',
    ],
    [
      'its second page is missing',
      { '': { tags: ['a'], link: '</v2/none/tags/list?last=z>; rel="next"' } },
      'REGISTRY_NOT_FOUND',
    ],
    ['it is empty', { '': { tags: [] } }, 'REGISTRY_EMPTY'],
    ['it is null', { '': { tags: null } }, 'REGISTRY_EMPTY'],
    ['it is no list', { '': { tags: 'a' } }, 'REGISTRY_INVALID_ANSWER'],
    ['it holds other things', { '': { tags: ['a', 1] } }, 'REGISTRY_INVALID_ANSWER'],
    ['it is not there', { '': {} }, 'REGISTRY_INVALID_ANSWER'],
  ] as const) {
    test(why, async () => {
      await expect(listOf(pages(table))).rejects.toMatchObject({ code });
    });
  }

  test('it never ends', async () => {
    let page = 0;
    const endless: RegistryOptions = {
      intercept: ({ path }) =>
        path.includes('/tags/list')
          ? { status: 200, headers: { Link: `<?last=${++page}>; rel="next"` }, body: '{"tags":["a"]}' }
          : undefined,
    };
    await expect(listOf(endless)).rejects.toMatchObject({ code: 'REGISTRY_INVALID_ANSWER' });
  });
});

describe('one look', () => {
  test('answers the same question once, however many ask and however they spell it', async () => {
    await using registry = await startRegistry();
    await using registries = testRegistries();
    fill(registry, '1.0');
    const scan = registries.scan();
    await Promise.all(Array.from({ length: 20 }, () => scan.listTags(shop(registry), SIGNAL)));
    await scan.listTags({ registry: registry.host.toUpperCase(), repository: 'acme/shop' }, SIGNAL);
    const paths = registry.requests.map(({ path }) => path);
    expect(paths).toEqual(['/v2/', '/v2/acme/shop/tags/list?n=1000']);
  });

  test('is fresh the next time, and what the registry demands is still known', async () => {
    await using registry = await startRegistry();
    await using registries = testRegistries();
    fill(registry, '1.0');
    expect(await registries.scan().listTags(shop(registry), SIGNAL)).toEqual(['1.0']);
    fill(registry, '1.1');
    expect(await registries.scan().listTags(shop(registry), SIGNAL)).toEqual(['1.0', '1.1']);
    expect(registry.requests.filter(({ path }) => path === '/v2/')).toHaveLength(1);
  });

  test('asks as many repositories at a time as it may, and no more', async () => {
    let present = 0;
    let most = 0;
    await using registry = await startRegistry({
      latencyMs: 20,
      intercept: () => {
        present--;
        return undefined;
      },
    });
    await using registries = testRegistries({ limits: { concurrency: 4 } });
    const watched = setInterval(() => {
      most = Math.max(most, registry.requests.length + present);
    }, 1);
    const scan = registries.scan();
    const names = Array.from({ length: 12 }, (_, number) => `acme/app${number}`);
    for (const name of names) registry.putImage(name, '1.0', { created: CREATED });
    await Promise.all(names.map((repository) => scan.listTags({ registry: registry.host, repository }, SIGNAL)));
    clearInterval(watched);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  test('does not ask /v2/ where ping is off', async () => {
    await using registry = await startRegistry();
    await using registries = testRegistries({ endpoints: [endpointFor(registry.host, registry.url, { ping: false })] });
    fill(registry, '1.0');
    await registries.scan().listTags(shop(registry), SIGNAL);
    expect(registry.requests.map(({ path }) => path)).toEqual(['/v2/acme/shop/tags/list?n=1000']);
  });

  test('goes to the configured address, with its path and namespace', async () => {
    await using registry = await startRegistry({
      intercept: ({ path }) => ({
        status: 200,
        body: path === '/docker/v2/library/nginx/tags/list?n=1000' ? '{"tags":["1"]}' : '',
      }),
    });
    const hub = endpointFor('docker.io', `${registry.url}/docker`, { defaultNamespace: 'library' });
    await using registries = testRegistries({ config: { endpoints: [hub], defaultEndpoint: hub } });
    expect(await registries.scan().listTags({ registry: '', repository: 'nginx' }, SIGNAL)).toEqual(['1']);
  });
});

describe('names that no registry can have are refused without asking', () => {
  for (const [registry, repository] of [
    ['user:password@127.0.0.1', 'acme/shop'],
    ['127.0.0.1/..', 'acme/shop'],
    ['127.0.0.1', 'acme/../other'],
    ['127.0.0.1', 'Acme/Shop'],
    ['127.0.0.1', 'acme/shop?n=1'],
  ] as const) {
    test(`${registry} ${repository}`, async () => {
      await using registries = testRegistries();
      await expect(registries.scan().listTags({ registry, repository }, SIGNAL)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
      });
    });
  }
});
