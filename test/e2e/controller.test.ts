import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startWorld, type World } from '../support/world.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application, eventually, imageUpdater } from './kube-objects.ts';
import { lacking } from './tools.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/tiphys.js');
const UPDATERS = '/apis/argocd-image-updater.argoproj.io/v1alpha1/namespaces/argocd/imageupdaters';
const APPLICATIONS = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications';
const FINALIZER = 'resources-finalizer.argocd-image-updater.argoproj.io';
/** What Argo CD makes its project `default` of. */
const ANYTHING = { sourceRepos: ['*'], destinations: [{ server: '*', namespace: '*' }] };
const lacks = lacking(...KUBE_TOOLS);

interface Running {
  /** What it has said, so far. */
  said(): string;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

describe.skipIf(lacks !== '')(`the controller in a cluster ${lacks}`, () => {
  let kube: Kube;
  let world: World;
  beforeAll(async () => {
    [kube, world] = await Promise.all([startKube(), startWorld()]);
    await kube.createNamespace('argocd');
    const metadata = { namespace: 'argocd', name: 'default' };
    await kube.apply({ apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject', metadata, spec: ANYTHING });
  });
  afterAll(() => Promise.all([kube[Symbol.asyncDispose](), world[Symbol.asyncDispose]()]));

  function start(...args: readonly string[]): Running {
    const given = ['--kubeconfig', kube.kubeconfig, '-n', 'argocd', '--state-dir', join(world.folder, 'state')];
    const child = spawn(
      process.execPath,
      [PROGRAM, 'run', ...given, '--health-probe-bind-address', '0', '--interval', '1h', ...args],
      { env: { HOME: join(world.folder, 'home'), PATH: process.env['PATH'] ?? '' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    const closed = once(child, 'close');
    const end: Running['end'] = async (signal) => {
      child.kill(signal);
      return (await closed)[0];
    };
    onTestFinished(async () => void (await end('SIGKILL')));
    return { said: () => said, end };
  }

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
    const images = [{ alias: 'web', imageName: `${image}:1.x` }];
    const updater = imageUpdater(name, { writeBackConfig, applicationRefs: [{ namePattern: name, images }] });
    await kube.apply({ ...updater, metadata: { ...updater.metadata, finalizers } });
    return {
      image,
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

  test('an ImageUpdater that is changed is followed, and one that fails says so', async () => {
    const changed = await arrange('changed');
    start();
    await eventually(async () => expect(await changed.says()).toContain('1.1.0'));
    const images = [{ alias: 'web', imageName: `${world.registry.host}/acme/nothing:1.x` }];
    const spec = { applicationRefs: [{ namePattern: 'changed', images }], writeBackConfig: { method: 'git' } };
    const path = `${UPDATERS}/changed`;
    await kube.admin('PATCH', path, { spec }, 'application/merge-patch+json');
    await kube.admin(
      'PATCH',
      `${APPLICATIONS}/changed`,
      { metadata: { annotations: { 'argocd-image-updater.argoproj.io/note': 'x' } } },
      'application/merge-patch+json',
    );
    await eventually(async () => expect(await statusOf('changed')).toMatchObject({ observedGeneration: 2 }));
  });

  test('what fails and what is held is an Event, one for each', async () => {
    await arrange('held', { annotations: { 'tiphys.dev/suspend': 'true' } });
    const broken = await arrange('broken');
    const images = [{ alias: 'web', imageName: `${broken.image}:1.x`, commonUpdateSettings: { forceUpdate: true } }];
    const writeBackConfig = { method: 'git', gitConfig: { repository: `${world.git.url}/none.git` } };
    await kube.apply(imageUpdater('broken', { writeBackConfig, applicationRefs: [{ namePattern: 'broken', images }] }));
    start('--interval', '1s');
    await eventually(async () => {
      expect(conditions(await statusOf('broken'))).toEqual([
        'Ready False ReconcileCompletedWithErrors',
        'Reconciling False Idle',
        'Error True PartialErrors',
      ]);
    });
    const { lastCheckedAt } = await statusOf('held');
    await new Promise((resolve) => setTimeout(resolve, 4_000));
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

  test('once, and the end', async () => {
    const onceOnly = await arrange('once');
    const { end, said } = start('--once');
    await eventually(async () => expect(await onceOnly.says()).toContain('1.1.0'));
    await eventually(async () => expect(await statusOf('once')).toHaveProperty('lastUpdatedAt'));
    await end('SIGTERM');
    expect(said()).not.toContain('INTERNAL');
  });
});
