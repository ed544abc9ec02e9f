import { describe, expect, test } from 'vitest';
import { testRegistries } from '../../test/support/registries.ts';
import type { TagFacts } from '../core/deciding/scan.ts';
import { type Platform, parsePlatform } from '../core/platform.ts';
import { type Digest, parseTag, type Tag } from '../core/reference.ts';
import { type Intercepted, type Registry, type RegistryOptions, startRegistry } from '../demo/registry.ts';
import type { Question } from '../ports/tag-source.ts';

const SIGNAL = new AbortController().signal;
const REPOSITORY = 'acme/shop';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

function asTag(text: string): Tag {
  const tag = parseTag(text);
  if (!tag.ok) throw new Error(tag.problem);
  return tag.value;
}

function asPlatform(text: string): Platform {
  const platform = parsePlatform(text);
  if (!platform.ok) throw new Error(platform.problem);
  return platform.value;
}

function ask(needs: Question['needs'], ...platforms: readonly string[]): Question {
  return { needs, platforms: platforms.map(asPlatform) };
}

function ns(created: string): bigint {
  return BigInt(Date.parse(created)) * 1_000_000n;
}

/** What a fresh look says about tag 1.0. */
async function look(registry: Registry, question: Question): Promise<TagFacts> {
  await using registries = testRegistries();
  const image = { registry: registry.host, repository: REPOSITORY };
  return await registries.scan().describe(image, asTag('1.0'), question, SIGNAL);
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function putJson(registry: Registry, tag: string | undefined, mediaType: string, value: object): Digest {
  return registry.putManifest(REPOSITORY, tag, { mediaType, bytes: json({ schemaVersion: 2, mediaType, ...value }) });
}

/** An image manifest with this config, under its digest alone unless a tag is given. */
function putImage(registry: Registry, config: unknown, tag?: string): Digest {
  return putJson(registry, tag, MANIFEST, imageOf(registry.putBlob(json(config))));
}

function imageOf(config: Digest): object {
  return { config: { mediaType: CONFIG, digest: config }, layers: [{ mediaType: LAYER }] };
}

function putIndex(registry: Registry, manifests: readonly unknown[], tag: string | undefined = '1.0'): Digest {
  return putJson(registry, tag, INDEX, { manifests });
}

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64', variant: 'v8' };
const unknown = { os: 'unknown', architecture: 'unknown' };

describe('the digest of a tag', () => {
  test('costs one HEAD', async () => {
    await using registry = await startRegistry();
    const digest = registry.putImage(REPOSITORY, '1.0', { created: '', platforms: ['linux/amd64', 'linux/arm64'] });
    expect(await look(registry, ask('digest'))).toEqual({ kind: 'image', digest });
    expect(registry.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v2/',
      `HEAD /v2/${REPOSITORY}/manifests/1.0`,
    ]);
  });

  for (const [why, answer] of [
    ['the registry does not state it', { status: 200, headers: { 'Content-Type': MANIFEST } }],
    [
      'the registry states something else',
      { status: 200, headers: { 'Content-Type': MANIFEST, 'Docker-Content-Digest': 'x' } },
    ],
    ['the registry has no HEAD', { status: 405 }],
    [
      'a HEAD does not say what it is',
      { status: 200, headers: { 'Docker-Content-Digest': `sha256:${'0'.repeat(64)}` } },
    ],
  ] as const) {
    test(`is computed when ${why}`, async () => {
      const intercept = ({ method }: { method: string }): Intercepted | undefined =>
        method === 'HEAD' ? answer : undefined;
      await using registry = await startRegistry({ intercept });
      const digest = registry.putImage(REPOSITORY, '1.0', { created: '' });
      expect(await look(registry, ask('digest'))).toEqual({ kind: 'image', digest });
    });
  }

  test('is that of the index, and its images are not fetched', async () => {
    await using registry = await startRegistry();
    const digest = registry.putImage(REPOSITORY, '1.0', { created: '', platforms: ['linux/amd64', 'linux/arm64'] });
    expect(await look(registry, ask('digest', 'linux/arm64'))).toEqual({ kind: 'image', digest });
    expect(registry.requests.map(({ path }) => path)).toEqual(['/v2/', `/v2/${REPOSITORY}/manifests/1.0`]);
  });
});

describe('the creation time of a tag', () => {
  test('is that of its config, to the nanosecond', async () => {
    await using registry = await startRegistry();
    registry.putImage(REPOSITORY, '1.0', { created: '2026-01-02T03:04:05.123456789Z' });
    expect(await look(registry, ask('created'))).toMatchObject({
      createdNs: ns('2026-01-02T03:04:05Z') + 123_456_789n,
    });
  });

  test('is the newest of the images that count', async () => {
    await using registry = await startRegistry();
    const old = putImage(registry, { ...amd64, created: '2026-01-01T00:00:00Z' });
    const young = putImage(registry, { ...arm64, created: '2026-02-01T00:00:00Z' });
    const digest = putIndex(registry, [
      { mediaType: MANIFEST, digest: young, platform: arm64 },
      { mediaType: MANIFEST, digest: old, platform: amd64 },
    ]);
    expect(await look(registry, ask('created'))).toEqual({
      kind: 'image',
      digest,
      createdNs: ns('2026-02-01T00:00:00Z'),
    });
    expect(await look(registry, ask('created', 'linux/amd64'))).toEqual({
      kind: 'image',
      digest,
      createdNs: ns('2026-01-01T00:00:00Z'),
    });
    const both = ask('created', 'linux/amd64', 'linux/arm64');
    expect(await look(registry, both)).toEqual({ kind: 'image', digest, createdNs: ns('2026-02-01T00:00:00Z') });
  });

  for (const created of ['', 'yesterday', undefined, 17]) {
    test(`is missing when the config says ${JSON.stringify(created)}`, async () => {
      await using registry = await startRegistry();
      const digest = putImage(registry, { ...amd64, created }, '1.0');
      expect(await look(registry, ask('created'))).toEqual({ kind: 'image', digest });
    });
  }

  test('is missing when one of the images that count has none', async () => {
    await using registry = await startRegistry();
    const dated = putImage(registry, { ...amd64, created: '2026-01-01T00:00:00Z' });
    const undated = putImage(registry, arm64);
    const digest = putIndex(registry, [
      { mediaType: MANIFEST, digest: dated, platform: amd64 },
      { mediaType: MANIFEST, digest: undated, platform: arm64 },
    ]);
    expect(await look(registry, ask('created'))).toEqual({ kind: 'image', digest });
  });
});

describe('platforms', () => {
  for (const needs of ['digest', 'created'] as const) {
    for (const [wanted, there, expected, why] of [
      [['linux/amd64'], ['linux/amd64'], true, 'a plain image'],
      [['linux/arm64'], ['linux/amd64'], false, 'a plain image for another'],
      [['linux/arm64'], ['linux/amd64', 'linux/arm64/v8'], true, 'any variant'],
      [['linux/arm64/v7'], ['linux/amd64', 'linux/arm64/v8'], false, 'another variant'],
      [['linux/amd64', 'linux/arm64'], ['linux/amd64', 'linux/arm64'], true, 'all that are wanted'],
      [['linux/amd64', 'linux/s390x'], ['linux/amd64', 'linux/arm64'], false, 'one that is wanted is missing'],
      [['linux/amd64', 'linux/arm64'], ['linux/amd64'], false, 'a plain image for one of two'],
      [[], ['windows/amd64'], true, 'any, when none is named'],
      [[], ['unknown/unknown'], false, 'but not an unknown one'],
    ] as const) {
      test(`${needs} for [${wanted}] of [${there}] is ${expected}: ${why}`, async () => {
        await using registry = await startRegistry();
        const digest = registry.putImage(REPOSITORY, '1.0', { created: '2026-01-01T00:00:00Z', platforms: there });
        const facts = await look(registry, ask(needs, ...wanted));
        // A digest alone is asked with HEAD, which says nothing about platforms.
        const isUnseen = needs === 'digest' && wanted.length === 0;
        if (expected || isUnseen) expect(facts).toMatchObject({ kind: 'image', digest });
        else expect(facts).toEqual({ kind: 'wrong-platform', platforms: there });
      });
    }
  }

  test('attestations do not count, by annotation or by platform', async () => {
    await using registry = await startRegistry();
    const image = putImage(registry, { ...amd64, created: '2026-01-01T00:00:00Z' });
    const missing = `sha256:${'0'.repeat(64)}`;
    const digest = putIndex(registry, [
      { mediaType: MANIFEST, digest: image, platform: amd64 },
      { mediaType: MANIFEST, digest: missing, platform: unknown },
      {
        mediaType: MANIFEST,
        digest: missing,
        platform: arm64,
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      },
    ]);
    expect(await look(registry, ask('created'))).toEqual({
      kind: 'image',
      digest,
      createdNs: ns('2026-01-01T00:00:00Z'),
    });
    expect(await look(registry, ask('created', 'linux/arm64'))).toEqual({
      kind: 'wrong-platform',
      platforms: ['linux/amd64'],
    });
  });

  test('are read from the config where the index does not say', async () => {
    await using registry = await startRegistry();
    const image = putImage(registry, { ...arm64, created: '2026-01-01T00:00:00Z' });
    const digest = putIndex(registry, [{ mediaType: MANIFEST, digest: image }]);
    expect(await look(registry, ask('digest', 'linux/arm64'))).toEqual({ kind: 'image', digest });
    expect(await look(registry, ask('digest', 'linux/amd64'))).toEqual({
      kind: 'wrong-platform',
      platforms: ['linux/arm64/v8'],
    });
  });

  test('are found in an index within an index', async () => {
    await using registry = await startRegistry();
    const image = putImage(registry, { ...amd64, created: '2026-01-01T00:00:00Z' });
    const inner = putJson(registry, undefined, INDEX, {
      manifests: [{ mediaType: MANIFEST, digest: image, platform: amd64 }],
    });
    const digest = putIndex(registry, [{ mediaType: INDEX, digest: inner }]);
    expect(await look(registry, ask('created', 'linux/amd64'))).toEqual({
      kind: 'image',
      digest,
      createdNs: ns('2026-01-01T00:00:00Z'),
    });
  });

  test('are not searched for without end', async () => {
    await using registry = await startRegistry();
    let digest = putJson(registry, undefined, INDEX, { manifests: [] });
    for (let depth = 0; depth < 5; depth++)
      digest = putJson(registry, undefined, INDEX, { manifests: [{ mediaType: INDEX, digest }] });
    putIndex(registry, [{ mediaType: INDEX, digest }]);
    await expect(look(registry, ask('created'))).rejects.toMatchObject({ code: 'REGISTRY_INVALID_ANSWER' });
  });
});

describe('what a registry calls a manifest', () => {
  for (const contentType of [
    '',
    'text/plain',
    'application/json',
    'application/octet-stream',
    INDEX,
    `${MANIFEST}; x=1`,
  ]) {
    test(`counts less than what the manifest calls itself: "${contentType}"`, async () => {
      await using registry = await startRegistry();
      const bytes = (digest: Digest) => json({ schemaVersion: 2, mediaType: MANIFEST, ...imageOf(digest) });
      const config = registry.putBlob(json({ ...amd64, created: '2026-01-01T00:00:00Z' }));
      const digest = registry.putManifest(REPOSITORY, '1.0', { mediaType: contentType, bytes: bytes(config) });
      const createdNs = ns('2026-01-01T00:00:00Z');
      for (const question of [ask('created'), ask('digest', 'linux/amd64')]) {
        const facts = await look(registry, question);
        expect(facts).toMatchObject({ kind: 'image', digest, ...(question.needs === 'created' && { createdNs }) });
      }
    });
  }
});

describe('what is no image', () => {
  for (const [why, mediaType, manifest, expected] of [
    [
      'a chart',
      MANIFEST,
      { config: { mediaType: 'application/vnd.cncf.helm.config.v1+json' }, layers: [] },
      'application/vnd.cncf.helm.config.v1+json',
    ],
    [
      'an artifact',
      MANIFEST,
      { artifactType: 'application/spdx+json', config: { mediaType: CONFIG }, layers: [] },
      'application/spdx+json',
    ],
    [
      'a signature that calls itself an image',
      MANIFEST,
      {
        config: { mediaType: CONFIG, digest: `sha256:${'0'.repeat(64)}` },
        layers: [{ mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json' }],
      },
      'application/vnd.dev.cosign.simplesigning.v1+json',
    ],
    [
      "Docker's first format",
      'application/vnd.docker.distribution.manifest.v1+json',
      { schemaVersion: 1, fsLayers: [] },
      'application/vnd.docker.distribution.manifest.v1+json',
    ],
    ['an empty index', INDEX, { manifests: [] }, 'an index without images'],
  ] as const) {
    test(why, async () => {
      await using registry = await startRegistry();
      putJson(registry, '1.0', mediaType, manifest);
      expect(await look(registry, ask('created'))).toEqual({ kind: 'not-an-image', mediaType: expected });
    });
  }

  test('a tag that went since it was listed', async () => {
    await using registry = await startRegistry();
    expect(await look(registry, ask('created'))).toEqual({ kind: 'gone' });
    expect(await look(registry, ask('digest'))).toEqual({ kind: 'gone' });
  });
});

describe('half an answer is no fact', () => {
  const spec = { created: '2026-01-01T00:00:00Z' };
  const zeros = `sha256:${'0'.repeat(64)}`;
  for (const [why, path, answer, code] of [
    ['the config fails', '/blobs/', { status: 500 }, 'REGISTRY_SERVER_ERROR'],
    ['the config is missing', '/blobs/', { status: 404 }, 'REGISTRY_INVALID_ANSWER'],
    [
      'the config is another',
      '/blobs/',
      { status: 200, body: '{"created":"2030-01-01T00:00:00Z"}' },
      'REGISTRY_DIGEST_MISMATCH',
    ],
    [
      'the config is too large',
      '/blobs/',
      { status: 200, body: ' '.repeat(5 * 1024 * 1024) },
      'REGISTRY_INVALID_ANSWER',
    ],
    [
      'the config breaks off',
      '/blobs/',
      { status: 200, body: '{"created":"2030-01-01T00:00:00Z"}', cut: true },
      'REGISTRY_UNREACHABLE',
    ],
    [
      'the manifest breaks off',
      '/manifests/',
      { status: 200, body: '{"manifests":[]}', cut: true },
      'REGISTRY_UNREACHABLE',
    ],
    ['the manifest fails', '/manifests/', { status: 503 }, 'REGISTRY_SERVER_ERROR'],
    ['the manifest is refused', '/manifests/', { status: 403 }, 'REGISTRY_UNAUTHORIZED'],
    ['the manifest is a web page', '/manifests/', { status: 200, body: '<html>' }, 'REGISTRY_INVALID_ANSWER'],
    [
      'the manifest is another than stated',
      '/manifests/',
      { status: 200, headers: { 'Docker-Content-Digest': zeros }, body: '{}' },
      'REGISTRY_DIGEST_MISMATCH',
    ],
    [
      'the manifest is image and index',
      '/manifests/',
      { status: 200, body: '{"manifests":[],"config":{}}' },
      'REGISTRY_INVALID_ANSWER',
    ],
    [
      'the manifest names a path for a digest',
      '/manifests/',
      { status: 200, body: `{"config":{"mediaType":"${CONFIG}","digest":"../../x"}}` },
      'REGISTRY_INVALID_ANSWER',
    ],
    [
      'the index names a path for a digest',
      '/manifests/',
      { status: 200, body: '{"manifests":[{"digest":"../../x"}]}' },
      'REGISTRY_INVALID_ANSWER',
    ],
    [
      'the index is endless',
      '/manifests/',
      { status: 200, body: `{"manifests":[${'{},'.repeat(600)}{}]}` },
      'REGISTRY_INVALID_ANSWER',
    ],
  ] as const) {
    test(`${why}: ${code}`, async () => {
      const options: RegistryOptions = { intercept: (request) => (request.path.includes(path) ? answer : undefined) };
      await using registry = await startRegistry(options);
      registry.putImage(REPOSITORY, '1.0', spec);
      await expect(look(registry, ask('created'))).rejects.toMatchObject({ code });
    });
  }

  test('an image of an index is another: REGISTRY_DIGEST_MISMATCH', async () => {
    await using registry = await startRegistry({
      intercept: ({ path }) => (path.includes('/manifests/sha256:') ? { status: 200, body: '{}' } : undefined),
    });
    registry.putImage(REPOSITORY, '1.0', { ...spec, platforms: ['linux/amd64', 'linux/arm64'] });
    await expect(look(registry, ask('created'))).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH' });
  });
});

describe('what a digest says is kept', () => {
  test('so that the next look costs one HEAD, until the tag moves', async () => {
    await using registry = await startRegistry();
    await using registries = testRegistries();
    const image = { registry: registry.host, repository: REPOSITORY };
    const question = ask('created', 'linux/amd64');
    const see = () => registries.scan().describe(image, asTag('1.0'), question, SIGNAL);
    const methods = () => registry.requests.map(({ method }) => method).join(' ');
    const platforms = ['linux/amd64', 'linux/arm64'];

    registry.putImage(REPOSITORY, '1.0', { created: '2026-01-01T00:00:00Z', platforms });
    const first = await see();
    expect(methods()).toBe('GET GET GET GET'); // probe, index, manifest, config
    expect(await see()).toEqual(first);
    expect(methods()).toBe('GET GET GET GET HEAD');

    registry.putImage(REPOSITORY, '1.0', { created: '2026-02-01T00:00:00Z', platforms });
    expect(await see()).toMatchObject({ createdNs: ns('2026-02-01T00:00:00Z') });
    expect(methods()).toBe('GET GET GET GET HEAD HEAD GET GET GET');

    registry.deleteTag(REPOSITORY, '1.0');
    expect(await see()).toEqual({ kind: 'gone' });
  });

  test('and within one look the same question is asked once', async () => {
    await using registry = await startRegistry();
    await using registries = testRegistries();
    registry.putImage(REPOSITORY, '1.0', { created: '2026-01-01T00:00:00Z' });
    const scan = registries.scan();
    const image = { registry: registry.host, repository: REPOSITORY };
    const questions = [ask('created', 'linux/amd64', 'linux/arm64'), ask('created', 'linux/arm64', 'linux/amd64')];
    await Promise.all(questions.map((question) => scan.describe(image, asTag('1.0'), question, SIGNAL)));
    expect(registry.requests).toHaveLength(3);
  });
});
