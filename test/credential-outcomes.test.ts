import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isUntyped, type Untyped } from '../src/core/untyped.ts';
import { CANARY } from './support/canary.ts';
import { application, startWorld, type World } from './support/world.ts';

// The command as people run it, after cycles that used the credentials, in processes of their own.

const REGISTRY = { auth: { kind: 'basic', user: 'bot', password: CANARY } } as const;

async function audit(world: World, env: Readonly<Record<string, string>>): Promise<ReadonlyMap<unknown, Untyped>> {
  const { stdout, stderr } = await world.tiphys(['credentials', '-o', 'json', ...conf(world)], env);
  expect(stdout, stderr).not.toBe('');
  expect(stdout + stderr).not.toContain(CANARY);
  const document: unknown = JSON.parse(stdout);
  const items = isUntyped(document) && Array.isArray(document['items']) ? document['items'].filter(isUntyped) : [];
  return new Map(items.map((item) => [item['credential'], item]));
}

function conf({ folder }: World): readonly string[] {
  return ['--registries-conf-path', join(folder, 'registries.conf')];
}

async function writeConf({ folder, registry }: World, more: string, others = ''): Promise<void> {
  const entry = `{name: own, prefix: '${registry.host}', api_url: '${registry.url}', ${more}}`;
  await writeFile(join(folder, 'registries.conf'), `registries:\n- ${entry}\n${others}`);
}

test('what cycles learnt of a credential is told, by name and host, in table and JSON', async () => {
  await using world = await startWorld({ registry: REGISTRY });
  world.putTags('acme/shop', '1.0', '1.1');
  const image = `${world.registry.host}/acme/shop`;
  const { url } = await world.repository(
    'deploy',
    new Map([['shop/kustomization.yaml', `images:\n- name: ${image}\n  newTag: '1.0'\n`]]),
  );
  const settings = { 'image-list': `shop=${image}:1.x`, 'write-back-target': 'kustomization' };
  await world.manifests('shop.yaml', application('shop', { repoURL: url, path: 'shop' }, settings));
  await writeConf(world, 'credentials: [env:OLD, env:NEW]');
  const env = { OLD: `bot:${CANARY}-old`, NEW: `bot:${CANARY}` };

  const before = await audit(world, env);
  expect(before.get('variable NEW')).toMatchObject({ lastSuccess: null, lastFailure: null });

  const plan = await world.tiphys(['plan', ...conf(world)], env);
  expect(plan.stderr).not.toContain('REGISTRY_UNAUTHORIZED');
  const after = await audit(world, env);
  const { host } = world.registry;
  const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
  expect(after.get('variable NEW')).toMatchObject({ lastSuccess: { at, host }, lastFailure: null });
  expect(after.get('variable OLD')).toMatchObject({
    lastSuccess: null,
    lastFailure: { at, host, code: 'REGISTRY_UNAUTHORIZED' },
  });
  const table = await world.tiphys(['credentials', ...conf(world)], env);
  expect(table.stdout).toMatch(/LAST SUCCESS +LAST FAILURE/);
  expect(table.stdout).toMatch(/variable OLD .* REGISTRY_UNAUTHORIZED/);
});

test('mirrors and proxies are audited, with what each of them gets', async () => {
  await using world = await startWorld();
  const auth = Buffer.from(`bot:${CANARY}`).toString('base64');
  const auths = { [world.registry.host]: { auth }, 'mirror.example.com': { auth } };
  await writeConf(
    world,
    `credentials: ['env:OWN', 'pullsecret:argocd/both'], mirrors: ['https://mirror.example.com', 'http://other.example.com'],
     proxy: 'http://bot:${CANARY}@proxy.example.com:3128'`,
    "- {name: other, prefix: other.example.com, api_url: 'http://other.example.com', insecure: true}\n",
  );
  await mkdir(join(world.folder, 'home/.docker'));
  await writeFile(
    join(world.folder, 'home/.docker/config.json'),
    JSON.stringify({ auths: { 'other.example.com': { auth } } }),
  );
  const stringData = { '.dockerconfigjson': JSON.stringify({ auths }) };
  const metadata = { namespace: 'argocd', name: 'both' };
  await world.manifests('s.yaml', JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData }));
  const rows = await audit(world, { OWN: `bot:${CANARY}` });
  expect(rows.get('variable OWN')).toMatchObject({ registries: ['own'] });
  expect(rows.get('pull Secret argocd/both')).toMatchObject({
    registries: ['mirror.example.com', 'own'],
    secret: 'argocd/both',
    plainHttp: [],
  });
  expect(rows.get('the Docker configuration (~/.docker/config.json)')).toMatchObject({
    registries: ['other'],
    plainHttp: ['http://other.example.com'],
  });
  expect(rows.get('proxy of own in registries.conf')).toMatchObject({
    registries: ['own'],
    plainHttp: ['http://proxy.example.com:3128'],
  });
});
