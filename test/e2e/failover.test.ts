import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LEASE_TIMING } from '../../src/controller/leases/lease-holder.ts';
import { LEADER_LEASE } from '../../src/controller/leases/lease-names.ts';
import { startWorld, type World } from '../support/world.ts';
import { type ControllerProgram, startController } from './controller-program.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application, imageUpdater } from './kube-objects.ts';
import { lacking } from './tools.ts';

const CYCLES = 30;
/** Of this many cycles one kills the leader and one stops it for longer than its lease; the others for a moment. */
const KILLED_EVERY = 10;
const APPLICATIONS = ['shop', 'mail', 'web'];
/** A look takes about as long: faults fall before, into and behind it. */
const FAULT_WITHIN_MS = 1_200;
/** Until somebody else leads and has looked, on a busy machine. */
const PATIENCE = { timeout: LEASE_TIMING.durationMs + 45_000, interval: 200 };
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/argocd/leases/${LEADER_LEASE}`;
const ANYTHING = { sourceRepos: ['*'], destinations: [{ server: '*', namespace: '*' }] };
// Which of the two leads is guessed from the Lease, and now and then guessed wrong.
const isAsked = process.env['E2E_FAILOVER'] === '1';
const lacks = isAsked ? lacking(...KUBE_TOOLS) : 'SKIPPED: not steady yet; set E2E_FAILOVER=1';

describe.skipIf(lacks !== '')(`two replicas of the controller ${lacks}`, () => {
  let kube: Kube;
  let world: World;
  let repository: { readonly path: string; readonly url: string };
  beforeAll(async () => {
    [kube, world] = await Promise.all([startKube(), startWorld()]);
    await kube.createNamespace('argocd');
    const metadata = { namespace: 'argocd', name: 'default' };
    await kube.apply({ apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject', metadata, spec: ANYTHING });
    const image = (name: string) => `${world.registry.host}/acme/${name}`;
    const files = APPLICATIONS.map(
      (name) => [fileOf(name), `images:\n- name: ${image(name)}\n  newTag: 1.0.0\n`] as const,
    );
    repository = await world.repository('deploy', new Map(files));
    for (const name of APPLICATIONS) {
      world.putTags(`acme/${name}`, '1.0.0');
      const made = application(name);
      const source = { repoURL: repository.url, path: name, targetRevision: 'main' };
      const images = [{ alias: 'app', imageName: `${image(name)}:1.x` }];
      const writeBackConfig = { method: 'git', gitConfig: { writeBackTarget: 'kustomization' } };
      await kube.apply({ ...made, spec: { ...made.spec, source } });
      await kube.apply(imageUpdater(name, { writeBackConfig, applicationRefs: [{ namePattern: name, images }] }));
    }
  });
  afterAll(() => Promise.all([kube?.[Symbol.asyncDispose](), world?.[Symbol.asyncDispose]()]));

  async function holder(): Promise<string> {
    const { spec } = await kube.admin('GET', LEASE);
    return Object(spec).holderIdentity ?? '';
  }

  /** Two replicas. Names of holders say nothing of processes, but whenever the name changes the other one leads. */
  async function openPair() {
    let started = 0;
    const start = () => {
      started += 1;
      const state = join(world.folder, `state-${started}`);
      return startController(world.folder, [
        '--kubeconfig',
        kube.kubeconfig,
        '--leader-election-namespace',
        'argocd',
        '--state-dir',
        state,
      ]);
    };
    const waited = (check: () => Promise<void>) => vi.waitFor(check, PATIENCE);
    let leader: ControllerProgram = start();
    await waited(async () => expect(await holder()).not.toBe(''));
    let standby: ControllerProgram = start();
    let known = await holder();
    const changeTurns = (now: string) => {
      known = now;
      [leader, standby] = [standby, leader];
    };
    return {
      /** A leader that stood still for a moment may have let go by itself. */
      async settle() {
        await waited(async () => expect(await holder()).not.toBe(''));
        const now = await holder();
        if (now !== '' && now !== known) changeTurns(now);
      },
      pause: (signal: 'SIGSTOP' | 'SIGCONT') => leader.pause(signal),
      async replaceKilled() {
        await leader.end('SIGKILL');
        leader = start();
      },
      async othersTurn() {
        await waited(async () => expect(['', known]).not.toContain(await holder()));
        changeTurns(await holder());
      },
      /** Lets the one that stood still go on. */
      wake: () => standby.pause('SIGCONT'),
    };
  }

  async function release(name: string, tag: string): Promise<void> {
    world.putTags(`acme/${name}`, tag);
    const path = `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`;
    const metadata = { annotations: { 'tiphys.dev/refresh': tag } };
    await kube.admin('PATCH', path, { metadata }, 'application/merge-patch+json');
  }

  const stated = (name: string, revision = 'main') =>
    world.gitIn(repository.path, 'show', `${revision}:${fileOf(name)}`);

  test(`lose, double and undo no change, whatever becomes of the leader in ${CYCLES} cycles`, async () => {
    const pair = await openPair();
    for (let cycle = 1; cycle <= CYCLES; cycle += 1) {
      const name = APPLICATIONS[cycle % APPLICATIONS.length] ?? '';
      const tag = `1.${cycle}.0`;
      await pair.settle();
      await release(name, tag);
      await sleep(Math.random() * FAULT_WITHIN_MS);
      const fault = cycle % KILLED_EVERY;
      if (fault === 0) {
        await pair.replaceKilled();
        await pair.othersTurn();
      } else {
        pair.pause('SIGSTOP');
        if (fault === KILLED_EVERY / 2) {
          await pair.othersTurn();
          await vi.waitFor(async () => expect(await stated(name)).toContain(tag), PATIENCE);
          pair.wake();
        } else {
          await sleep(Math.random() * FAULT_WITHIN_MS);
          pair.pause('SIGCONT');
        }
      }
      await vi.waitFor(async () => expect(await stated(name)).toContain(tag), PATIENCE);
    }
    const log = await world.gitIn(repository.path, 'log', '--reverse', '--format=%H', 'main');
    const revisions = log.trim().split('\n');
    const history = new Map<string, readonly string[]>();
    for (const name of APPLICATIONS) {
      const texts = await Promise.all(revisions.map((revision) => stated(name, revision)));
      const tags = texts.map((text) => text.match(/newTag: (\S+)/)?.[1] ?? '');
      history.set(
        name,
        tags.filter((tag, index) => tag !== tags[index - 1]),
      );
    }
    const released = (name: string) =>
      Array.from({ length: CYCLES }, (_, index) => index + 1)
        .filter((cycle) => APPLICATIONS[cycle % APPLICATIONS.length] === name)
        .map((cycle) => `1.${cycle}.0`);
    expect(history).toEqual(new Map(APPLICATIONS.map((name) => [name, ['1.0.0', ...released(name)]])));
    // The one that the repository began with beside.
    expect(revisions).toHaveLength(CYCLES + 1);
  }, 900_000);
});

function fileOf(name: string): string {
  return `${name}/kustomization.yaml`;
}
