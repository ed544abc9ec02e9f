import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../core/digest.ts';
import { type RegistryOptions, startRegistry } from './registry.ts';

const run = promisify(execFile);
const hasSkopeo = await run('skopeo', ['--version']).then(
  () => true,
  () => false,
);
const CREATED = '2026-01-02T03:04:05Z';
const bytes = Buffer.from('a blob');
const digest = digestOf(bytes);

/** `Location` answers are relative, as the specification allows. */
function at(url: string, path: string | null): string {
  return new URL(path ?? '', url).href;
}

describe('reading', () => {
  test('a tag names an image whose parts are there and are what their digests say', async () => {
    await using registry = await startRegistry();
    const put = registry.putImage('acme/shop', '1.0.0', { created: CREATED, labels: { team: 'shop' } });
    const response = await fetch(`${registry.url}/v2/acme/shop/manifests/1.0.0`);
    expect(response.headers.get('docker-content-digest')).toBe(put);
    const text = await response.bytes();
    expect(digestOf(text)).toBe(put);
    const manifest = JSON.parse(Buffer.from(text).toString());
    const config = await (await fetch(`${registry.url}/v2/acme/shop/blobs/${manifest.config.digest}`)).json();
    expect(config).toMatchObject({
      created: CREATED,
      os: 'linux',
      architecture: 'amd64',
      config: { Labels: { team: 'shop' } },
    });
  });

  test('several platforms make an index', async () => {
    await using registry = await startRegistry();
    registry.putImage('acme/shop', '1.0.0', { created: CREATED, platforms: ['linux/amd64', 'linux/arm64/v8'] });
    const index = await (await fetch(`${registry.url}/v2/acme/shop/manifests/1.0.0`)).json();
    expect(index).toMatchObject({
      manifests: [
        { platform: { os: 'linux', architecture: 'amd64' } },
        { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
      ],
    });
  });

  test('tags come in pages, joined by relative links', async () => {
    await using registry = await startRegistry({ pageSize: 2 });
    for (const tag of ['1.2', '1.0', '1.1']) registry.putImage('acme/shop', tag, { created: CREATED });
    const first = await fetch(`${registry.url}/v2/acme/shop/tags/list?n=1000`);
    expect(await first.json()).toEqual({ name: 'acme/shop', tags: ['1.0', '1.1'] });
    expect(first.headers.get('link')).toBe('</v2/acme/shop/tags/list?last=1.1&n=2>; rel="next"');
    const second = await fetch(at(registry.url, '/v2/acme/shop/tags/list?last=1.1&n=2'));
    expect(await second.json()).toEqual({ name: 'acme/shop', tags: ['1.2'] });
    expect(second.headers.get('link')).toBeNull();
  });

  test('a deleted tag is gone', async () => {
    await using registry = await startRegistry();
    registry.putImage('acme/shop', '1.0', { created: CREATED });
    registry.deleteTag('acme/shop', '1.0');
    expect((await fetch(`${registry.url}/v2/acme/shop/manifests/1.0`)).status).toBe(404);
  });

  for (const [method, path, status, code] of [
    ['GET', '/v2/acme/none/tags/list', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/acme/none/manifests/1', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/acme/shop/manifests/9', 404, 'MANIFEST_UNKNOWN'],
    ['GET', `/v2/acme/shop/blobs/${digest}`, 404, 'BLOB_UNKNOWN'],
    ['GET', '/v2/acme/shop/tags/list?n=many', 400, 'PAGINATION_NUMBER_INVALID'],
    ['DELETE', '/v2/acme/shop/manifests/1.0', 405, 'UNSUPPORTED'],
    ['GET', '/v2/ACME/shop/tags/list', 404, 'UNSUPPORTED'],
    ['GET', '/elsewhere', 404, 'UNSUPPORTED'],
  ] as const) {
    test(`${method} ${path} is ${status} ${code}`, async () => {
      await using registry = await startRegistry();
      registry.putImage('acme/shop', '1.0', { created: CREATED });
      const response = await fetch(registry.url + path, { method });
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ errors: [{ code }] });
    });
  }
});

describe('pushing a blob', () => {
  test('in one request', async () => {
    await using registry = await startRegistry();
    const url = `${registry.url}/v2/acme/shop/blobs/uploads/?digest=${digest}`;
    expect((await fetch(url, { method: 'POST', body: bytes })).status).toBe(201);
    expect(await (await fetch(`${registry.url}/v2/acme/shop/blobs/${digest}`)).text()).toBe('a blob');
    expect(
      (await fetch(`${registry.url}/v2/acme/shop/blobs/${digest}`, { method: 'HEAD' })).headers.get('content-length'),
    ).toBe('6');
  });

  test('in chunks, after a mount that was not granted', async () => {
    await using registry = await startRegistry();
    const begin = `${registry.url}/v2/acme/shop/blobs/uploads/?mount=${digest}&from=acme/base`;
    const begun = await fetch(begin, { method: 'POST' });
    expect(begun.status).toBe(202);
    const place = at(registry.url, begun.headers.get('location'));
    const patch = { method: 'PATCH', body: bytes.subarray(0, 2), headers: { 'Content-Range': '0-1' } };
    expect((await fetch(place, patch)).headers.get('range')).toBe('0-1');
    expect((await fetch(place, patch)).status).toBe(416); // the same chunk again
    expect((await fetch(place)).headers.get('range')).toBe('0-1');
    const end = await fetch(`${place}?digest=${digest}`, { method: 'PUT', body: bytes.subarray(2) });
    expect(end.status).toBe(201);
    expect((await fetch(place)).status).toBe(404);
  });

  test('is refused when the content is not what the digest says', async () => {
    await using registry = await startRegistry();
    const url = `${registry.url}/v2/acme/shop/blobs/uploads/?digest=${digest}`;
    const response = await fetch(url, { method: 'POST', body: 'another blob' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ code: 'DIGEST_INVALID' }] });
  });

  test('is refused when the registry is full', async () => {
    await using registry = await startRegistry({ capBytes: 5 });
    const url = `${registry.url}/v2/acme/shop/blobs/uploads/?digest=${digest}`;
    expect((await fetch(url, { method: 'POST', body: bytes })).status).toBe(413);
  });
});

describe('pushing a manifest', () => {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const index = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [] });
  for (const [reference, body, status, code] of [
    ['1.0', index, 201, undefined],
    [digestOf(Buffer.from(index)), index, 201, undefined],
    [`sha256:${'0'.repeat(64)}`, index, 400, 'DIGEST_INVALID'],
    ['.hidden', index, 400, 'TAG_INVALID'],
    ['1.0', 'no JSON', 400, 'MANIFEST_INVALID'],
    ['1.0', `{"config":{"digest":"${digest}"}}`, 400, 'MANIFEST_BLOB_UNKNOWN'],
    ['1.0', 'x'.repeat(5 * 1024 * 1024), 413, 'SIZE_INVALID'],
  ] as const) {
    test(`${body.slice(0, 20)} as ${reference.slice(0, 20)} is ${status} ${code ?? ''}`, async () => {
      const pushes: unknown[] = [];
      await using registry = await startRegistry({ onPush: (...push) => pushes.push(push) });
      const url = `${registry.url}/v2/acme/shop/manifests/${reference}`;
      const response = await fetch(url, { method: 'PUT', body, headers: { 'Content-Type': mediaType } });
      expect(response.status).toBe(status);
      if (code !== undefined) expect(await response.json()).toMatchObject({ errors: [{ code }] });
      const isTagged = status === 201 && reference === '1.0';
      expect(pushes).toEqual(isTagged ? [['acme/shop', '1.0', digestOf(Buffer.from(index))]] : []);
    });
  }
});

describe('authentication', () => {
  const basic = (user: string, password: string) => ({ authorization: `Basic ${btoa(`${user}:${password}`)}` });

  test('Basic asks for user and password', async () => {
    await using registry = await startRegistry({ auth: { kind: 'basic', user: 'bot', password: 'right' } });
    const refused = await fetch(`${registry.url}/v2/`);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="registry"']);
    expect((await fetch(`${registry.url}/v2/`, { headers: basic('bot', 'wrong') })).status).toBe(401);
    expect((await fetch(`${registry.url}/v2/`, { headers: basic('bot', 'right') })).status).toBe(200);
  });

  test('Bearer gives tokens for one repository and some time', async () => {
    let now = 0;
    const auth = { kind: 'bearer', user: 'bot', password: 'right', lifetimeS: 60 } as const;
    await using registry = await startRegistry({ auth, now: () => now });
    registry.putImage('acme/shop', '1.0', { created: CREATED });
    registry.putImage('acme/other', '1.0', { created: CREATED });
    const list = `${registry.url}/v2/acme/shop/tags/list`;
    const challenge = (await fetch(list)).headers.get('www-authenticate');
    expect(challenge).toBe(`Bearer realm="${registry.url}/token",service="registry",scope="repository:acme/shop:pull"`);
    const place = `${registry.url}/token?service=registry&scope=repository:acme/shop:pull`;
    expect((await fetch(place)).status).toBe(401);
    const granted = await (await fetch(place, { headers: basic('bot', 'right') })).text();
    const headers = { authorization: `Bearer ${JSON.parse(granted).token}` };
    expect((await fetch(list, { headers })).status).toBe(200);
    expect((await fetch(`${registry.url}/v2/acme/other/tags/list`, { headers })).status).toBe(401);
    now = 61_000;
    expect((await fetch(list, { headers })).status).toBe(401);
  });
});

test('a test may answer instead of the registry, and sees what was asked', async () => {
  const intercept: RegistryOptions['intercept'] = ({ path }) =>
    path === '/v2/' ? { status: 429, headers: { 'Retry-After': '7' } } : undefined;
  await using registry = await startRegistry({ intercept });
  expect((await fetch(`${registry.url}/v2/`)).headers.get('retry-after')).toBe('7');
  await expect((await fetch(`${registry.url}/v2/a/tags/list`)).json()).resolves.toBeDefined();
  expect(registry.requests.map(({ path }) => path)).toEqual(['/v2/', '/v2/a/tags/list']);
});

test('half an answer breaks off', async () => {
  await using registry = await startRegistry({
    intercept: () => ({ status: 200, body: '{"tags":["1.0"]}', cut: true }),
  });
  await expect(fetch(`${registry.url}/v2/a/tags/list`).then((response) => response.text())).rejects.toThrow();
});

describe.skipIf(!hasSkopeo)('skopeo copy (skipped when skopeo is not installed)', () => {
  for (const [name, auth] of [
    ['open', undefined],
    ['Basic', { kind: 'basic', user: 'bot', password: 's3cret' }],
    ['Bearer', { kind: 'bearer', user: 'bot', password: 's3cret' }],
  ] as const) {
    test(`from one registry into a folder, and from there to another, ${name}`, async () => {
      const pushes: string[] = [];
      const folder = mkdtempSync(join(tmpdir(), 'tiphys-skopeo-'));
      try {
        const withAuth = auth === undefined ? {} : { auth };
        await using source = await startRegistry(withAuth);
        await using destination = await startRegistry({
          ...withAuth,
          onPush: (repository, tag, pushed) => pushes.push(`${repository}:${tag}@${pushed}`),
        });
        const put = source.putImage('acme/shop', '1.0', {
          created: CREATED,
          platforms: ['linux/amd64', 'linux/arm64'],
        });
        const copy = (from: string, to: string, ...more: readonly string[]) =>
          run('skopeo', ['--insecure-policy', 'copy', '--all', ...more, from, to]);
        const reads = ['--src-tls-verify=false', ...(auth ? ['--src-creds', 'bot:s3cret'] : [])];
        const writes = ['--dest-tls-verify=false', ...(auth ? ['--dest-creds', 'bot:s3cret'] : [])];
        await copy(`docker://${source.host}/acme/shop:1.0`, `oci:${folder}:1.0`, ...reads);
        await copy(`oci:${folder}:1.0`, `docker://${destination.host}/acme/copy:2.0`, ...writes);
        expect(pushes).toEqual([`acme/copy:2.0@${put}`]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});
