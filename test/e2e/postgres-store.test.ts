import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import postgresDriver from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../src/core/failure.ts';
import type { PostgresAddress } from '../../src/core/postgres-address.ts';
import { migratePostgres, openPostgres } from '../../src/store/open-postgres.ts';
import { openPostgresStore } from '../../src/store/open-postgres-store.ts';
import { CANARY } from '../support/canary.ts';
import { digestOf, expectFilled, fill, SHOP, tagOf, testStore } from '../support/store-suite.ts';
import { application, startWorld } from '../support/world.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { freePort } from './server-program.ts';
import { findTool, missing } from './tools.ts';

const initdb = findTool('initdb');
const PROGRAM = join(import.meta.dirname, '../../dist/tiphys.js');
/** Long enough for a machine under load; asked again soon. */
const PATIENT = { timeoutMs: 60_000, restMs: 50 };

describe.skipIf(initdb === undefined)(`the store in PostgreSQL${initdb ? '' : ` (${missing('initdb')})`}`, () => {
  let server: Postgres;
  beforeAll(async () => {
    server = await startPostgres(initdb ?? '');
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** A database of its own, opened as often as there are replicas. */
  async function openLab() {
    const address = await server.createDatabase();
    const problems: Problem[] = [];
    const warn = (problem: Problem) => problems.push(problem);
    const open = (more: Partial<PostgresAddress> = {}, limits = PATIENT) =>
      openPostgresStore({ address: { ...address, ...more }, warn, now: Date.now, limits });
    return { address, problems, open };
  }

  testStore(async () => {
    const { address } = await openLab();
    const warn = ({ message }: Problem) => {
      throw new Error(message);
    };
    return await openPostgresStore({ address, warn, now: Date.now });
  });

  describe('replicas', () => {
    test('that start together make the tables once, and see what each of them keeps', async () => {
      const lab = await openLab();
      const stores = await Promise.all(Array.from({ length: 5 }, () => lab.open({}, { timeoutMs: 60_000, restMs: 0 })));
      const [first, ...others] = stores;
      if (first) await fill(first);
      for (const store of others) await expectFilled(store);
      for (const store of stores) await store[Symbol.asyncDispose]();
      expect(lab.problems).toEqual([]);
    });

    test('that write the same at the same time lose nothing', async () => {
      const lab = await openLab();
      await using one = await lab.open({}, { timeoutMs: 60_000, restMs: 0 });
      await using other = await lab.open({}, { timeoutMs: 60_000, restMs: 0 });
      const numbers = Array.from({ length: 200 }, (_, number) => number);
      const tags = numbers.map((number) => `1.0.${number}`);
      const pages = [{ url: 'https://registry.example/v2/acme/shop/tags/list', tags }];
      await one.keepList(SHOP, { nowMs: 500, pages: [], appeared: [], left: [] });
      const work = [one, other].flatMap((store) => [
        ...numbers.map((number) => store.keepTag(SHOP, tagOf(`1.0.${number}`), digestOf(number), 1_000)),
        ...numbers.map((number) => store.keepContent(SHOP, digestOf(number), `content ${number}`, 1_000)),
        store.keepList(SHOP, { nowMs: 1_000, pages, appeared: tags, left: [] }),
        store.keepList(SHOP, { nowMs: 1_000, pages, appeared: tags.toReversed(), left: [] }),
      ]);
      await Promise.all(work);
      expect(lab.problems).toEqual([]);
      expect((await one.list(SHOP))?.pages).toEqual(pages);
      for (const number of numbers) {
        expect((await other.tag(SHOP, tagOf(`1.0.${number}`)))?.digest).toBe(digestOf(number));
        expect(await other.content(SHOP, digestOf(number), 2_000)).toBe(`content ${number}`);
      }
    });

    test('that take looks of the same shard share them', async () => {
      const lab = await openLab();
      await using one = await lab.open();
      await using other = await lab.open();
      await one.post(
        Array.from({ length: 100 }, (_, number) => ({ shard: 0, key: String(number) })),
        1_000,
      );
      const taken = await Promise.all([one, other].map((store) => store.take([0], 100, 2_000)));
      expect(new Set(taken.flat().map(({ key }) => key)).size).toBe(100);
    });
  });

  describe('without its database', () => {
    test('a store remembers by itself, says so once, and goes back when it is there again', async () => {
      const lab = await openLab();
      await using store = await lab.open();
      await fill(store);
      await server.stop();
      await fill(store);
      await expectFilled(store);
      expect(lab.problems).toMatchObject([
        { code: 'STATE_UNUSABLE', object: expect.stringMatching(/^postgres:\/\/127\.0\.0\.1:\d+\/tiphys_\d+$/) },
      ]);
      await server.start();
      await expect
        .poll(async () => {
          await store.keepTag(SHOP, tagOf('2.0'), digestOf(2), 3_000);
          return await server.ask(lab.address.database, "SELECT tag FROM tags WHERE tag = '2.0'");
        })
        .toEqual(['2.0']);
    });

    test('cut connections are made anew, and nobody hears of it', async () => {
      const lab = await openLab();
      await using store = await lab.open();
      await fill(store);
      const own = `datname = '${lab.address.database}' AND pid <> pg_backend_pid()`;
      await server.ask('postgres', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${own}`);
      await expectFilled(store);
      expect(lab.problems).toEqual([]);
    });

    test('a server that takes connections and is silent is waited for once, and not for long', async () => {
      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
      const port = await freePort();
      await new Promise<void>((listening) => silent.listen(port, '127.0.0.1', listening));
      const lab = await openLab();
      await using store = await lab.open({ port }, { timeoutMs: 300, restMs: 600_000 });
      await fill(store);
      await expectFilled(store);
      expect(sockets).toHaveLength(1);
      expect(lab.problems).toMatchObject([{ message: expect.stringContaining('no answer in 0.3 s') }]);
      for (const socket of sockets) socket.destroy();
      silent.close();
    });

    for (const [what, wrong] of [
      ['a database that is not there', { database: 'nowhere' }],
      ['a user who may not', { user: 'nobody', password: 'hunter2' }],
      ['certificates that cannot be read', { tls: 'verify-full', rootCertificates: '/nowhere/ca.pem' }],
      ['a server without the TLS that was asked for', { tls: 'require' }],
      ['a host that is not there', { host: 'nowhere.invalid', password: 'hunter2' }],
    ] as const) {
      test(`${what} is a warning without a password`, async () => {
        const lab = await openLab();
        await using store = await lab.open(wrong, { timeoutMs: 10_000, restMs: 60_000 });
        await fill(store);
        await expectFilled(store);
        expect(lab.problems).toMatchObject([{ code: 'STATE_UNUSABLE' }]);
        expect(JSON.stringify(lab.problems)).not.toContain('hunter2');
      });
    }
  });

  test('the program finds in it what it learnt on another machine', async () => {
    const { host, port, database, user } = await server.createDatabase();
    await using world = await startWorld({ program: PROGRAM, registry: { etags: true } });
    world.putTags('acme/shop', '1.0.0', '1.1.0');
    const image = `${world.registry.host}/acme/shop`;
    const files = new Map([['kustomization.yaml', `images:\n- name: ${image}\n  newTag: 1.0.0\n`]]);
    const { url } = await world.repository('shop', files);
    const settings = { 'image-list': `app=${image}`, 'write-back-target': 'kustomization' };
    await world.manifests('shop.yaml', application('shop', { repoURL: url }, settings));
    const env = { TIPHYS_STORE: `postgres://${user}:${CANARY}@${host}:${port}/${database}` };
    for (const machine of ['one', 'another']) {
      const ran = await world.tiphys(['plan', '--state-dir', join(world.folder, machine)], env);
      expect(ran).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('1.1.0') });
    }
    const lists = world.registry.requests.filter(({ path }) => path.includes('/tags/list'));
    expect(lists.map(({ status }) => status)).toEqual([200, 304]);
    expect(await server.ask(database, 'SELECT name FROM repositories')).toEqual([image]);
  });

  describe('the schema', () => {
    test('of the release before is brought up, with what it holds', async () => {
      const { address } = await openLab();
      const { host, port, database, user } = address;
      const types = { bigint: { to: 20, from: [20], serialize: String, parse: Number } };
      const sql = postgresDriver({ ...{ host, port, database, user, types }, onnotice: () => undefined });
      const steps = ['CREATE TABLE a (x INTEGER) STRICT;', 'ALTER TABLE a ADD COLUMN y TEXT;'];
      await migratePostgres(sql, steps.slice(0, 1));
      await sql.unsafe('INSERT INTO a (x) VALUES (7)');
      await migratePostgres(sql, steps);
      await migratePostgres(sql, steps);
      expect([...(await sql.unsafe('SELECT * FROM a'))]).toEqual([{ x: 7, y: null }]);
      await expect(migratePostgres(sql, [...steps, 'NONSENSE;'])).rejects.toThrow('syntax error');
      expect([...(await sql.unsafe('SELECT version FROM schema_version'))]).toEqual([{ version: 2 }]);
      await sql.end();
    });

    test('of a later release is left alone', async () => {
      const lab = await openLab();
      await (await openPostgres(lab.address)).end();
      await server.ask(lab.address.database, 'UPDATE schema_version SET version = 99');
      await using store = await lab.open({}, { timeoutMs: 10_000, restMs: 60_000 });
      await fill(store);
      await expectFilled(store);
      expect(lab.problems).toMatchObject([{ message: expect.stringContaining('schema 99') }]);
    });
  });
});
