import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CANARY } from './support/canary.ts';
import { application, startWorld, type World } from './support/world.ts';

const FILE = 'kustomization.yaml';
const kustomization = (image: string, tag: string) => `images:\n- name: ${image}\n  newTag: ${tag}\n`;

/** One Application at 1.1.0, and a registry with 1.0.0 to 1.2.0. */
async function openShop(world: World, settings: Readonly<Record<string, string>> = {}) {
  const image = `${world.registry.host}/acme/shop`;
  world.putTags('acme/shop', '1.0.0', '1.1.0', '1.2.0');
  const { path, url } = await world.repository('shop', new Map([[FILE, kustomization(image, '1.1.0')]]));
  const written = { 'image-list': `app=${image}`, 'write-back-target': 'kustomization', ...settings };
  await world.manifests('shop.yaml', application('shop', { repoURL: url }, written));
  return {
    image,
    stated: () => world.gitIn(path, 'show', `main:${FILE}`),
    async plan() {
      const { code, stdout } = await world.tiphys(['plan', '-o', 'json', '--exit-code']);
      return { code, ...JSON.parse(stdout) };
    },
  };
}

test('a registry that loses its tags moves nothing, in any process, and is no failure', async () => {
  await using world = await startWorld();
  const shop = await openShop(world, { 'tiphys.dev/allow-downgrade': 'true' });
  await world.tiphys(['run', '--once']);
  const before = await shop.stated();
  for (const tag of ['1.1.0', '1.2.0']) world.registry.deleteTag('acme/shop', tag);
  for (let round = 0; round < 4; round += 1) {
    expect(await shop.plan()).toMatchObject({
      code: 0,
      items: [{ from: '1.2.0', to: null, outcome: 'held', rule: 'suspicious-list' }],
    });
  }
  expect(await world.tiphys(['run', '--once'])).toMatchObject({ code: 0 });
  expect(await shop.stated()).toBe(before);
  const { stdout } = await world.tiphys(['explain', 'shop']);
  expect(stdout).toContain('the registry lists 1 of the 3 tags that it had; not believed yet');
  world.registry.deleteTag('acme/shop', '1.0.0');
  expect(await shop.plan()).toMatchObject({ code: 0, items: [{ outcome: 'held', rule: 'suspicious-list' }] });
  world.putTags('acme/shop', '1.0.0', '1.1.0', '1.2.0', '1.3.0');
  expect(await shop.plan()).toMatchObject({ code: 1, items: [{ to: '1.3.0', outcome: 'update' }] });
});

test('explain says when a tag was first seen, by the process that saw it', async () => {
  await using world = await startWorld();
  await openShop(world);
  const explain = async () => {
    const { stdout } = await world.tiphys(['explain', 'shop', '-o', 'json']);
    const explanation: { items: { candidates: { tag: string; firstSeen: string }[] }[] } = JSON.parse(stdout);
    return new Map(explanation.items[0]?.candidates.map(({ tag, firstSeen }) => [tag, Date.parse(firstSeen)]));
  };
  const first = await explain();
  expect([...first.keys()]).toEqual(['1.0.0', '1.1.0', '1.2.0']);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  world.putTags('acme/shop', '1.3.0');
  const second = await explain();
  for (const [tag, seenMs] of first) expect(second.get(tag)).toBe(seenMs);
  expect(second.get('1.3.0')).toBeGreaterThan(first.get('1.2.0') ?? Number.NaN);
  const { stdout } = await world.tiphys(['explain', 'shop']);
  expect(stdout).toMatch(/first seen {2}20\d\d-/);
});

test('newest-build in another process asks for the list and for what the chosen tag points at', async () => {
  await using world = await startWorld({ registry: { etags: true } });
  const shop = await openShop(world, { 'update-strategy': 'newest-build' });
  await shop.plan();
  const before = world.registry.requests.length;
  expect(await shop.plan()).toMatchObject({ items: [{ to: '1.2.0', outcome: 'update' }] });
  expect(world.registry.requests.slice(before)).toEqual([
    { method: 'GET', path: '/v2/acme/shop/tags/list?n=1000', status: 304 },
    { method: 'HEAD', path: '/v2/acme/shop/manifests/1.2.0', status: 200 },
  ]);
});

test('a damaged store is one warning, and the work goes on', async () => {
  await using world = await startWorld();
  const shop = await openShop(world);
  await shop.plan();
  await writeFile(join(world.folder, 'state', 'store.sqlite'), 'not what it was');
  expect(await shop.plan()).toMatchObject({ items: [{ outcome: 'update' }], warnings: [{ code: 'STATE_DAMAGED' }] });
  expect(await shop.plan()).toMatchObject({ items: [{ outcome: 'update' }], warnings: [] });
});

test('a shared store that cannot be reached is a warning, and its password is not in it', async () => {
  await using world = await startWorld();
  const shop = await openShop(world);
  const ran = await world.tiphys(['run', '--once'], { TIPHYS_STORE: `postgres://tiphys:${CANARY}@127.0.0.1:1/tiphys` });
  expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('postgres://127.0.0.1:1/tiphys') });
  expect(ran.stderr).toContain('STATE_UNUSABLE');
  expect(await shop.stated()).toBe(kustomization(shop.image, '1.2.0'));
});

test('a password on the command line is refused, and not repeated', async () => {
  await using world = await startWorld();
  await openShop(world);
  const refused = await world.tiphys(['plan', '--store', `postgres://tiphys:${CANARY}@127.0.0.1:1/tiphys`]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--store: everybody on this machine') });
});
