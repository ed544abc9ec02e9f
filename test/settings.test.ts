import { describe, expect, test } from 'vitest';
import { application, startWorld, type World } from './support/world.ts';

/** A ConfigMap of settings among the input, and one Application with something to update. */
async function worldWith(data: Readonly<Record<string, string>>): Promise<World & { readonly path: string }> {
  const world = await startWorld();
  world.putTags('acme/web', '1.0.0', '1.0.1');
  const kustomization = `images:\n- name: ${world.registry.host}/acme/web\n  newTag: 1.0.0\n`;
  const { path, url } = await world.repository('gitops', new Map([['kustomization.yaml', kustomization]]));
  const settings = { 'image-list': `web=${world.registry.host}/acme/web`, 'write-back-target': 'kustomization' };
  await world.manifests('app.yaml', application('shop', { repoURL: url }, settings));
  const metadata = { name: 'argocd-image-updater-config', namespace: 'argocd' };
  await world.manifests('settings.json', JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }));
  return Object.assign(world, { path });
}

const SHARED = [
  ...['--kubeconfig /none', '--loglevel=info', '--max-concurrent-apps 10', '--argocd-namespace argocd'],
  ...['--git-commit-user a', '--git-commit-email a@example.com', '--git-commit-sign-off=false'],
  ...['--git-commit-signing-method openpgp', '--git-commit-method git', '--disable-kube-events'],
  ...['docker', 'ghcr', 'quay', 'harbor', 'aliyun-acr', 'acr', 'cloudevents'].map(
    (kind) => `--${kind}-webhook-secret x`,
  ),
  ...['--webhook-ratelimit-allowed 0', '--webhook-require-secret=true', '--disable-tls=true', '--tlsminversion tls1.2'],
  ...['--tlsmaxversion 1.3', '--tlsciphers TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', '--enable-http2=false'],
];
/** Of upstream's two commands that serve; files and keys that must be there are left to their own tests. */
const UPSTREAM_FLAGS = {
  run: [
    ...SHARED,
    ...['--interval 2m0s', '--once', '--dry-run', '--warmup-cache=false', '--max-concurrent-reconciles 1'],
    ...['--watch-namespaces *', '--logformat text', '--leader-election=false', '--leader-election-namespace argocd'],
    ...['--metrics-bind-address :8443', '--metrics-secure=true', '--health-probe-bind-address :8081'],
    ...['--enable-webhook=true', '--webhook-port 8082'],
  ],
  webhook: [...SHARED, '--max-concurrent-updaters 1', '--webhook-port 0'],
} as const;
/** A server without an end is given a port that ends it after all flags were taken. */
const ENDS = {
  run: { code: 0, stderr: '' },
  webhook: {
    code: 2,
    stderr: 'error: --webhook-port: at port 0 nothing is served (SETTING_INVALID)\n  fix: name a port\n',
  },
};

describe('settings among the input', () => {
  test('a flag beats a variable, a variable a key, a key the default; an interval of 0 is once', async () => {
    await using world = await worldWith({ 'git.user': 'key', 'git.email': 'key@example.com', interval: '0' });
    const env = { GIT_COMMIT_USER: 'variable', GIT_COMMIT_EMAIL: 'variable@example.com' };
    const ended = await world.tiphys(['run', '--git-commit-user', 'flag'], env);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(await world.gitIn(world.path, 'log', '-1', '--format=%an %ae', 'main')).toBe('flag variable@example.com\n');
  });

  test('everything that means nothing is told at once, and nothing is done', async () => {
    await using world = await worldWith({ interval: '2', 'git.usr': 'x', 'webhook.port': 'http' });
    const ended = await world.tiphys(['run', '--once', '--max-concurrent-apps=0'], { IMAGE_UPDATER_KUBE_EVENTS: '1' });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr.split('\n').filter((line) => line.startsWith('error: '))).toEqual([
      'error: --max-concurrent-apps: "0" is not a whole number, 1 to 100 (SETTING_INVALID)',
      'error: IMAGE_UPDATER_KUBE_EVENTS: "1" is neither true nor false (SETTING_INVALID)',
      expect.stringContaining('argocd-image-updater-config interval: "2" is not a duration'),
      expect.stringContaining('argocd-image-updater-config webhook.port: "http" is not'),
    ]);
    expect(await world.gitIn(world.path, 'rev-list', '--count', 'main')).toBe('1\n');
  });

  test('what is not used is one warning; a secret is not in it', async () => {
    await using world = await worldWith({ max_concurrent_apps: '3' });
    const secret = 'one-that-nobody-shall-see';
    const ended = await world.tiphys(['run', '--once', '--warmup-cache'], { QUAY_WEBHOOK_SECRET: secret });
    expect(ended.code).toBe(0);
    expect(ended.stderr.match(/SETTING_UNUSED/g)).toHaveLength(1);
    expect(ended.stderr).toMatch(/not used: --warmup-cache \(.*\); max_concurrent_apps \(/);
    expect(ended.stderr + ended.stdout).not.toContain(secret);
  });

  test('registries.conf may be a key; a file that was asked for goes before it', async () => {
    await using world = await worldWith({ 'registries.conf': 'registries: [{name: x}]' });
    const refused = await world.tiphys(['plan']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('argocd-image-updater-config registries.conf: registries[0].api_url');
    await world.manifests('registries.txt', 'registries: []');
    const file = `${world.folder}/applications/registries.txt`;
    expect(await world.tiphys(['plan', '--registries-conf-path', file])).toMatchObject({ code: 0, stderr: '' });
  });

  test('run without end is refused an interval that means never', async () => {
    await using world = await worldWith({ interval: '-1s' });
    const ended = await world.tiphys(['run']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('argocd-image-updater-config interval: a negative interval means never');
    expect((await world.tiphys(['plan'])).code).toBe(0);
  });

  for (const command of ['run', 'webhook'] as const) {
    const flags = UPSTREAM_FLAGS[command];
    test(`${command} takes every flag of upstream's, with the values that upstream takes`, async () => {
      await using world = await worldWith({});
      const { stdout } = await world.tiphys([command, '--help']);
      for (const flag of flags) expect(stdout).toContain(`${flag.replace(/[ =].*/, '')} `);
      const args = flags.flatMap((flag) => flag.split(' '));
      expect(await world.tiphys([command, ...args])).toMatchObject(ENDS[command]);
    });
  }
});
