import { expect, test } from 'vitest';
import { CANARY } from './support/canary.ts';
import { makeCertificates } from './support/certificates.ts';
import { startProxy } from './support/connect-proxy.ts';
import { startTlsFront } from './support/tls-front.ts';
import { application, startWorld } from './support/world.ts';

// The program as people run it: Applications, Secrets and ConfigMaps by -f.

const certificates = await makeCertificates();
const LOGIN = `peter:${CANARY}-proxy`;
const KUSTOMIZATION = 'resources: []\nimages:\n  - name: IMAGE\n    newTag: 1.0.0\n';

function object(kind: string, name: string, data: Readonly<Record<string, string>>, labels = {}): string {
  const values = kind === 'Secret' ? { stringData: data } : { data };
  return `---\n${JSON.stringify({ apiVersion: 'v1', kind, metadata: { namespace: 'argocd', name, labels }, ...values })}\n`;
}

const lacks = certificates === undefined ? ' (SKIPPED: no openssl)' : '';
test.skipIf(certificates === undefined)(`a server that asks for everything is written to${lacks}`, async () => {
  if (certificates === undefined) return;
  await using world = await startWorld();
  await using front = await startTlsFront(world.git.url, { certificates, asksForCertificate: true });
  await using proxy = await startProxy({ login: LOGIN });
  world.putTags('acme/shop', '1.0.0', '1.1.0');
  const image = `${world.registry.host}/acme/shop`;
  const files = new Map([['shop/kustomization.yaml', KUSTOMIZATION.replace('IMAGE', image)]]);
  const repository = await world.repository('deploy.git', files);
  const repoURL = `${front.url}/deploy.git`;
  const settings = { 'image-list': `shop=${image}:1.x`, 'write-back-target': 'kustomization' };
  await world.manifests('app.yaml', application('shop', { repoURL, path: 'shop', targetRevision: 'main' }, settings));
  const data = {
    url: `${front.url}/`,
    bearerToken: `${CANARY}.token`,
    proxy: proxy.url.replace('//', `//${LOGIN}@`),
    tlsClientCertData: certificates.client.cert,
    tlsClientCertKey: certificates.client.key,
  };
  await world.manifests(
    'argocd.yaml',
    object('Secret', 'team', data, { 'argocd.argoproj.io/secret-type': 'repo-write-creds' }) +
      object('ConfigMap', 'argocd-tls-certs-cm', { localhost: certificates.ca }),
  );
  const { code, stderr } = await world.tiphys(['run', '--once']);
  expect(stderr).not.toContain('fix:');
  expect(code).toBe(0);
  expect(await world.gitIn(repository.path, 'show', 'main:shop/kustomization.yaml')).toContain('newTag: 1.1.0');
  expect(new Set(front.seen.map(({ headers }) => headers.authorization))).toEqual(new Set([`Bearer ${CANARY}.token`]));
  expect(proxy.seen.length).toBeGreaterThan(0);
});

for (const [repoURL, protocol] of [
  ['http://git.invalid/deploy.git', 'http'],
  ['file:///nonexistent/deploy.git', 'file'],
] as const) {
  test(`${protocol} is spoken only where somebody says so`, async () => {
    await using world = await startWorld();
    const settings = {
      'image-list': `shop=${world.registry.host}/acme/shop:1.x`,
      'write-back-target': 'kustomization',
    };
    await world.manifests('app.yaml', application('shop', { repoURL, path: 'shop' }, settings));
    const refused = await world.tiphys(['plan']);
    expect(refused.stdout + refused.stderr).toContain(`--git-protocols https,ssh,${protocol}`);
    const allowed = await world.tiphys(['plan', '--git-protocols', `https,${protocol}`]);
    expect(allowed.stdout + allowed.stderr).not.toContain('--git-protocols');
  });
}
