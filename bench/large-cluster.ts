import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Registry, startRegistry } from '../src/demo/registry.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { largeApplication } from './large-application.ts';

interface Size {
  readonly applications: number;
  /** How many of them are a version behind. */
  readonly behind: number;
  readonly repositories: number;
}

export interface LargeCluster extends AsyncDisposable {
  readonly api: ApiServer;
  readonly registry: Registry;
  /** For whoever looks at it; it holds the kubeconfig. */
  readonly folder: string;
  /** What `tiphys run` is told to follow all of it, state and ports included. */
  readonly flags: readonly string[];
}

/** Namespaces, each with an ImageUpdater for all that is in it. */
export const TEAMS = 50;

/** A cluster whose Applications are as large as Argo CD's, with the registry that serves their images. */
export async function startLargeCluster({ applications, behind, repositories }: Size): Promise<LargeCluster> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-cluster-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const registry = stack.use(await startRegistry());
  for (let repository = 0; repository < repositories; repository += 1) {
    for (const tag of ['1.2.2', '1.2.3']) registry.putImage(`acme/app-${repository}`, tag, { created: new Date(0) });
  }
  const isBehind = (nth: number) => behind > 0 && nth % (applications / behind) === 0;
  const images = { host: registry.host, repositories, tagOf: (nth: number) => (isBehind(nth) ? '1.2.2' : '1.2.3') };
  const api = stack.use(
    await startApiServer({
      applications: { count: applications, nth: (nth) => largeApplication(nth, images) },
      appprojects: { count: 1, nth: project },
      imageupdaters: { count: TEAMS, nth: updater },
    }),
  );
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(api.url));
  const where = ['--kubeconfig', kubeconfig, '--watch-namespaces', '*', '--leader-election=false'];
  const ports = ['--health-probe-bind-address', '0', '--metrics-bind-address', '0'];
  const owned = stack.move();
  return {
    ...{ api, registry, folder },
    flags: [...where, ...ports, '--state-dir', join(folder, 'state')],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function project(): object {
  const spec = { sourceRepos: ['*'], sourceNamespaces: ['*'], destinations: [{ server: '*', namespace: '*' }] };
  return { metadata: { namespace: 'argocd', name: 'default' }, spec };
}

function updater(nth: number): object {
  return {
    apiVersion: 'argocd-image-updater.argoproj.io/v1alpha1',
    kind: 'ImageUpdater',
    metadata: { namespace: `team-${nth}`, name: 'all', uid: `updater-${nth}`, generation: 1 },
    spec: { applicationRefs: [{ namePattern: '*', useAnnotations: true }] },
  };
}

function kubeconfigText(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench', namespace: 'argocd' } }],
    clusters: [{ name: 'bench', cluster: { server } }],
    users: [{ name: 'bench', user: {} }],
  });
}
