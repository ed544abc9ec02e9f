import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { migrate, versionOf } from './migrate.ts';
import { openMemoryStore } from './open-store.ts';
import { ScanTables } from './scan-tables.ts';
import { MIGRATIONS } from './schema.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const PLACE = { credential: 'Secret shop/ghcr, field auth', host: 'ghcr.io' };
const REPOSITORY = { name: 'ghcr.io/acme/shop', viewer: 'anonymous' };

test('the last success and the last failure stand side by side, for each host', () => {
  using store = openMemoryStore();
  store.keepOutcome(PLACE, 'accepted', 1_000);
  store.keepOutcome(PLACE, 'REGISTRY_UNAUTHORIZED', 2_000);
  store.keepOutcome(PLACE, 'CREDENTIALS_INVALID', 3_000);
  store.keepOutcome({ ...PLACE, host: 'quay.io' }, 'accepted', 4_000);
  expect(store.outcomes()).toEqual([
    { ...PLACE, lastSuccessMs: 1_000, lastFailure: { atMs: 3_000, code: 'CREDENTIALS_INVALID' } },
    { ...PLACE, host: 'quay.io', lastSuccessMs: 4_000, lastFailure: undefined },
  ]);
});

for (const [days, isThere] of [
  [29, true],
  [31, false],
] as const) {
  test(`what was last used ${days} days ago is ${isThere ? 'still there' : 'gone'}`, () => {
    using store = openMemoryStore();
    store.keepOutcome(PLACE, 'accepted', 1_000);
    store.keepDemandsNothing('https://ghcr.io', 1_000);
    store.keepList(REPOSITORY, { nowMs: 1_000 + days * DAY_MS, appeared: [], left: [] });
    expect(store.outcomes()).toHaveLength(isThere ? 1 : 0);
    expect(store.demandsNothingSince('https://ghcr.io')).toBe(isThere ? 1_000 : undefined);
  });
}

test('a registry that demands something after all is forgotten', () => {
  using store = openMemoryStore();
  store.keepDemandsNothing('https://ghcr.io', 1_000);
  store.keepDemandsNothing('https://ghcr.io', undefined);
  expect(store.demandsNothingSince('https://ghcr.io')).toBeUndefined();
});

test('a store of the release before is brought up, with what it remembers', () => {
  using database = new DatabaseSync(':memory:');
  migrate(database, MIGRATIONS.slice(0, 1));
  const pages = [{ url: 'https://ghcr.io/v2/acme/shop/tags/list', tags: ['1.0'] }];
  database.exec(`INSERT INTO repositories (id, name, viewer, used_ms, first_scan_ms)
    VALUES (1, '${REPOSITORY.name}', '${REPOSITORY.viewer}', 1000, 1000);
    INSERT INTO pages VALUES (1, 0, '${pages[0]?.url}', NULL, NULL, '["1.0"]')`);
  migrate(database);
  expect(versionOf(database)).toBe(MIGRATIONS.length);
  const tables = new ScanTables(database);
  tables.keepOutcome(PLACE, 'accepted', 2_000);
  expect(tables.list(REPOSITORY)).toEqual({ pages, firstScanMs: 1_000 });
  expect(tables.outcomes()).toHaveLength(1);
});
