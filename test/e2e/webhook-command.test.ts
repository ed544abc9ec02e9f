import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startWorld, type World } from '../support/world.ts';
import { startController } from './controller-program.ts';
import { grantedKubeconfig } from './granted.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application, imageUpdater, openProject } from './kube-objects.ts';
import { freePort } from './server-program.ts';
import { lacking } from './tools.ts';

const SECRET = 'what-the-registry-knows';
const lacks = lacking(...KUBE_TOOLS);

describe.skipIf(lacks !== '')(`a process that is served and watched in a cluster ${lacks}`, () => {
  let kube: Kube;
  let world: World;
  let kubeconfig: string;
  beforeAll(async () => {
    [kube, world] = await Promise.all([startKube(), startWorld()]);
    await kube.createNamespace('argocd');
    await kube.apply(openProject());
    kubeconfig = await grantedKubeconfig(kube);
  });
  afterAll(() => Promise.all([kube[Symbol.asyncDispose](), world[Symbol.asyncDispose]()]));

  /** An Application whose one image has a newer version. */
  async function arrange(name: string) {
    const image = `${world.registry.host}/acme/${name}`;
    world.putTags(`acme/${name}`, '1.0.0', '1.1.0');
    const text = `images:\n- name: ${image}\n  newTag: 1.0.0\n`;
    const { path, url } = await world.repository(name, new Map([['deploy/kustomization.yaml', text]]));
    const made = application(name);
    const spec = { ...made.spec, source: { repoURL: url, path: 'deploy', targetRevision: 'main' } };
    const writeBackConfig = { method: 'git', gitConfig: { writeBackTarget: 'kustomization' } };
    const images = [{ alias: 'web', imageName: `${image}:1.x` }];
    const refs = { writeBackConfig, applicationRefs: [{ namePattern: name, images }] };
    await kube.apply({ ...made, spec }, imageUpdater(name, refs));
    return { image, says: () => world.gitIn(path, 'show', 'main:deploy/kustomization.yaml') };
  }

  function start(command: 'run' | 'webhook', ...args: readonly string[]) {
    const where = ['--kubeconfig', kubeconfig, '--disable-tls', '--metrics-secure=false', ...args];
    return startController(world.folder, where, { GENERIC_WEBHOOK_SECRET: SECRET }, command);
  }

  const get = async (port: number, path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/${path}`);
    return { status: answer.status, text: await answer.text() };
  };

  async function post(port: number, image: string): Promise<number> {
    const headers = { authorization: `Bearer ${SECRET}` };
    const init = { method: 'POST', headers, body: JSON.stringify({ image }) };
    return (await fetch(`http://127.0.0.1:${port}/webhook?type=generic`, init)).status;
  }

  test('webhook looks at what it is told of, and at nothing else', async () => {
    const [told, other] = [await arrange('told'), await arrange('other')];
    const [port, metrics] = [await freePort(), await freePort()];
    const shown = ['--metrics-bind-address', `127.0.0.1:${metrics}`];
    const { said, end } = start('webhook', '--webhook-port', String(port), ...shown);
    await eventually(async () => expect(await get(port, 'healthz')).toEqual({ status: 200, text: 'OK' }));
    expect(await post(port, told.image)).toBe(200);
    await eventually(async () => expect(await told.says()).toContain('newTag: 1.1.0'));
    expect(await other.says()).toContain('newTag: 1.0.0');
    expect(said()).not.toContain('argocd/other');
    await eventually(async () => {
      const { text } = await get(metrics, 'metrics');
      expect(text).toMatch(/^argocd_image_updater_k8s_api_requests_total [1-9]/m);
      expect(text).toMatch(/^tiphys_pushed_to_seen_seconds_count 1$/m);
      expect(text).toMatch(/^tiphys_seen_to_committed_seconds_count 1$/m);
      expect(text).toMatch(/^tiphys_store_bytes [1-9]/m);
      // Nothing is looked at by time.
      expect(text).not.toMatch(/^tiphys_cycle_interval_seconds /m);
    });
    expect(await end('SIGTERM')).toBe(0);
  });

  test('a standby is ready and well, expects nothing, and counts what it asks', async () => {
    await arrange('led');
    const ports = await Promise.all([0, 1].map(async () => ({ metrics: await freePort(), health: await freePort() })));
    const [leader, standby] = ports.map(({ metrics, health }, n) =>
      start(
        'run',
        ...['--metrics-bind-address', `127.0.0.1:${metrics}`, '--health-probe-bind-address', `127.0.0.1:${health}`],
        ...['--state-dir', `${world.folder}/state-${n}`],
      ),
    );
    const texts = async () => await Promise.all(ports.map(async ({ metrics }) => (await get(metrics, 'metrics')).text));
    const isExpecting = (text: string) => /^tiphys_cycle_interval_seconds 3600$/m.test(text);
    await eventually(async () => {
      const all = await texts();
      expect(all.filter(isExpecting)).toHaveLength(1);
      expect(all.filter((text) => /^tiphys_cycles_total\{outcome="ok"\} [1-9]/m.test(text))).toHaveLength(1);
      for (const text of all) expect(text).toMatch(/^argocd_image_updater_k8s_api_requests_total [1-9]/m);
      for (const { health } of ports) {
        for (const path of ['healthz', 'readyz']) expect(await get(health, path)).toEqual({ status: 200, text: 'ok' });
      }
    });
    await Promise.all([leader?.end('SIGTERM'), standby?.end('SIGTERM')]);
  });

  test('health and readiness are green while registries and Git hosts fail', async () => {
    const { says } = await arrange('unlucky');
    const health = await freePort();
    const broken = application('broken');
    const source = { repoURL: 'http://127.0.0.1:1/none.git', path: 'deploy', targetRevision: 'main' };
    const images = [
      { alias: 'web', imageName: '127.0.0.1:1/acme/web:1.x', commonUpdateSettings: { forceUpdate: true } },
    ];
    await kube.apply(
      { ...broken, spec: { ...broken.spec, source } },
      imageUpdater('broken', {
        writeBackConfig: { method: 'git' },
        applicationRefs: [{ namePattern: 'broken', images }],
      }),
    );
    const { end, said } = start('run', '--leader-election=false', '--health-probe-bind-address', `127.0.0.1:${health}`);
    await eventually(async () => expect(await says()).toContain('newTag: 1.1.0'));
    await eventually(() => expect(said()).toMatch(/level=error .*(?:REGISTRY|GIT)_UNREACHABLE/));
    for (const path of ['healthz', 'readyz']) expect(await get(health, path)).toEqual({ status: 200, text: 'ok' });
    expect(await end('SIGTERM')).toBe(0);
  });

  test('before the first list is complete it is well, and not ready', async () => {
    const health = await freePort();
    const away = `${world.folder}/away`;
    const config = await readFile(kubeconfig, 'utf8');
    await writeFile(away, config.replaceAll(/server: .*/g, 'server: https://127.0.0.1:1'));
    const own = ['--kubeconfig', away, '--health-probe-bind-address', `127.0.0.1:${health}`];
    const { end } = start('run', '--leader-election=false', ...own);
    await eventually(async () => {
      expect((await get(health, 'healthz')).status).toBe(200);
      expect(await get(health, 'readyz')).toEqual({
        status: 500,
        text: 'waiting for the first list of Applications\n',
      });
    });
    await end('SIGTERM');
  });
});
