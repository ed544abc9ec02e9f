import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startWorld, type World } from '../support/world.ts';
import { startController } from './controller-program.ts';
import { grantedKubeconfig } from './granted.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application, imageUpdater, openProject } from './kube-objects.ts';
import { lacking } from './tools.ts';

const NAMESPACES = ['north', 'south'] as const;
type Namespace = (typeof NAMESPACES)[number];
const lacks = lacking(...KUBE_TOOLS);

describe.skipIf(lacks !== '')(`instances side by side ${lacks}`, () => {
  let kube: Kube;
  let world: World;
  beforeAll(async () => {
    [kube, world] = await Promise.all([startKube(), startWorld()]);
  });
  afterAll(() => Promise.all([kube, world].map((one) => one?.[Symbol.asyncDispose]())));

  /** Objects of the same names in every namespace, which follow the same image. */
  async function arrange(namespace: Namespace) {
    const image = `${world.registry.host}/acme/shop`;
    const text = `images:\n- name: ${image}\n  newTag: 1.0.0\n`;
    const { path, url } = await world.repository(namespace, new Map([['deploy/kustomization.yaml', text]]));
    await kube.createNamespace(namespace);
    const made = application('shop', { namespace });
    const writeBackConfig = { method: 'git', gitConfig: { writeBackTarget: 'kustomization' } };
    const applicationRefs = [{ namePattern: 'shop', images: [{ alias: 'web', imageName: `${image}:1.x` }] }];
    await kube.apply(
      openProject(namespace),
      { ...made, spec: { ...made.spec, source: { repoURL: url, path: 'deploy', targetRevision: 'main' } } },
      imageUpdater('shop', { writeBackConfig, applicationRefs }, namespace),
    );
    const updater = `/apis/argocd-image-updater.argoproj.io/v1alpha1/namespaces/${namespace}/imageupdaters/shop`;
    return {
      says: () => world.gitIn(path, 'show', 'main:deploy/kustomization.yaml'),
      commits: async () => Number(await world.gitIn(path, 'rev-list', '--count', 'main')),
      status: async () => Object((await kube.admin('GET', updater))['status']),
    };
  }

  async function start(namespace: Namespace) {
    const kubeconfig = await grantedKubeconfig(kube, [], namespace);
    const own = ['-n', namespace, '--argocd-namespace', namespace, '--state-dir', `${world.folder}/state-${namespace}`];
    return startController(world.folder, ['--kubeconfig', kubeconfig, ...own]);
  }

  test('lead at the same time, and touch nothing of each other', async () => {
    world.putTags('acme/shop', '1.0.0', '1.1.0');
    const [north, south] = [await arrange('north'), await arrange('south')];
    const inNorth = await start('north');
    await eventually(async () => {
      expect(await north.says(), inNorth.said()).toContain('newTag: 1.1.0');
      expect(await north.status()).toHaveProperty('lastUpdatedAt');
    });
    expect([await south.commits(), await south.status()]).toEqual([1, {}]);
    expect(inNorth.said()).not.toContain('south/');

    const inSouth = await start('south');
    await eventually(async () => {
      expect(await south.says()).toContain('newTag: 1.1.0');
      expect(await south.status()).toHaveProperty('lastUpdatedAt');
    });
    expect([await north.commits(), await south.commits()]).toEqual([2, 2]);
    for (const { said } of [inNorth, inSouth]) expect(said()).toContain('became leader');
    for (const { said } of [inNorth, inSouth]) expect(said()).not.toMatch(/level=(?:warn|error)/);
    expect(await Promise.all([inNorth, inSouth].map(({ end }) => end('SIGTERM')))).toEqual([0, 0]);
  });
});
