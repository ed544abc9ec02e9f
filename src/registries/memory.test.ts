import { describe, expect, test } from 'vitest';
import { testRegistries } from '../../test/support/registries.ts';
import { parseTag, type Tag } from '../core/reference.ts';
import { type Registry, type RegistryOptions, startRegistry } from '../demo/registry.ts';
import { openMemoryStore } from '../store/open-store.ts';
import type { RegistriesOptions } from './registries.ts';

const SIGNAL = new AbortController().signal;
const START_MS = Date.parse('2026-01-01T00:00:00Z');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ASK = { needs: 'created', platforms: [] } as const;
const REMEMBERED = { ...ASK, remembered: true } as const;

function tagOf(text: string): Tag {
  const tag = parseTag(text);
  if (!tag.ok) throw new Error(tag.problem);
  return tag.value;
}

/** A registry, what is remembered of it, a clock, and a way to look again as a new process would. */
async function openLab(options: RegistryOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(await startRegistry({ etags: true, ...options }));
  const memory = stack.use(openMemoryStore());
  const owned = stack.move();
  const clock = { nowMs: START_MS };
  const image = { registry: registry.host, repository: 'acme/shop' };
  return {
    registry,
    memory,
    clock,
    image,
    put(tag: string, created = '2025-12-01T00:00:00Z', platforms: readonly string[] = ['linux/amd64']) {
      return registry.putImage('acme/shop', tag, { created, platforms });
    },
    open(more: Partial<RegistriesOptions> = {}) {
      return testRegistries({ memory, now: () => clock.nowMs, ...more });
    },
    /** One look by a process of its own, and what it asked for, without the probe. */
    async look<T>(work: (source: ReturnType<ReturnType<typeof testRegistries>['scan']>) => Promise<T>) {
      await using registries = this.open();
      const before = registry.requests.length;
      const result = await work(registries.scan()).catch((error: unknown) => error);
      return { result, asked: askedSince(registry, before) };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function askedSince(registry: Registry, before: number): readonly string[] {
  return registry.requests
    .slice(before)
    .filter(({ path }) => path !== '/v2/')
    .map(
      ({ method, path, status }) => `${method} ${path.replace('/v2/acme/shop/', '').replace('?n=1000', '')} ${status}`,
    );
}

describe('a list of tags', () => {
  test('is not sent again while nothing changes, and is the same', async () => {
    await using lab = await openLab();
    for (const tag of ['1.0', '1.1']) lab.put(tag);
    const looks = [];
    for (let round = 0; round < 3; round += 1) looks.push(await lab.look((source) => source.list(lab.image, SIGNAL)));
    expect(looks.map(({ result }) => result)).toEqual(Array(3).fill({ tags: ['1.0', '1.1'] }));
    expect(looks.map(({ asked }) => asked)).toEqual([
      ['GET tags/list 200'],
      ['GET tags/list 304'],
      ['GET tags/list 304'],
    ]);
  });

  test('of several pages is sent only from the page that changed', async () => {
    await using lab = await openLab({ pageSize: 2 });
    for (const tag of ['1', '2', '3', '4', '5', '6']) lab.put(tag);
    await lab.look((source) => source.list(lab.image, SIGNAL));
    lab.put('7');
    const { result, asked } = await lab.look((source) => source.list(lab.image, SIGNAL));
    expect(result).toEqual({ tags: ['1', '2', '3', '4', '5', '6', '7'] });
    expect(asked.map((line) => line.split(' ').at(-1))).toEqual(['304', '304', '200', '200']);
  });

  test('is read whole where the registry knows no conditions', async () => {
    await using lab = await openLab({ etags: false });
    lab.put('1.0');
    await lab.look((source) => source.list(lab.image, SIGNAL));
    lab.put('1.1');
    const { result, asked } = await lab.look((source) => source.list(lab.image, SIGNAL));
    expect(result).toEqual({ tags: ['1.0', '1.1'] });
    expect(asked).toEqual(['GET tags/list 200']);
  });

  for (const [why, etag] of [
    ['no ETag at all', 'x'],
    ['a line end', '"a\\nb"'],
    ['too much', `"${'x'.repeat(2_000)}"`],
  ] as const) {
    test(`sends no condition when the ETag is ${why}`, async () => {
      const conditions: unknown[] = [];
      await using lab = await openLab({
        intercept({ path, headers }) {
          if (!path.includes('/tags/list')) return undefined;
          conditions.push(headers['if-none-match']);
          return { status: 200, headers: { ETag: etag.replace('\\n', '\t') }, body: '{"tags":["1.0"]}' };
        },
      });
      for (let round = 0; round < 2; round += 1) await lab.look((source) => source.list(lab.image, SIGNAL));
      expect(conditions).toEqual([undefined, undefined]);
    });
  }

  test('that says it did not change, though nobody asked, is no answer', async () => {
    await using lab = await openLab({ intercept: ({ path }) => (path.includes('list') ? { status: 304 } : undefined) });
    const { result } = await lab.look((source) => source.list(lab.image, SIGNAL));
    expect(result).toMatchObject({ code: 'REGISTRY_INVALID_ANSWER' });
  });
});

describe('a list that lost too much', () => {
  const BEFORE = ['1.0', '1.1', '1.2'];

  /** What is said of the list at each of these minutes, after it lost all but `kept`. */
  async function doubts(kept: readonly string[], minutes: readonly number[], etags = true) {
    await using lab = await openLab({ etags });
    for (const tag of BEFORE) lab.put(tag);
    await lab.look((source) => source.list(lab.image, SIGNAL));
    for (const tag of BEFORE.filter((one) => !kept.includes(one))) lab.registry.deleteTag('acme/shop', tag);
    const results: unknown[] = [];
    for (const minute of minutes) {
      lab.clock.nowMs = START_MS + minute * MINUTE_MS;
      const { result } = await lab.look((source) => source.list(lab.image, SIGNAL));
      results.push(result);
    }
    return results;
  }

  for (const etags of [true, false]) {
    test(`is believed after three equal answers over two intervals, ${etags ? '' : 'not '}conditionally asked`, async () => {
      const sinceMs = START_MS + 2 * MINUTE_MS;
      expect(await doubts(['1.2'], [2, 4, 6, 8], etags)).toEqual([
        { tags: ['1.2'], doubt: { before: 3, left: 1, answers: 1, sinceMs } },
        { tags: ['1.2'], doubt: { before: 3, left: 1, answers: 2, sinceMs } },
        { tags: ['1.2'] },
        { tags: ['1.2'] },
      ]);
    });
  }

  test('is not believed for being asked often in a short time', async () => {
    const results = await doubts(['1.2'], [2, 2.1, 2.2, 2.3, 2.4]);
    expect(results).toHaveLength(5);
    for (const result of results) expect(result).toHaveProperty('doubt');
  });

  test('is a failure once it is believed to be empty', async () => {
    expect(await doubts([], [2, 4, 6, 8])).toMatchObject([
      { doubt: { left: 0, answers: 1 } },
      { doubt: { left: 0, answers: 2 } },
      { code: 'REGISTRY_EMPTY' },
      { code: 'REGISTRY_EMPTY' },
    ]);
  });

  test('is forgotten when the tags are back, and they are as old as before', async () => {
    await using lab = await openLab();
    for (const tag of BEFORE) lab.put(tag);
    await lab.look((source) => source.list(lab.image, SIGNAL));
    for (const tag of BEFORE) lab.registry.deleteTag('acme/shop', tag);
    lab.clock.nowMs += 2 * MINUTE_MS;
    await lab.look((source) => source.list(lab.image, SIGNAL));
    for (const tag of BEFORE) lab.put(tag);
    const { result } = await lab.look(async (source) => {
      const list = await source.list(lab.image, SIGNAL);
      return { ...list, seen: (await source.remarks(lab.image)).firstSeen };
    });
    expect(result).toEqual({
      tags: BEFORE,
      seen: { firstScanMs: START_MS, later: new Map(), digests: new Map() },
    });
  });

  test('begins anew when it changes in between', async () => {
    await using lab = await openLab();
    for (const tag of [...BEFORE, '1.3', '1.4']) lab.put(tag);
    await lab.look((source) => source.list(lab.image, SIGNAL));
    const answers: unknown[] = [];
    for (const [minute, lost] of [
      [2, ['1.0', '1.1', '1.2']],
      [4, ['1.3']],
      [6, []],
      [8, []],
    ] as const) {
      for (const tag of lost) lab.registry.deleteTag('acme/shop', tag);
      lab.clock.nowMs = START_MS + minute * MINUTE_MS;
      const { result } = await lab.look(async (source) => (await source.list(lab.image, SIGNAL)).doubt?.answers);
      answers.push(result);
    }
    expect(answers).toEqual([1, 1, 2, undefined]);
  });

  test('nothing is held against a repository that nobody saw before', async () => {
    await using lab = await openLab();
    lab.put('1.0');
    lab.registry.deleteTag('acme/shop', '1.0');
    const { result } = await lab.look((source) => source.list(lab.image, SIGNAL));
    expect(result).toMatchObject({ code: 'REGISTRY_EMPTY' });
  });
});

describe('what a tag points at', () => {
  test('is remembered by the next process, and asked by one HEAD where it must be of now', async () => {
    await using lab = await openLab();
    lab.put('1.0', '2025-12-01T00:00:00Z', ['linux/amd64', 'linux/arm64']);
    const cold = await lab.look((source) => source.describe(lab.image, tagOf('1.0'), REMEMBERED, SIGNAL));
    const warm = await lab.look((source) => source.describe(lab.image, tagOf('1.0'), REMEMBERED, SIGNAL));
    const fresh = await lab.look((source) => source.describe(lab.image, tagOf('1.0'), ASK, SIGNAL));
    expect([warm.result, fresh.result]).toEqual([cold.result, cold.result]);
    expect(cold.asked).toHaveLength(5);
    expect(warm.asked).toEqual([]);
    expect(fresh.asked).toEqual(['HEAD manifests/1.0 200']);
  });

  test('is not asked twice in one look', async () => {
    await using lab = await openLab();
    lab.put('1.0');
    const { asked } = await lab.look(async (source) => {
      await source.describe(lab.image, tagOf('1.0'), REMEMBERED, SIGNAL);
      await source.describe(lab.image, tagOf('1.0'), ASK, SIGNAL);
    });
    expect(asked.map((line) => line.split(' ')[0])).toEqual(['GET', 'GET']);
  });

  test('is asked again within the recheck period: a re-pushed tag is noticed', async () => {
    await using lab = await openLab();
    lab.put('nightly', '2025-12-01T00:00:00Z');
    const ask = () => lab.look((source) => source.describe(lab.image, tagOf('nightly'), REMEMBERED, SIGNAL));
    await ask();
    lab.put('nightly', '2025-12-31T00:00:00Z');
    const noticed: number[] = [];
    for (let hour = 1; hour <= 48; hour += 1) {
      lab.clock.nowMs = START_MS + hour * HOUR_MS;
      const { asked } = await ask();
      if (asked.length > 0) noticed.push(hour);
    }
    expect(noticed).toHaveLength(2);
    expect(noticed[0]).toBeLessThanOrEqual(24);
    expect((noticed[1] ?? 0) - (noticed[0] ?? 0)).toBe(24);
    const { result } = await ask();
    expect(result).toMatchObject({ createdNs: BigInt(Date.parse('2025-12-31T00:00:00Z')) * 1_000_000n });
  });

  test('of 100 tags is asked in slices, each tag once a day', async () => {
    await using lab = await openLab();
    const tags = Array.from({ length: 100 }, (_, number) => tagOf(`1.${number}`));
    for (const tag of tags) lab.put(tag);
    const ask = () =>
      lab.look((source) => Promise.all(tags.map((tag) => source.describe(lab.image, tag, REMEMBERED, SIGNAL))));
    await ask();
    const asked: string[] = [];
    for (let hour = 2; hour <= 24; hour += 2) {
      lab.clock.nowMs = START_MS + hour * HOUR_MS;
      const slice = (await ask()).asked;
      expect(slice.length).toBeLessThan(25);
      asked.push(...slice);
    }
    expect(asked.toSorted()).toEqual(tags.map((tag) => `HEAD manifests/${tag} 200`).toSorted());
  });

  test('is asked in every look when nothing may be remembered', async () => {
    await using lab = await openLab();
    lab.put('1.0');
    for (let round = 0; round < 3; round += 1) {
      await using registries = lab.open({ recheckMs: 0 });
      const before = lab.registry.requests.length;
      await registries.scan().describe(lab.image, tagOf('1.0'), REMEMBERED, SIGNAL);
      expect(askedSince(lab.registry, before)).toHaveLength(round === 0 ? 2 : 1);
    }
  });
});

describe('an image without a creation time in its config', () => {
  const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
  const INDEX = 'application/vnd.oci.image.index.v1+json';
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));

  /** Puts an image whose config says nothing, with these annotations on the manifest. */
  function putUndated(registry: Registry, tag: string | undefined, salt: string, annotations: object = {}) {
    const config = registry.putBlob(json({ os: 'linux', architecture: 'amd64', salt }));
    const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' };
    const manifest = {
      schemaVersion: 2,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config },
      layers: [layer],
      annotations,
    };
    return registry.putManifest('acme/shop', tag, { mediaType: MANIFEST, bytes: json(manifest) });
  }

  const DATED = { 'org.opencontainers.image.created': '2025-11-01T00:00:00Z' };
  const DATE_NS = BigInt(Date.parse('2025-11-01T00:00:00Z')) * 1_000_000n;

  test('is dated by its annotation', async () => {
    await using lab = await openLab();
    putUndated(lab.registry, '1.0', '', DATED);
    const { result } = await lab.look((source) => source.describe(lab.image, tagOf('1.0'), ASK, SIGNAL));
    expect(result).toMatchObject({ createdNs: DATE_NS, createdFrom: 'annotation' });
  });

  test("is dated by its index's annotation, also by the next process", async () => {
    await using lab = await openLab();
    const child = { mediaType: MANIFEST, digest: putUndated(lab.registry, undefined, ''), size: 1 };
    const manifests = [{ ...child, platform: { os: 'linux', architecture: 'amd64' } }];
    const bytes = json({ schemaVersion: 2, manifests, annotations: DATED });
    lab.registry.putManifest('acme/shop', '1.0', { mediaType: INDEX, bytes });
    for (let round = 0; round < 2; round += 1) {
      const { result } = await lab.look((source) => source.describe(lab.image, tagOf('1.0'), ASK, SIGNAL));
      expect(result).toMatchObject({ createdNs: DATE_NS, createdFrom: 'annotation' });
    }
  });

  test('is dated by its first sight, unless that was the first scan', async () => {
    await using lab = await openLab();
    const ask = (tag: string) =>
      lab.look(async (source) => {
        await source.list(lab.image, SIGNAL);
        return source.describe(lab.image, tagOf(tag), ASK, SIGNAL);
      });
    putUndated(lab.registry, 'old', 'old');
    expect((await ask('old')).result).not.toHaveProperty('createdNs');
    lab.clock.nowMs += HOUR_MS;
    putUndated(lab.registry, 'new', 'new');
    const seen = { createdNs: BigInt(lab.clock.nowMs) * 1_000_000n, createdFrom: 'first-seen' };
    expect((await ask('new')).result).toMatchObject(seen);
    lab.clock.nowMs += HOUR_MS;
    expect((await ask('new')).result).toMatchObject(seen);
    expect((await ask('old')).result).not.toHaveProperty('createdNs');
    putUndated(lab.registry, 'old', 'pushed again');
    expect((await ask('old')).result).toMatchObject({ createdNs: BigInt(lab.clock.nowMs) * 1_000_000n });
  });

  test('has no time that a publisher wrote where none can be read', async () => {
    await using lab = await openLab();
    putUndated(lab.registry, '1.0', '', { 'org.opencontainers.image.created': 'yesterday' });
    const { result } = await lab.look((source) => source.describe(lab.image, tagOf('1.0'), ASK, SIGNAL));
    expect(result).not.toHaveProperty('createdNs');
  });
});
