import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { run, startWorld, type World } from '../support/world.ts';
import { startController } from './controller-program.ts';
import { grantedKubeconfig } from './granted.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application, imageUpdater, openProject } from './kube-objects.ts';
import { findTool, lacking } from './tools.ts';

const SHOP = '/apis/argocd-image-updater.argoproj.io/v1alpha1/namespaces/argocd/imageupdaters/shop';
const GET = ['get', 'imageupdaters', 'shop', '--namespace=argocd'];
const lacks = lacking(...KUBE_TOOLS, 'kubectl');

describe.skipIf(lacks !== '')(`the status of an ImageUpdater, as people see it ${lacks}`, () => {
  let kube: Kube;
  let world: World;
  let kubeconfig: string;
  beforeAll(async () => {
    [kube, world] = await Promise.all([startKube(), startWorld()]);
    await kube.createNamespace('argocd');
    await kube.apply(openProject());
    kubeconfig = await grantedKubeconfig(kube);
    const image = `${world.registry.host}/acme/shop`;
    world.putTags('acme/shop', '1.0.0', '1.1.0');
    const files = new Map([['kustomization.yaml', `images:\n- name: ${image}\n  newTag: 1.0.0\n`]]);
    const { url: repoURL } = await world.repository('shop', files);
    const made = application('shop');
    const source = { repoURL, path: '.', targetRevision: 'main' };
    const images = [{ alias: 'web', imageName: `${image}:1.x` }];
    const writeBackConfig = { method: 'git', gitConfig: { writeBackTarget: 'kustomization' } };
    const applicationRefs = [{ namePattern: 'shop', images }];
    await kube.apply(
      { ...made, spec: { ...made.spec, source } },
      imageUpdater('shop', { writeBackConfig, applicationRefs }),
    );
  });
  afterAll(() => Promise.all([kube[Symbol.asyncDispose](), world[Symbol.asyncDispose]()]));

  const start = () =>
    startController(world.folder, [...['--kubeconfig', kubeconfig, '--leader-election=false', '--interval', '1s']]);
  const env = () => ({ PATH: process.env['PATH'] ?? '', HOME: world.folder, KUBECONFIG: kube.kubeconfig });
  const statusNow = async () => Object((await kube.admin('GET', SHOP))['status']);

  /** Every state of a condition that a watch sees while something happens, the same one after itself once. */
  async function seen(type: string, work: () => Promise<void>): Promise<readonly string[]> {
    const path = `jsonpath={.status.conditions[?(@.type=="${type}")].status}{"\\n"}`;
    const child = spawn(findTool('kubectl') ?? '', [...GET, '--watch', '-o', path], { env: env() });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const ended = once(child, 'close');
    await eventually(() => expect(printed).toContain('\n'));
    await work();
    child.kill();
    await ended;
    const states = printed.trim().split('\n');
    return states.filter((state, index) => state !== states[index - 1]);
  }

  test('kubectl get has the columns of upstream', async () => {
    const { end } = start();
    await eventually(async () => {
      const { stdout } = await run(findTool('kubectl') ?? '', GET, '/', env());
      expect(stdout).toMatch(/^NAME +APPS +IMAGES +LAST CHECKED +READY\nshop +1 +1 +\d+s +True\n$/);
    });
    await end('SIGTERM');
  });

  test('Reconciling is not toggled by looks, nor Ready by images that move', async () => {
    const { end, said } = start();
    await eventually(() => expect(said()).toContain('Processing results'));
    const moved = async (tag: string) => {
      world.putTags('acme/shop', tag);
      await eventually(async () => expect(await statusNow()).toMatchObject({ recentUpdates: [{ newVersion: tag }] }));
    };
    const reconciling = await seen('Reconciling', async () => {
      expect(await seen('Ready', () => moved('1.2.0'))).toEqual(['True']);
      await moved('1.3.0');
    });
    expect(reconciling).toEqual(['False']);
    await end('SIGTERM');
  });

  test('the time of the last look is written when it is ten minutes old, and no sooner', async () => {
    const lookedMinutesAgo = async (minutes: number) => {
      const beganMs = Math.floor(Date.now() / 1_000) * 1_000;
      const lastCheckedAt = new Date(beganMs - minutes * 60_000).toISOString();
      await kube.admin('PATCH', `${SHOP}/status`, { status: { lastCheckedAt } }, 'application/merge-patch+json');
      const { end, said } = start();
      await eventually(() => expect(said().split('Processing results').length).toBeGreaterThan(3));
      await end('SIGTERM');
      return { beganMs, lastCheckedAt, now: (await statusNow()).lastCheckedAt };
    };
    // On a busy machine it takes a minute or two until it has looked.
    const kept = await lookedMinutesAgo(7);
    expect(kept.now).toBe(kept.lastCheckedAt);
    const renewed = await lookedMinutesAgo(11);
    expect(Date.parse(renewed.now)).toBeGreaterThanOrEqual(renewed.beganMs);
  });
});
