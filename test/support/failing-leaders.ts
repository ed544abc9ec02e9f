import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LEADER_LEASE, leaseNames, postLease } from '../../src/controller/leases/lease-names.ts';
import { shardOf } from '../../src/core/shard.ts';
import { grantedKubeconfig } from '../e2e/granted.ts';
import { type Kube, startKube } from '../e2e/kube.ts';
import { application, imageUpdater, openProject } from '../e2e/kube-objects.ts';
import { type ControllerProcess, spawnController } from './controller-process.ts';
import { until } from './until.ts';
import { startWorld, type World } from './world.ts';

/** What is left when a leader has failed in every cycle. */
export interface AfterFailingLeaders {
  /** The versions that each Application was to have, in their order, and those that its file has had. */
  readonly released: ReadonlyMap<string, readonly string[]>;
  readonly stated: ReadonlyMap<string, readonly string[]>;
  /** Of all branches, without those that they began with. */
  readonly commits: number;
  /** How often a Lease has gone to somebody else. */
  readonly changes: number;
}

interface Sharing {
  /** As many lead at a time. */
  readonly shards: number;
  /** "postgres://e2e@127.0.0.1:5432/e2e" */
  readonly store: string;
}

const APPLICATIONS = ['shop', 'mail', 'web'];
const FIRST = '1.0.0';
const FILE = 'deploy/kustomization.yaml';
const TIMES = [
  ...['--leader-elect-lease-duration', '3s', '--leader-elect-renew-deadline', '2s'],
  ...['--leader-elect-retry-period', '500ms'],
];
/** A look takes about as long: faults fall before, into and behind it. */
const FAULT_WITHIN_MS = 1_200;
/** Who is woken may be so late after another one leads. */
const WAKE_WITHIN_MS = 1_000;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/argocd/leases';

export interface FailingOptions {
  /** For several leaders, and one replica more; without it there are two replicas, of which one leads. */
  readonly sharing?: Sharing;
  /** Is told how many cycles have ended. */
  readonly onCycle?: (done: number) => void;
}

/**
 * A change in every cycle, and the leader that it concerns fails in the midst of it: killed, or, every other time, made to
 * stand still until somebody else leads, and woken then.
 * @throws  when nobody takes over, or a change does not land
 */
export async function failingLeaders(
  cycles: number,
  { sharing, onCycle }: FailingOptions = {},
): Promise<AfterFailingLeaders> {
  await using kube = await startKube();
  await using world = await startWorld();
  const deploy = await openDeploy(kube, world);
  await using replicas = await openReplicas(kube, world, sharing);
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    const { name, tag } = changeOf(cycle);
    const lease = sharing ? leaseOf(deploy.repoURL(name), sharing.shards) : LEADER_LEASE;
    const { leader, holder } = await replicas.leader(lease);
    await deploy.release(name, tag);
    await sleep(Math.random() * FAULT_WITHIN_MS);
    if (cycle % 2 === 0) await replicas.replaceKilled(leader);
    else leader.pause('SIGSTOP');
    await until('the next leader', async () => !['', holder].includes(await replicas.holder(lease)));
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
    changes: await replicas.changes(),
  };
}

function leaseOf(repoURL: string, shards: number): string {
  return postLease('shard', shardOf({ kind: 'branch', repoURL, branch: 'main' }, shards), shards);
}

function changeOf(cycle: number): { readonly name: string; readonly tag: string } {
  return { name: APPLICATIONS[cycle % APPLICATIONS.length] ?? '', tag: `1.${cycle}.0` };
}

/** Applications, each with a repository of its own, and an ImageUpdater for each. */
async function openDeploy(kube: Kube, world: World) {
  await kube.createNamespace('argocd');
  await kube.apply(openProject());
  const repositories = new Map<string, { readonly path: string; readonly url: string }>();
  for (const name of APPLICATIONS) {
    world.putTags(`acme/${name}`, FIRST);
    const image = `${world.registry.host}/acme/${name}`;
    const text = `images:\n- name: ${image}\n  newTag: ${FIRST}\n`;
    const repository = await world.repository(name, new Map([[FILE, text]]));
    repositories.set(name, repository);
    const made = application(name);
    const source = { repoURL: repository.url, path: 'deploy', targetRevision: 'main' };
    const images = [{ alias: 'app', imageName: `${image}:1.x` }];
    const writeBackConfig = { method: 'git', gitConfig: { writeBackTarget: 'kustomization' } };
    await kube.apply({ ...made, spec: { ...made.spec, source } });
    await kube.apply(imageUpdater(name, { writeBackConfig, applicationRefs: [{ namePattern: name, images }] }));
  }
  const gitIn = (name: string, ...args: readonly string[]) => world.gitIn(repositories.get(name)?.path ?? '', ...args);
  const versionIn = async (revision: string, name: string) => {
    const content = await gitIn(name, 'show', `${revision}:${FILE}`);
    return /newTag: (\S+)/.exec(content)?.[1] ?? '';
  };
  return {
    versionIn,
    repoURL: (name: string) => repositories.get(name)?.url ?? '',
    async release(name: string, tag: string) {
      world.putTags(`acme/${name}`, tag);
      const at = `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`;
      const annotations = { 'tiphys.dev/refresh': tag };
      await kube.admin('PATCH', at, { metadata: { annotations } }, 'application/merge-patch+json');
    },
    async read(): Promise<Pick<AfterFailingLeaders, 'stated' | 'commits'>> {
      const stated = new Map<string, readonly string[]>();
      let commits = 0;
      for (const name of APPLICATIONS) {
        const revisions = (await gitIn(name, 'log', '--reverse', '--format=%H', 'main')).trim().split('\n');
        const tags: string[] = [];
        for (const revision of revisions) tags.push(await versionIn(revision, name));
        stated.set(name, tags);
        commits += revisions.length - 1;
      }
      return { stated, commits };
    },
  };
}

/** Replicas, of which always one more than needed is there. */
async function openReplicas(kube: Kube, world: World, sharing: Sharing | undefined) {
  let started = 0;
  const { shards = 1 } = sharing ?? {};
  const kubeconfig = await grantedKubeconfig(kube, ['--shards', String(shards)]);
  const shares = sharing ? ['--shards', String(shards), '--store', sharing.store] : [];
  const start = () => {
    started += 1;
    const state = join(world.folder, `state-${started}`);
    const where = ['--kubeconfig', kubeconfig, '--leader-election-namespace', 'argocd', '--state-dir', state];
    return spawnController({ folder: world.folder }, [...where, ...TIMES, ...shares]);
  };
  const replicas = new Set<ControllerProcess>(Array.from({ length: shards + 1 }, start));
  const lease = async (name: string) =>
    Object(await kube.admin('GET', `${LEASES}/${name}`).catch(() => ({}))).spec ?? {};
  const holder = async (name: string): Promise<string> => (await lease(name)).holderIdentity ?? '';
  return {
    holder,
    async changes(): Promise<number> {
      const names = leaseNames(shards).filter((name) => !name.includes('seat'));
      const counts = await Promise.all(names.map(async (name) => (await lease(name)).leaseTransitions ?? 0));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    /** Whoever the Lease names, which he has logged himself. */
    async leader(name: string): Promise<{ readonly leader: ControllerProcess; readonly holder: string }> {
      return await until('a leader', async () => {
        const known = await holder(name);
        const leader = [...replicas].find((one) => known !== '' && one.said().includes(`identity=${known}\n`));
        return leader && { leader, holder: known };
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
