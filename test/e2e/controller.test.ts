import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startWorld, type World } from '../support/world.ts';
import { startController } from './controller-program.ts';
import { grantedKubeconfig } from './granted.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application, imageUpdater, openProject } from './kube-objects.ts';
import { lacking } from './tools.ts';

const UPDATERS = '/apis/argocd-image-updater.argoproj.io/v1alpha1/namespaces/argocd/imageupdaters';
const APPLICATIONS = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications';
const FINALIZER = 'resources-finalizer.argocd-image-updater.argoproj.io';
/** What Argo CD makes its project `default` of. */
const lacks = lacking(...KUBE_TOOLS);

describe.skipIf(lacks !== '')(`the controller in a cluster ${lacks}`, () => {
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

  const start = (...args: readonly string[]) =>
    startController(world.folder, ['--kubeconfig', kubeconfig, '--leader-election=false', ...args]);

  /** An Application with one image in a repository of its own, and the ImageUpdater that follows it. */
  async function arrange(name: string, more: { annotations?: object; finalizers?: readonly string[] } = {}) {
    const image = `${world.registry.host}/acme/${name}`;
    world.putTags(`acme/${name}`, '1.0.0', '1.1.0');
    const text = `# ${name}\nimages:\n- name: ${image}\n  newTag: 1.0.0 # here\n`;
    const { path, url } = await world.repository(name, new Map([['deploy/kustomization.yaml', text]]));
    const made = application(name);
    const { annotations = {}, finalizers = [] } = more;
    const spec = { ...made.spec, source: { repoURL: url, path: 'deploy', targetRevision: 'main' } };
    await kube.apply({ ...made, spec, metadata: { ...made.metadata, annotations } });
    const writeBackConfig = { method: 'git', gitConfig: { writeBackTarget: 'kustomization' } };
    const updater = (constraint: string) => {
      const images = [{ alias: 'web', imageName: `${image}:${constraint}` }];
      const object = imageUpdater(name, { writeBackConfig, applicationRefs: [{ namePattern: name, images }] });
      return { ...object, metadata: { ...object.metadata, finalizers } };
    };
    await kube.apply(updater('1.x'));
    return {
      image,
      updater,
      says: () => world.gitIn(path, 'show', 'main:deploy/kustomization.yaml'),
      commits: async () => Number(await world.gitIn(path, 'rev-list', '--count', 'main')),
      push: (tag: string) => world.putTags(`acme/${name}`, tag),
    };
  }

  /** The Events of an Application, by reason. */
  async function eventsOf(name: string): Promise<ReadonlyMap<string, readonly Record<string, unknown>[]>> {
    const field = encodeURIComponent(`involvedObject.name=${name}`);
    const { items } = await kube.admin('GET', `/api/v1/namespaces/argocd/events?fieldSelector=${field}`);
    return Map.groupBy(Array.isArray(items) ? items : [], ({ reason }) => reason);
  }

  async function statusOf(name: string): Promise<Record<string, unknown>> {
    return Object((await kube.admin('GET', `${UPDATERS}/${name}`))['status']);
  }

  function conditions(status: Record<string, unknown>): readonly string[] {
    const all = status['conditions'];
    return (Array.isArray(all) ? all : []).map(({ type, status: state, reason }) => `${type} ${state} ${reason}`);
  }

  async function annotate(name: string, annotations: object): Promise<void> {
    const type = 'application/merge-patch+json';
    await kube.admin('PATCH', `${APPLICATIONS}/${name}`, { metadata: { annotations } }, type);
  }

  test('an ImageUpdater moves an image; its status and the Event say so', async () => {
    const moves = await arrange('moves');
    const { end } = start();
    await eventually(async () => expect(await moves.says()).toContain('newTag: 1.1.0 # here'));
    await eventually(async () => {
      const status = await statusOf('moves');
      expect(conditions(status)).toEqual([
        'Ready True ReconcileSucceeded',
        'Reconciling False Idle',
        'Error False NoErrors',
      ]);
      expect(status).toMatchObject({
        observedGeneration: 1,
        applicationsMatched: 1,
        imagesManaged: 1,
        recentUpdates: [{ alias: 'web', image: moves.image, newVersion: '1.1.0', applicationsUpdated: 1 }],
      });
    });
    await eventually(async () => {
      const prefix = 'argocd-image-updater.image-0';
      expect((await eventsOf('moves')).get('ImagesUpdated')).toMatchObject([
        {
          type: 'Normal',
          message: "Successfully updated application 'moves'",
          source: { component: 'ArgocdImageUpdater' },
          metadata: {
            annotations: {
              [`${prefix}/full-image-name`]: moves.image,
              [`${prefix}/image-name`]: 'acme/moves',
              [`${prefix}/old-tag`]: '1.0.0',
              [`${prefix}/new-tag`]: '1.1.0',
            },
          },
        },
      ]);
    });
    expect(await end('SIGTERM')).toBe(0);
    expect(await moves.commits()).toBe(2);
  });

  test('kubectl annotate asks for a look, once', async () => {
    const wanted = await arrange('wanted');
    start();
    await eventually(async () => expect(await wanted.says()).toContain('1.1.0'));
    wanted.push('1.2.0');
    await annotate('wanted', { 'tiphys.dev/refresh': 'now' });
    await eventually(async () => expect(await wanted.says()).toContain('1.2.0'));
    await eventually(async () => {
      const { metadata } = await kube.admin('GET', `${APPLICATIONS}/wanted`);
      expect(Object(metadata)['annotations'] ?? {}).not.toHaveProperty(['tiphys.dev/refresh']);
    });
  });

  test('an ImageUpdater that is changed is followed', async () => {
    const changed = await arrange('changed');
    changed.push('2.0.0');
    start();
    await eventually(async () => expect(await changed.says()).toContain('1.1.0'));
    await kube.apply(changed.updater('2.x'));
    await eventually(async () => expect(await changed.says()).toContain('2.0.0'));
    await eventually(async () => expect(await statusOf('changed')).toMatchObject({ observedGeneration: 2 }));
  });

  test('what fails and what is held is an Event, one for each', async () => {
    await arrange('held', { annotations: { 'tiphys.dev/suspend': 'true' } });
    const broken = await arrange('broken');
    const images = [{ alias: 'web', imageName: `${broken.image}:1.x`, commonUpdateSettings: { forceUpdate: true } }];
    const writeBackConfig = { method: 'git', gitConfig: { repository: `${world.git.url}/none.git` } };
    await kube.apply(imageUpdater('broken', { writeBackConfig, applicationRefs: [{ namePattern: 'broken', images }] }));
    const { said } = start('--interval', '1s');
    await eventually(async () => {
      expect(conditions(await statusOf('broken'))).toEqual([
        'Ready False ReconcileCompletedWithErrors',
        'Reconciling False Idle',
        'Error True PartialErrors',
      ]);
    });
    await eventually(async () => expect(await statusOf('held')).toHaveProperty('lastCheckedAt'));
    const { lastCheckedAt } = await statusOf('held');
    const rounds = () => said().split('Processing results').length;
    const before = rounds();
    await eventually(() => expect(rounds()).toBeGreaterThan(before + 3));
    expect((await eventsOf('broken')).get('ImageUpdateFailed')).toMatchObject([
      { type: 'Warning', message: expect.stringContaining('web: ') },
    ]);
    expect((await eventsOf('held')).get('ImageUpdateHeld')).toMatchObject([
      { type: 'Normal', message: expect.stringContaining('web: 1.0.0 -> 1.1.0 is held (suspended)') },
    ]);
    // Several rounds later nothing was new.
    expect((await statusOf('held'))['lastCheckedAt']).toBe(lastCheckedAt);
  });

  test('an object with the finalizer of upstream can be deleted', async () => {
    await arrange('deleted', { finalizers: [FINALIZER] });
    const { end } = start();
    await eventually(async () => expect(await statusOf('deleted')).toHaveProperty('lastCheckedAt'));
    await kube.admin('DELETE', `${UPDATERS}/deleted`);
    await eventually(async () => expect(kube.admin('GET', `${UPDATERS}/deleted`)).rejects.toThrow('404'));
    await end('SIGTERM');
  });

  test('killed at any moment, it goes on where it was', async () => {
    const killed = await arrange('killed');
    for (let minor = 2; minor < 8; minor += 1) {
      killed.push(`1.${minor}.0`);
      const { end } = start();
      await new Promise((resolve) => setTimeout(resolve, 600 + 250 * minor));
      await end('SIGKILL');
    }
    start();
    await eventually(async () => expect(await killed.says()).toContain('newTag: 1.7.0 # here'));
    expect(await killed.says()).toBe(`# killed\nimages:\n- name: ${killed.image}\n  newTag: 1.7.0 # here\n`);
  });

  test('a dry run tells nobody', async () => {
    const dry = await arrange('dry', { annotations: { 'tiphys.dev/refresh': 'now' } });
    const { said } = start('--dry-run');
    await eventually(() => expect(said()).toContain('argocd/dry'));
    expect([await dry.says(), await statusOf('dry')]).toEqual([expect.stringContaining('1.0.0'), {}]);
    expect(await eventsOf('dry')).toEqual(new Map());
  });

  test('of two replicas one works, and the other one when it is gone', async () => {
    const replicated = await arrange('replicated');
    const replicas = [1, 2].map((number) =>
      startController(world.folder, [
        ...['--kubeconfig', kubeconfig, '--state-dir', `${world.folder}/state-${number}`],
        // Far longer than anybody waits here.
        ...['--leader-elect-lease-duration', '600s', '--leader-elect-renew-deadline', '300s'],
      ]),
    );
    await eventually(async () => expect(await replicated.says()).toContain('1.1.0'));
    const working = () => replicas.filter(({ said }) => said().includes('Processing results'));
    await eventually(() => expect(working()).toHaveLength(1));
    replicated.push('1.2.0');
    // It gives the lease back, so that nobody waits for its end.
    expect(await working()[0]?.end('SIGTERM')).toBe(0);
    await eventually(async () => expect(await replicated.says()).toContain('1.2.0'));
    await eventually(() => expect(working()).toHaveLength(2));
    expect(await replicated.commits()).toBe(3);
  });

  test('while Argo CD Image Updater leads it stands by', async () => {
    const shared = await arrange('shared');
    const spec = { holderIdentity: 'argocd-image-updater-controller_1', leaseDurationSeconds: 15, leaseTransitions: 1 };
    const renew = async () => {
      const renewTime = new Date().toISOString().replace('Z', '000Z');
      const metadata = { namespace: 'argocd', name: 'c21b75f2.argoproj.io' };
      await kube.apply({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: { ...spec, renewTime } });
    };
    await renew();
    const short = ['--leader-elect-lease-duration', '3s', '--leader-elect-renew-deadline', '2s'];
    const { said, end } = startController(world.folder, [
      ...['--kubeconfig', kubeconfig, '--leader-elect-retry-period', '500ms', ...short],
    ]);
    for (let second = 0; second < 6; second += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await renew();
    }
    expect([await shared.commits(), said()]).toEqual([1, '']);
    await eventually(async () => expect(await shared.says(), said()).toContain('newTag: 1.1.0'));
    expect(await end('SIGTERM')).toBe(0);
  });

  test('what is wrong with its settings is said once', async () => {
    const { said } = start('--warmup-cache');
    await eventually(() => expect(said()).toContain('Processing results'));
    expect(said().match(/code=SETTING_UNUSED/g)).toHaveLength(1);
  });

  test('once, and the end', async () => {
    const onceOnly = await arrange('once');
    const { end, said } = start('--once');
    await eventually(async () => expect(await onceOnly.says()).toContain('1.1.0'));
    await eventually(async () => expect(await statusOf('once')).toHaveProperty('lastUpdatedAt'));
    await end('SIGTERM');
    expect(said()).not.toContain('INTERNAL');
  });
});
