import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LEADER_LEASE } from '../../src/controller/leases/lease-names.ts';
import { type Kube, startKube } from '../e2e/kube.ts';
import { application, imageUpdater } from '../e2e/kube-objects.ts';
import { type ControllerProcess, spawnController } from './controller-process.ts';
import { startWorld, type World } from './world.ts';

/** What is left when the leader of two replicas has failed in every cycle. */
export interface AfterFailingLeaders {
  /** The versions that each Application was to have, in their order, and those that its file has had. */
  readonly released: ReadonlyMap<string, readonly string[]>;
  readonly stated: ReadonlyMap<string, readonly string[]>;
  /** Of the branch, without the one that it began with. */
  readonly commits: number;
  /** Of the Lease. */
  readonly leaders: number;
}

const APPLICATIONS = ['shop', 'mail', 'web'];
const FIRST = '1.0.0';
const TIMES = [
  ...['--leader-elect-lease-duration', '3s', '--leader-elect-renew-deadline', '2s'],
  ...['--leader-elect-retry-period', '500ms'],
];
/** A look takes about as long: faults fall before, into and behind it. */
const FAULT_WITHIN_MS = 1_200;
/** Who is woken may be so late after another one leads. */
const WAKE_WITHIN_MS = 1_000;
/** Until somebody else leads and has looked, on a busy machine. */
const PATIENCE_MS = 60_000;
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/argocd/leases/${LEADER_LEASE}`;
const ANYTHING = { sourceRepos: ['*'], destinations: [{ server: '*', namespace: '*' }] };

/**
 * A change in every cycle, and a leader that fails in the midst of it: killed, or, every other time, made to stand still
 * until somebody else leads, and woken then.
 * @param onCycle  is told how many have ended
 * @throws  when nobody takes over, or a change does not land
 */
export async function failingLeaders(cycles: number, onCycle?: (done: number) => void): Promise<AfterFailingLeaders> {
  await using kube = await startKube();
  await using world = await startWorld();
  const deploy = await openDeploy(kube, world);
  await using pair = await openPair(kube, world);
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    const { name, tag } = changeOf(cycle);
    const { leader, holder } = await pair.leader();
    await deploy.release(name, tag);
    await sleep(Math.random() * FAULT_WITHIN_MS);
    if (cycle % 2 === 0) await pair.replaceKilled(leader);
    else leader.pause('SIGSTOP');
    await until('the next leader', async () => !['', holder].includes(await pair.holder()));
    if (cycle % 2 === 1) {
      await sleep(Math.random() * WAKE_WITHIN_MS);
      leader.pause('SIGCONT');
    }
    await until(`${name} ${tag}`, async () => (await deploy.versionIn('main', name)) === tag);
    onCycle?.(cycle);
  }
  const numbers = Array.from({ length: cycles }, (_, index) => changeOf(index + 1));
  const tagsOf = (name: string) => numbers.flatMap((change) => (change.name === name ? [change.tag] : []));
  return {
    ...(await deploy.read()),
    released: new Map(APPLICATIONS.map((name) => [name, [FIRST, ...tagsOf(name)]])),
    leaders: await pair.leaders(),
  };
}

function changeOf(cycle: number): { readonly name: string; readonly tag: string } {
  return { name: APPLICATIONS[cycle % APPLICATIONS.length] ?? '', tag: `1.${cycle}.0` };
}

/** Applications of one branch, and an ImageUpdater for each. */
async function openDeploy(kube: Kube, world: World) {
  await kube.createNamespace('argocd');
  const metadata = { namespace: 'argocd', name: 'default' };
  await kube.apply({ apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject', metadata, spec: ANYTHING });
  const image = (name: string) => `${world.registry.host}/acme/${name}`;
  const files = APPLICATIONS.map(
    (name) => [fileOf(name), `images:\n- name: ${image(name)}\n  newTag: ${FIRST}\n`] as const,
  );
  const { path, url: repoURL } = await world.repository('deploy', new Map(files));
  for (const name of APPLICATIONS) {
    world.putTags(`acme/${name}`, FIRST);
    const made = application(name);
    const images = [{ alias: 'app', imageName: `${image(name)}:1.x` }];
    const writeBackConfig = { method: 'git', gitConfig: { writeBackTarget: 'kustomization' } };
    await kube.apply({ ...made, spec: { ...made.spec, source: { repoURL, path: name, targetRevision: 'main' } } });
    await kube.apply(imageUpdater(name, { writeBackConfig, applicationRefs: [{ namePattern: name, images }] }));
  }
  const versionIn = async (revision: string, name: string) => {
    const content = await world.gitIn(path, 'show', `${revision}:${fileOf(name)}`);
    return /newTag: (\S+)/.exec(content)?.[1] ?? '';
  };
  return {
    versionIn,
    async release(name: string, tag: string) {
      world.putTags(`acme/${name}`, tag);
      const at = `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`;
      const annotations = { 'tiphys.dev/refresh': tag };
      await kube.admin('PATCH', at, { metadata: { annotations } }, 'application/merge-patch+json');
    },
    async read(): Promise<Pick<AfterFailingLeaders, 'stated' | 'commits'>> {
      const log = await world.gitIn(path, 'log', '--reverse', '--format=%H', 'main');
      const revisions = log.trim().split('\n');
      const stated = new Map<string, readonly string[]>();
      for (const name of APPLICATIONS) {
        const tags: string[] = [];
        for (const revision of revisions) tags.push(await versionIn(revision, name));
        stated.set(
          name,
          tags.filter((tag, index) => tag !== tags[index - 1]),
        );
      }
      return { stated, commits: revisions.length - 1 };
    },
  };
}

/** Two replicas, of which always one stands by. */
async function openPair(kube: Kube, world: World) {
  let started = 0;
  const start = () => {
    started += 1;
    const state = join(world.folder, `state-${started}`);
    const where = ['--kubeconfig', kube.kubeconfig, '--leader-election-namespace', 'argocd', '--state-dir', state];
    return spawnController({ folder: world.folder }, [...where, ...TIMES]);
  };
  const replicas = new Set<ControllerProcess>([start(), start()]);
  const lease = async () => Object(await kube.admin('GET', LEASE).catch(() => ({}))).spec ?? {};
  const holder = async (): Promise<string> => (await lease()).holderIdentity ?? '';
  return {
    holder,
    leaders: async () => (await lease()).leaseTransitions + 1,
    /** Whoever the Lease names, which he has logged himself. */
    async leader(): Promise<{ readonly leader: ControllerProcess; readonly holder: string }> {
      return await until('a leader', async () => {
        const name = await holder();
        const leader = [...replicas].find((one) => name !== '' && one.said().includes(`identity=${name}\n`));
        return leader && { leader, holder: name };
      });
    },
    async replaceKilled(leader: ControllerProcess) {
      await leader.end('SIGKILL');
      replicas.delete(leader);
      replicas.add(start());
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...replicas].map((one) => one.end('SIGKILL')));
    },
  };
}

async function until<T>(what: string, found: () => Promise<T | false | undefined>): Promise<T> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (performance.now() < deadlineMs) {
    const value = await found();
    if (value !== undefined && value !== false) return value;
    await sleep(100);
  }
  throw new Error(`${what} is not there after ${PATIENCE_MS / 1_000} s`);
}

function fileOf(name: string): string {
  return `${name}/kustomization.yaml`;
}
