import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startRegistry } from '../../src/demo/registry.ts';
import { makeCertificates } from '../support/certificates.ts';
import { makePrograms } from '../support/programs.ts';
import { endpointFor, testRegistries } from '../support/registries.ts';
import { run } from '../support/world.ts';
import { startDistribution } from './distribution-registry.ts';
import { HTPASSWD, HTPASSWD_LOGIN } from './real-registries.ts';
import { findTool, lacking } from './tools.ts';

const SIGNAL = new AbortController().signal;
const skopeo = findTool('skopeo');
const made = await makeCertificates();
const folder = await mkdtemp(join(tmpdir(), 'tiphys-access-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Puts a tag into a registry with TLS and a password, the way a pipeline would. */
async function push(tool: string, host: string): Promise<void> {
  await using source = await startRegistry();
  source.putImage('acme/shop', '1.0', { created: '2026-01-01T00:00:00Z' });
  const options = ['--src-tls-verify=false', '--dest-cert-dir', folder, '--dest-creds', HTPASSWD_LOGIN];
  const images = [`docker://${source.host}/acme/shop:1.0`, `docker://${host}/acme/shop:1.0`];
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder };
  const ended = await run(tool, ['--insecure-policy', 'copy', ...options, ...images], folder, env);
  if (ended.code !== 0) throw new Error(ended.stderr);
}

for (const tool of ['docker-registry', 'registry'] as const) {
  const lacks = [lacking(tool, 'skopeo'), made ? '' : 'SKIPPED: no openssl'];
  const skipped = lacks.filter((one) => one !== '').join('; ');

  test.skipIf(skipped !== '')(`${tool} opens by authority, password and script ${skipped}`, async () => {
    const program = findTool(tool);
    if (program === undefined || skopeo === undefined || made === undefined) return;
    await using registry = await startDistribution(program, { tls: made.server, htpasswd: HTPASSWD });
    await writeFile(join(folder, 'ca.crt'), made.ca);
    await push(skopeo, registry.host);
    await using programs = await makePrograms();
    const path = await programs.write('ecr-login.sh', programs.count, 'echo "$REGISTRY_LOGIN"');
    const { host } = registry;
    const trust = { caFile: join(folder, 'ca.crt') };
    const env = { PATH: process.env['PATH'], REGISTRY_LOGIN: HTPASSWD_LOGIN, HUB: HTPASSWD_LOGIN, WRONG: 'bot:wrong' };
    const auths = JSON.stringify({ auths: { '127.0.0.*:443': {}, [host]: { auth: btoa(HTPASSWD_LOGIN) } } });
    const secrets = () => [{ namespace: 'argocd', name: 'pull', labels: {}, data: { '.dockerconfigjson': auths } }];
    const image = { registry: host, repository: 'acme/shop' };
    for (const credentials of [
      [{ kind: 'env', variable: 'HUB' }],
      [{ kind: 'ext', path }],
      [{ kind: 'pullsecret', namespace: 'argocd', name: 'pull' }],
      [
        { kind: 'env', variable: 'WRONG' },
        { kind: 'env', variable: 'HUB' },
      ],
    ] as const) {
      const endpoint = endpointFor(host, `https://${host}`, { trust, credentials });
      await using registries = testRegistries({ endpoints: [endpoint], env, secrets });
      for (const _cycle of [1, 2]) expect(await registries.scan().listTags(image, SIGNAL)).toEqual(['1.0']);
    }
    expect(await programs.runs()).toBe(1);
    const wrong = endpointFor(host, `https://${host}`, { trust, credentials: [{ kind: 'env', variable: 'WRONG' }] });
    await using registries = testRegistries({ endpoints: [wrong], env });
    await expect(registries.scan().listTags(image, SIGNAL)).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
  });
}
