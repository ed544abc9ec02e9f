import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leaseNames } from '../../src/controller/leases/lease-names.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { startWorld, type World } from '../support/world.ts';
import { startController } from './controller-program.ts';
import { grantedKubeconfig } from './granted.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application, imageUpdater, openProject } from './kube-objects.ts';
import { type Postgres, postgresUrl, startPostgres } from './postgres.ts';
import { freePort } from './server-program.ts';
import { findTool, lacking } from './tools.ts';

const SECRET = 'what-the-registry-knows';
const SHARDS = 3;
const REPOSITORIES = ['north', 'east', 'south', 'west'];
const NAMES = Array.from({ length: 12 }, (_, number) => `app-${number}`);
const TIMES = [
  ...['--leader-elect-lease-duration', '8s', '--leader-elect-renew-deadline', '6s'],
  ...['--leader-elect-retry-period', '500ms'],
];
const UPDATER = '/apis/argocd-image-updater.argoproj.io/v1alpha1/namespaces/argocd/imageupdaters/all';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/argocd/leases';
const lacks = lacking(...KUBE_TOOLS, 'initdb');

interface Replica extends ControllerProcess {
  readonly webhooks: string;
}

describe.skipIf(lacks !== '')(`replicas that share a store ${lacks}`, () => {
  let kube: Kube;
  let world: World;
  let database: Postgres;
  /** Where the bare repositories are, by name. */
  const paths = new Map<string, string>();
  beforeAll(async () => {
    [kube, world, database] = await Promise.all([startKube(), startWorld(), startPostgres(findTool('initdb') ?? '')]);
    await kube.createNamespace('argocd');
    await kube.apply(openProject());
    const urls = new Map<string, string>();
    for (const repository of REPOSITORIES) {
      const files = NAMES.filter((name) => repositoryOf(name) === repository).map(
        (name) => [`${name}/kustomization.yaml`, `images:\n- name: ${imageOf(name)}\n  newTag: 1.0.0\n`] as const,
      );
      const { path, url } = await world.repository(repository, new Map(files));
      paths.set(repository, path);
      urls.set(repository, url);
    }
    for (const name of NAMES) {
      const made = application(name);
      const repoURL = urls.get(repositoryOf(name));
      await kube.apply({ ...made, spec: { ...made.spec, source: { repoURL, path: name, targetRevision: 'main' } } });
    }
    release('1.0.0');
    const writeBackConfig = { method: 'git', gitConfig: { writeBackTarget: 'kustomization' } };
    const applicationRefs = NAMES.map((name) => {
      return { namePattern: name, images: [{ alias: 'app', imageName: `${imageOf(name)}:1.x` }] };
    });
    await kube.apply(imageUpdater('all', { writeBackConfig, applicationRefs }));
  });
  afterAll(() => Promise.all([kube, world, database].map(async (server) => await server?.[Symbol.asyncDispose]())));

  const imageOf = (name: string) => `${world.registry.host}/acme/${name}`;
  const release = (tag: string) => {
    for (const name of NAMES) world.putTags(`acme/${name}`, tag);
  };

  async function startReplicas(count: number, shards: number): Promise<readonly Replica[]> {
    const kubeconfig = await grantedKubeconfig(kube, ['--shards', String(shards)]);
    const store = postgresUrl(await database.createDatabase());
    const ports = await Promise.all(Array.from({ length: count }, freePort));
    const replicas = ports.map((port, index) => {
      const args = [
        ...['--kubeconfig', kubeconfig, '--state-dir', join(world.folder, `replica-${index}`), '--store', store],
        ...['--shards', String(shards), '--enable-webhook', '--disable-tls', '--webhook-port', String(port), ...TIMES],
      ];
      return {
        ...startController(world.folder, args, { GENERIC_WEBHOOK_SECRET: SECRET }),
        webhooks: `http://127.0.0.1:${port}/webhook?type=generic`,
      };
    });
    for (const port of ports) {
      await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200));
    }
    return replicas;
  }

  /** Who holds each shard. */
  async function holders(): Promise<readonly string[]> {
    const names = leaseNames(SHARDS).filter((name) => name.includes('shard'));
    const leases = await Promise.all(names.map((name) => kube.admin('GET', `${LEASES}/${name}`).catch(() => ({}))));
    return leases.map((lease) => Object(Object(lease).spec).holderIdentity ?? '');
  }

  async function tell({ webhooks }: Replica, name: string, tag: string): Promise<void> {
    const body = JSON.stringify({ image: `${imageOf(name)}:${tag}` });
    const headers = { authorization: `Bearer ${SECRET}` };
    const { status } = await fetch(webhooks, { method: 'POST', body, headers });
    expect(status).toBe(200);
  }

  /** The tags that each file has had, oldest first. */
  async function histories(): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, readonly string[]>();
    for (const name of NAMES) {
      const path = paths.get(repositoryOf(name)) ?? '';
      const log = await world.gitIn(path, 'log', '--reverse', '-p', '--format=', 'main', '--', name);
      found.set(
        name,
        [...log.matchAll(/^\+ {2}newTag: (\S+)$/gm)].map(([, tag = '']) => tag),
      );
    }
    return found;
  }

  const allWith = (...tags: readonly string[]) => new Map(NAMES.map((name) => [name, tags]));

  /** @param before what shards may still tell of whose leader died between a push and the telling of it */
  async function expectStatus(version: string, before?: string): Promise<void> {
    const { status } = await kube.admin('GET', UPDATER);
    const { applicationsMatched, imagesManaged, recentUpdates = [], conditions = [] } = Object(status);
    const versions = recentUpdates.map(({ newVersion }: { newVersion: string }) => newVersion);
    // Of each shard those of its last look that moved anything.
    expect({ applicationsMatched, imagesManaged, versions: new Set([...versions, before]) }).toEqual({
      ...{ applicationsMatched: NAMES.length, imagesManaged: NAMES.length },
      versions: new Set([version, before]),
    });
    expect(conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
  }

  test(`of whom ${SHARDS} lead: carry every change once, tell one status, and hear of pushes wherever they are told`, async () => {
    const replicas = await startReplicas(SHARDS, SHARDS);
    await eventually(async () => expect(new Set(await holders())).toHaveProperty('size', SHARDS));
    release('1.1.0');
    for (const [index, name] of NAMES.entries()) await tell(replicas[index % SHARDS] ?? lost(), name, '1.1.0');
    await eventually(async () => expect(await histories()).toEqual(allWith('1.0.0', '1.1.0')));
    await eventually(() => expectStatus('1.1.0'));

    const [first, ...others] = replicas;
    release('1.2.0');
    // What waits in the memory of the one that dies would wait for the next cycle.
    for (const [index, name] of NAMES.entries()) await tell(others[index % others.length] ?? lost(), name, '1.2.0');
    await first?.end('SIGKILL');
    await eventually(async () => expect(await histories()).toEqual(allWith('1.0.0', '1.1.0', '1.2.0')));
    await eventually(() => expectStatus('1.2.0', '1.1.0'));
    // It may have carried its part before it died.
    await eventually(async () => expect(new Set(await holders())).toHaveProperty('size', SHARDS - 1));

    release('1.3.0');
    for (const [index, name] of NAMES.entries()) await tell(others[index % others.length] ?? lost(), name, '1.3.0');
    await eventually(async () => expect(await histories()).toEqual(allWith('1.0.0', '1.1.0', '1.2.0', '1.3.0')));
    await eventually(() => expectStatus('1.3.0'));
  });

  test('of whom one leads: what those that stand by are told leads to a look too', async () => {
    const before = await histories();
    const replicas = await startReplicas(2, 1);
    const leads = ({ said }: Replica) => said().includes('became leader');
    // Its first look, at everything, is over.
    await eventually(() => expect(replicas.some(({ said }) => said().includes('Processing results'))).toBe(true));
    const standby = replicas.find((one) => !leads(one)) ?? lost();
    release('1.4.0');
    for (const name of NAMES) await tell(standby, name, '1.4.0');
    const after = new Map([...before].map(([name, tags]) => [name, [...tags, '1.4.0']]));
    await eventually(async () => expect(await histories()).toEqual(after));
    expect(replicas.filter(leads)).toHaveLength(1);
  });
});

function repositoryOf(name: string): string {
  return REPOSITORIES[NAMES.indexOf(name) % REPOSITORIES.length] ?? '';
}

function lost(): never {
  throw new Error('there is no such replica');
}
