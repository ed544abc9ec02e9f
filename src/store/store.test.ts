import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf, expectFilled, fill, SHOP, tagOf, testStore } from '../../test/support/store-suite.ts';
import { run } from '../../test/support/world.ts';
import type { Problem } from '../core/failure.ts';
import type { Store } from './memory.ts';
import { migrate, NewerSchema, versionOf } from './migrate.ts';
import { openMemoryStore, openStore } from './open-store.ts';
import { MIGRATIONS } from './schema.ts';
import { sqliteRunner } from './sqlite-runner.ts';
import { Tables } from './tables.ts';

const WRITER = join(import.meta.dirname, '../../test/support/store-writer.ts');

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
    async close(): Promise<void> {
      for (const store of opened.splice(0)) await store[Symbol.asyncDispose]();
    },
    async [Symbol.asyncDispose]() {
      await this.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

testStore(async () => openMemoryStore());

describe('in a file, what was kept is there', () => {
  test('after the program has ended', async () => {
    await using lab = await openLab();
    await fill(lab.open());
    await lab.close();
    await expectFilled(lab.open());
    expect(lab.problems).toEqual([]);
  });

  test('readable by its owner alone', async () => {
    await using lab = await openLab();
    await fill(lab.open());
    const modes = ['', '-wal', '-shm', '.lock'].map((suffix) => statSync(`${lab.path}${suffix}`).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600, 0o600]);
    expect(statSync(join(lab.path, '..')).mode & 0o777).toBe(0o700);
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
      await fill(lab.open());
      await lab.close();
      damage(lab.path);
      const store = lab.open();
      expect(await store.list(SHOP)).toBeUndefined();
      expect(lab.problems).toMatchObject([{ code: 'STATE_DAMAGED', object: lab.path }]);
      expect(existsSync(`${lab.path}.damaged`)).toBe(true);
      await fill(store);
      await lab.close();
      await expectFilled(lab.open());
      expect(lab.problems).toHaveLength(1);
    });
  }

  test('a row that only this program finds strange', async () => {
    await using lab = await openLab();
    const store = lab.open();
    await fill(store);
    using intruder = new DatabaseSync(lab.path);
    intruder.exec(`UPDATE pages SET tags = '{"no": "list"}'`);
    expect(await store.list(SHOP)).toBeUndefined();
    expect(lab.problems).toMatchObject([{ code: 'STATE_DAMAGED' }]);
    await fill(store);
    await expectFilled(store);
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
      await fill(store);
      await expectFilled(store);
      expect(lab.problems).toMatchObject([{ code: 'STATE_UNUSABLE', object: lab.path }]);
    });
  }

  test.skipIf(!existsSync('/proc/self'))(
    'the folder cannot be made, in a file system that says ENOENT (needs /proc)',
    async () => {
      const problems: Problem[] = [];
      await using store = openStore({
        path: '/proc/nowhere/deep/store.sqlite',
        warn: (problem) => problems.push(problem),
      });
      await fill(store);
      await expectFilled(store);
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
      await fill(store);
      await expectFilled(store);
      expect(lab.problems).toMatchObject([{ code: 'STATE_UNUSABLE' }]);
    },
  );

  test('the disk is full: one warning, and what is there can still be read', async () => {
    await using lab = await openLab();
    const store = lab.open();
    await fill(store);
    using intruder = new DatabaseSync(lab.path);
    intruder.exec(`CREATE TRIGGER full BEFORE INSERT ON digests BEGIN SELECT raise(FAIL, 'disk is full'); END`);
    for (const number of [2, 3]) await store.keepContent(SHOP, digestOf(number), 'more', 1_000);
    await expectFilled(store);
    expect(lab.problems).toMatchObject([{ code: 'STATE_UNUSABLE', message: expect.stringContaining('disk is full') }]);
  });
});

test('two processes that write at the same time lose nothing and damage nothing', async () => {
  await using lab = await openLab();
  const writers = [0, 500].map((first) => run(process.execPath, [WRITER, lab.path, String(first), '500'], '/', {}));
  for (const ended of await Promise.all(writers)) expect(ended).toEqual({ code: 0, stdout: '[]', stderr: '' });
  const store = lab.open();
  for (let number = 0; number < 1_000; number += 1) {
    expect((await store.tag(SHOP, tagOf(`1.0.${number}`)))?.digest).toBe(digestOf(number));
    expect(await store.content(SHOP, digestOf(number), 2_000)).toBe(`content ${number}`);
  }
  using database = new DatabaseSync(lab.path);
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  expect(lab.problems).toEqual([]);
});

test('a damaged file that two processes open at the same time is mended once', async () => {
  await using lab = await openLab();
  lab.open();
  await lab.close();
  writeFileSync(lab.path, randomBytes(20_000));
  const writers = [0, 100].map((first) => run(process.execPath, [WRITER, lab.path, String(first), '100'], '/', {}));
  const told = (await Promise.all(writers)).map(({ stdout }): Problem[] => JSON.parse(stdout));
  expect(told.flat().map(({ code }) => code)).toEqual(['STATE_DAMAGED']);
  const store = lab.open();
  for (let number = 0; number < 200; number += 1) {
    expect((await store.tag(SHOP, tagOf(`1.0.${number}`)))?.digest).toBe(digestOf(number));
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

  test('a store of the release before is brought up, with what it remembers', async () => {
    using database = new DatabaseSync(':memory:');
    migrate(database, MIGRATIONS.slice(0, 1));
    const pages = [{ url: 'https://ghcr.io/v2/acme/shop/tags/list', tags: ['1.0'] }];
    database.exec(`INSERT INTO repositories (id, name, viewer, used_ms, first_scan_ms)
      VALUES (1, '${SHOP.name}', '${SHOP.viewer}', 1000, 1000);
      INSERT INTO pages VALUES (1, 0, '${pages[0]?.url}', NULL, NULL, '["1.0"]')`);
    migrate(database);
    expect(versionOf(database)).toBe(MIGRATIONS.length);
    const tables = new Tables(sqliteRunner(database));
    await tables.keepOutcome({ credential: 'Secret shop/ghcr', host: 'ghcr.io' }, 'accepted', 2_000);
    expect(await tables.list(SHOP)).toEqual({ pages, firstScanMs: 1_000 });
    expect(await tables.outcomes()).toHaveLength(1);
  });
});
