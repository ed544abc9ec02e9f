import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { run } from '../../test/support/world.ts';
import type { Problem } from '../core/failure.ts';
import { type Digest, parseDigest, parseTag, type Tag } from '../core/reference.ts';
import type { RememberedPage, ScanStore } from '../ports/store.ts';
import { migrate, NewerSchema, versionOf } from './migrate.ts';
import { openMemoryStore, openStore, type Store } from './open-store.ts';

const WRITER = join(import.meta.dirname, '../../test/support/store-writer.ts');
const DAY_MS = 24 * 60 * 60 * 1000;
const SHOP = { name: 'registry.example/acme/shop', viewer: 'anonymous' };
const NONE = { appeared: [], left: [] };

function tagOf(text: string): Tag {
  const tag = parseTag(text);
  if (!tag.ok) throw new Error(tag.problem);
  return tag.value;
}

function digestOf(number: number): Digest {
  const digest = parseDigest(`sha256:${String(number).padStart(64, '0')}`);
  if (!digest.ok) throw new Error(digest.problem);
  return digest.value;
}

function page(...tags: readonly string[]): RememberedPage {
  return { url: 'https://registry.example/v2/acme/shop/tags/list', tags };
}

/** A state folder with a store in it, which can be closed and opened again. */
async function openLab() {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-store-'));
  const path = join(folder, 'state', 'store.sqlite');
  const problems: Problem[] = [];
  const opened: Store[] = [];
  return {
    folder,
    path,
    problems,
    open(): Store {
      const store = openStore({ path, warn: (problem) => problems.push(problem) });
      opened.push(store);
      return store;
    },
    close(): void {
      for (const store of opened.splice(0)) store[Symbol.dispose]();
    },
    async [Symbol.asyncDispose]() {
      this.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Something of everything. */
function fill(store: ScanStore): void {
  store.keepList(SHOP, { nowMs: 1_000, pages: [page('1.0')], ...NONE });
  store.keepTag(SHOP, tagOf('1.0'), digestOf(1), 1_000);
  store.keepContent(SHOP, digestOf(1), 'an image', 1_000);
}

function expectFilled(store: ScanStore): void {
  expect(store.list(SHOP)).toEqual({ pages: [page('1.0')], firstScanMs: 1_000 });
  expect(store.tag(SHOP, tagOf('1.0'))).toMatchObject({ digest: digestOf(1), checkedMs: 1_000 });
  expect(store.content(SHOP, digestOf(1), 2_000)).toBe('an image');
}

describe('what was kept is there', () => {
  test('after the program has ended', async () => {
    await using lab = await openLab();
    fill(lab.open());
    lab.close();
    expectFilled(lab.open());
    expect(lab.problems).toEqual([]);
  });

  test('for one set of credentials only', () => {
    using store = openMemoryStore();
    fill(store);
    const other = { ...SHOP, viewer: 'somebody' };
    expect(store.list(other)).toBeUndefined();
    expect(store.tag(other, tagOf('1.0'))).toBeUndefined();
    expect(store.content(other, digestOf(1), 2_000)).toBeUndefined();
  });

  test('page by page, with what makes the next question a conditional one', () => {
    using store = openMemoryStore();
    const pages = [
      { ...page('b', 'a', 'b'), etag: '"1"', next: 'https://registry.example/2' },
      { ...page('ü'), url: 'https://registry.example/2' },
    ];
    store.keepList(SHOP, { nowMs: 1_000, pages, ...NONE });
    expect(store.list(SHOP)?.pages).toEqual(pages);
    store.keepList(SHOP, { nowMs: 2_000, pages: [page('c')], appeared: ['c'], left: ['a', 'b'] });
    expect(store.list(SHOP)?.pages).toEqual([page('c')]);
  });

  test('while a list is not believed, and no longer', () => {
    using store = openMemoryStore();
    fill(store);
    const pending = { believed: ['1.0'], answers: 2, sinceMs: 2_000 };
    store.keepList(SHOP, { nowMs: 2_000, pages: [page()], pending, ...NONE });
    expect(store.list(SHOP)).toEqual({ pages: [page()], firstScanMs: 1_000, pending });
    store.keepList(SHOP, { nowMs: 3_000, ...NONE });
    expect(store.list(SHOP)).toEqual({ pages: [page()], firstScanMs: 1_000 });
  });

  test('readable by its owner alone', async () => {
    await using lab = await openLab();
    fill(lab.open());
    const modes = ['', '-wal', '-shm', '.lock'].map((suffix) => statSync(`${lab.path}${suffix}`).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600, 0o600]);
    expect(statSync(join(lab.path, '..')).mode & 0o777).toBe(0o700);
  });
});

describe('first seen', () => {
  test('what the first scan finds may be of any age; what comes later is of its time', () => {
    using store = openMemoryStore();
    store.keepList(SHOP, { nowMs: 1_000, pages: [page('1.0')], appeared: ['1.0'], left: [] });
    store.keepList(SHOP, { nowMs: 2_000, pages: [page('1.0', '1.1')], appeared: ['1.1'], left: [] });
    store.keepTag(SHOP, tagOf('1.0'), digestOf(10), 3_000);
    store.keepTag(SHOP, tagOf('1.1'), digestOf(11), 3_000);
    expect(store.tag(SHOP, tagOf('1.0'))).toMatchObject({ sinceMs: 1_000, isNews: false });
    expect(store.tag(SHOP, tagOf('1.1'))).toMatchObject({ sinceMs: 2_000, isNews: true });
    expect(store.firstSeen(SHOP)).toEqual({
      firstScanMs: 1_000,
      later: new Map([['1.1', 2_000]]),
      digests: new Map([
        [digestOf(10), 3_000],
        [digestOf(11), 3_000],
      ]),
    });
  });

  test('a tag that comes to point elsewhere does so since it was seen', () => {
    using store = openMemoryStore();
    store.keepList(SHOP, { nowMs: 1_000, pages: [page('nightly')], ...NONE });
    for (const [digest, nowMs] of [
      [1, 1_000],
      [2, 2_000],
      [2, 3_000],
    ] as const) {
      store.keepTag(SHOP, tagOf('nightly'), digestOf(digest), nowMs);
    }
    expect(store.tag(SHOP, tagOf('nightly'))).toEqual({
      digest: digestOf(2),
      sinceMs: 2_000,
      checkedMs: 3_000,
      isNews: true,
    });
  });

  for (const [awayDays, expected] of [
    [29, 2_000],
    [31, 2_000 + 31 * DAY_MS],
  ] as const) {
    test(`a tag that is gone for ${awayDays} days was first seen at ${expected}`, () => {
      using store = openMemoryStore();
      const backMs = 2_000 + awayDays * DAY_MS;
      store.keepList(SHOP, { nowMs: 1_000, pages: [page('1.0')], ...NONE });
      store.keepList(SHOP, { nowMs: 2_000, pages: [page('1.0', '1.1')], appeared: ['1.1'], left: [] });
      store.keepList(SHOP, { nowMs: 2_000, pages: [page('1.0')], appeared: [], left: ['1.1'] });
      for (let nowMs = 2_000; nowMs < backMs; nowMs += DAY_MS) store.keepList(SHOP, { nowMs, ...NONE });
      store.keepList(SHOP, { nowMs: backMs, pages: [page('1.0', '1.1')], appeared: ['1.1'], left: [] });
      expect(store.firstSeen(SHOP).later.get('1.1')).toBe(expected);
    });
  }

  test('a tag of the first scan that is away for a while is still one of the first scan', () => {
    using store = openMemoryStore();
    store.keepList(SHOP, { nowMs: 1_000, pages: [page('1.0')], ...NONE });
    store.keepList(SHOP, { nowMs: 2_000, pages: [page()], appeared: [], left: ['1.0'] });
    store.keepList(SHOP, { nowMs: 3_000, pages: [page('1.0')], appeared: ['1.0'], left: [] });
    expect(store.firstSeen(SHOP).later).toEqual(new Map());
  });
});

describe('what nobody uses for 30 days goes', () => {
  const OTHER = { ...SHOP, name: 'registry.example/acme/other' };

  for (const [days, remains] of [
    [29, true],
    [31, false],
  ] as const) {
    test(`a repository that was not listed for ${days} days ${remains ? 'is there' : 'is gone'}`, () => {
      using store = openMemoryStore();
      fill(store);
      store.keepList(OTHER, { nowMs: 1_000 + days * DAY_MS, pages: [page('1')], ...NONE });
      expect(store.list(SHOP) !== undefined).toBe(remains);
      expect(store.tag(SHOP, tagOf('1.0')) !== undefined).toBe(remains);
      expect(store.content(SHOP, digestOf(1), 1_000) !== undefined).toBe(remains);
    });
  }

  test('listing a repository and reading a digest are use; a digest that nobody reads goes', () => {
    using store = openMemoryStore();
    fill(store);
    store.keepContent(SHOP, digestOf(2), 'read no more', 1_000);
    for (let day = 1; day <= 40; day += 1) {
      const nowMs = 1_000 + day * DAY_MS;
      store.keepList(SHOP, { nowMs, ...NONE });
      store.content(SHOP, digestOf(1), nowMs);
    }
    expectFilled(store);
    expect(store.content(SHOP, digestOf(2), 1_000)).toBeUndefined();
  });

  test('content above 128 KiB is not kept', () => {
    using store = openMemoryStore();
    store.keepContent(SHOP, digestOf(1), 'x'.repeat(128 * 1024 + 1), 1_000);
    expect(store.content(SHOP, digestOf(1), 1_000)).toBeUndefined();
  });
});

describe('a damaged file is set aside, with one warning', () => {
  for (const [how, damage] of [
    ['no database at all', (path: string) => writeFileSync(path, 'these are not the tables you are looking for')],
    ['cut off', (path: string) => truncateSync(path, statSync(path).size - 5_000)],
    [
      'overwritten in the middle',
      (path: string) => {
        const bytes = readFileSync(path);
        randomBytes(8_192).copy(bytes, 4_096);
        writeFileSync(path, bytes);
      },
    ],
  ] as const) {
    test(how, async () => {
      await using lab = await openLab();
      fill(lab.open());
      lab.close();
      damage(lab.path);
      const store = lab.open();
      expect(store.list(SHOP)).toBeUndefined();
      expect(lab.problems).toMatchObject([{ code: 'STATE_DAMAGED', object: lab.path }]);
      expect(existsSync(`${lab.path}.damaged`)).toBe(true);
      fill(store);
      lab.close();
      expectFilled(lab.open());
      expect(lab.problems).toHaveLength(1);
    });
  }

  test('a row that only this program finds strange', async () => {
    await using lab = await openLab();
    const store = lab.open();
    fill(store);
    using intruder = new DatabaseSync(lab.path);
    intruder.exec(`UPDATE pages SET tags = '{"no": "list"}'`);
    expect(store.list(SHOP)).toBeUndefined();
    expect(lab.problems).toMatchObject([{ code: 'STATE_DAMAGED' }]);
    fill(store);
    expectFilled(store);
  });
});

describe('where the store cannot be used, everything is remembered until the program ends', () => {
  for (const [why, spoil] of [
    ['the folder is a file', (path: string) => writeFile(join(path, '..'), '')],
    ['the file is a folder', (path: string) => mkdir(path, { recursive: true })],
    [
      'a later release wrote it',
      async (path: string) => {
        await mkdir(join(path, '..'), { recursive: true });
        using database = new DatabaseSync(path);
        database.exec('PRAGMA user_version = 99');
      },
    ],
  ] as const) {
    test(why, async () => {
      await using lab = await openLab();
      await spoil(lab.path);
      const store = lab.open();
      fill(store);
      expectFilled(store);
      expect(lab.problems).toMatchObject([{ code: 'STATE_UNUSABLE', object: lab.path }]);
    });
  }

  test.skipIf(!existsSync('/proc/self'))(
    'the folder cannot be made, in a file system that says ENOENT (needs /proc)',
    () => {
      const problems: Problem[] = [];
      using store = openStore({ path: '/proc/nowhere/deep/store.sqlite', warn: (problem) => problems.push(problem) });
      fill(store);
      expectFilled(store);
      expect(problems).toMatchObject([{ code: 'STATE_UNUSABLE' }]);
    },
  );

  const isRoot = process.getuid?.() === 0;
  test.skipIf(isRoot)(
    `the folder cannot be written${isRoot ? ' (skipped: root may write anywhere)' : ''}`,
    async () => {
      await using lab = await openLab();
      await chmod(lab.folder, 0o500);
      const store = lab.open();
      await chmod(lab.folder, 0o700);
      fill(store);
      expectFilled(store);
      expect(lab.problems).toMatchObject([{ code: 'STATE_UNUSABLE' }]);
    },
  );

  test('the disk is full: one warning, and what is there can still be read', async () => {
    await using lab = await openLab();
    const store = lab.open();
    fill(store);
    using intruder = new DatabaseSync(lab.path);
    intruder.exec(`CREATE TRIGGER full BEFORE INSERT ON digests BEGIN SELECT raise(FAIL, 'disk is full'); END`);
    for (const number of [2, 3]) store.keepContent(SHOP, digestOf(number), 'more', 1_000);
    expectFilled(store);
    expect(lab.problems).toMatchObject([{ code: 'STATE_UNUSABLE', message: expect.stringContaining('disk is full') }]);
  });
});

test('two processes that write at the same time lose nothing and damage nothing', async () => {
  await using lab = await openLab();
  const writers = [0, 500].map((first) => run(process.execPath, [WRITER, lab.path, String(first), '500'], '/', {}));
  for (const ended of await Promise.all(writers)) expect(ended).toEqual({ code: 0, stdout: '[]', stderr: '' });
  const store = lab.open();
  for (let number = 0; number < 1_000; number += 1) {
    expect(store.tag(SHOP, tagOf(`1.0.${number}`))?.digest).toBe(digestOf(number));
    expect(store.content(SHOP, digestOf(number), 2_000)).toBe(`content ${number}`);
  }
  using database = new DatabaseSync(lab.path);
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  expect(lab.problems).toEqual([]);
});

test('a damaged file that two processes open at the same time is mended once', async () => {
  await using lab = await openLab();
  lab.open();
  lab.close();
  writeFileSync(lab.path, randomBytes(20_000));
  const writers = [0, 100].map((first) => run(process.execPath, [WRITER, lab.path, String(first), '100'], '/', {}));
  const told = (await Promise.all(writers)).map(({ stdout }): Problem[] => JSON.parse(stdout));
  expect(told.flat().map(({ code }) => code)).toEqual(['STATE_DAMAGED']);
  const store = lab.open();
  for (let number = 0; number < 200; number += 1) {
    expect(store.tag(SHOP, tagOf(`1.0.${number}`))?.digest).toBe(digestOf(number));
  }
});

describe('migrations', () => {
  const STEPS = [
    'CREATE TABLE a (x INTEGER) STRICT;',
    'ALTER TABLE a ADD COLUMN y TEXT;',
    'CREATE TABLE b AS SELECT * FROM a;',
  ];
  const schemaOf = (database: DatabaseSync) => database.prepare('SELECT sql FROM sqlite_schema ORDER BY name').all();

  test('from any version to the last comes to the same schema, and keeps the rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: STEPS.length }), (stop) => {
        using fresh = new DatabaseSync(':memory:');
        using grown = new DatabaseSync(':memory:');
        migrate(fresh, STEPS);
        migrate(grown, STEPS.slice(0, stop));
        grown.exec('INSERT INTO a (x) VALUES (7)');
        migrate(grown, STEPS);
        expect(schemaOf(grown)).toEqual(schemaOf(fresh));
        expect(versionOf(grown)).toBe(STEPS.length);
        expect(grown.prepare('SELECT x FROM a').all()).toEqual([{ x: 7 }]);
      }),
      { numRuns: 10 },
    );
  });

  test('a step that fails changes nothing', () => {
    using database = new DatabaseSync(':memory:');
    migrate(database, STEPS.slice(0, 1));
    const before = schemaOf(database);
    expect(() => migrate(database, [...STEPS.slice(0, 1), 'CREATE TABLE c (x INTEGER) STRICT; NONSENSE;'])).toThrow();
    if (database.isTransaction) database.exec('ROLLBACK');
    expect([schemaOf(database), versionOf(database)]).toEqual([before, 1]);
  });

  test('a later version is left alone', () => {
    using database = new DatabaseSync(':memory:');
    migrate(database, STEPS);
    expect(() => migrate(database, STEPS.slice(0, 2))).toThrow(NewerSchema);
  });
});
