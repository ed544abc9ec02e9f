import { homedir } from 'node:os';
import type { Given } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { CONFIG_MAP, SECRET } from '../config/settings/settings-objects.ts';
import { settleRight, type Whereabouts } from '../controller/settled-source.ts';
import { Failure } from '../core/failure.ts';
import { CERTIFICATES, KNOWN_HOSTS } from '../git/trust.ts';
import { type KubernetesClient, openClient } from '../kubernetes/client.ts';
import type { ClusterConfig } from '../kubernetes/cluster-config.ts';
import { type ClusterSource, type ClusterSourceOptions, clusterSource } from '../kubernetes/cluster-source.ts';
import { listedCollections, watchedCollections } from '../kubernetes/collections.ts';
import { readInCluster } from '../kubernetes/in-cluster.ts';
import { readKubeconfig } from '../kubernetes/kubeconfig.ts';
import { liveApplications } from '../kubernetes/live-applications.ts';
import { type NamedObjects, readNamed } from '../kubernetes/named-objects.ts';
import { rollouts } from '../kubernetes/rollouts.ts';
import type { ApplicationSource, Applications } from '../ports/application-source.ts';
import type { ObjectKey, Patience } from '../ports/cluster.ts';
import type { ClusterObserver, RolloutObserver } from '../ports/observers.ts';
import type { Deployments } from '../ports/rollout.ts';
import { around } from './around.ts';
import { deferredLive } from './deferred-live.ts';
import { readIfThere } from './given-texts.ts';

/** What is read in Argo CD's namespace if it is there. */
export const WELL_KNOWN = { configMaps: [CONFIG_MAP, CERTIFICATES, KNOWN_HOSTS], secrets: [SECRET] };

/**
 * The Applications of the cluster that kubectl would ask, listed anew at every load.
 * @param given  by flags and variables, of which wrong ones are somebody else's to report
 */
export function openClusterInput(given: readonly Given[], where: Whereabouts): Required<ApplicationSource> {
  let opened: Promise<Required<ApplicationSource>> | undefined;
  const open = async (): Promise<Required<ApplicationSource>> => {
    const client = await openCluster(given);
    const options = (await sourceOptions(given, client.namespace))(where);
    const source = clusterSource(client, listedCollections(client), options);
    const load: ApplicationSource['load'] = async (signal) =>
      withoutNone(await source.load(signal), options.namespaces());
    return { load, live: liveApplications(client) };
  };
  const whenOpen = () => {
    opened ??= open();
    return opened;
  };
  return {
    load: async (signal) => (await whenOpen()).load(signal),
    live: deferredLive(async () => (await whenOpen()).live),
  };
}

/** Applications of the cluster that kubectl would ask, and their rollouts. @throws {Failure} as `openCluster` */
export async function openClusterDeployments(given: readonly Given[]): Promise<Deployments> {
  const client = await openCluster(given);
  const dispose = () => client[Symbol.asyncDispose]();
  return { applications: liveApplications(client), rollouts: rollouts(client), [Symbol.asyncDispose]: dispose };
}

/** A cluster whose objects are listed once, and followed from then on. */
export interface FollowedCluster extends AsyncDisposable {
  readonly client: KubernetesClient;
  source(where: Whereabouts): ClusterSource & Required<ApplicationSource>;
}

/** @throws {Failure} as `openCluster` */
export async function followCluster(
  given: readonly Given[],
  observer: ClusterObserver & RolloutObserver,
  patience: Patience,
): Promise<FollowedCluster> {
  await using stack = new AsyncDisposableStack();
  const client = stack.use(await openCluster(given, observer));
  const collections = stack.use(watchedCollections(client, around, patience));
  const optionsFor = await sourceOptions(given, client.namespace);
  const owned = stack.move();
  return {
    client,
    source: (where) => ({
      ...clusterSource(client, collections, { ...optionsFor(where), observer }),
      live: liveApplications(client),
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Secrets by their names; those that are not there are not found. @throws {Failure} as `openCluster` */
export async function readSecrets(
  given: readonly Given[],
  keys: readonly ObjectKey[],
  signal: AbortSignal,
): Promise<NamedObjects> {
  await using client = await openCluster(given);
  return await readNamed(client, 'Secret', keys, signal);
}

/**
 * What else counts as given: in a Pod its own namespace is Argo CD's where nobody says otherwise, as upstream.
 * @param folder  of the ServiceAccount's files
 * @throws {Failure} KUBECONFIG_INVALID
 */
export async function withOwnNamespace(
  given: readonly Given[],
  env: NodeJS.ProcessEnv = process.env,
  folder?: string,
): Promise<readonly Given[]> {
  const pod = (await readKubeconfigOf(given, env)) ? undefined : await readInCluster(env, folder);
  if (!pod) return given;
  const name = 'the namespace of this Pod';
  const own = { setting: CATALOGUE.argocdNamespace, source: 'command', name, object: name } as const;
  return [...given, { ...own, text: pod.namespace }];
}

/** @throws {Failure} KUBECONFIG_INVALID, NO_APPLICATIONS where there is no cluster to ask */
export async function openCluster(given: readonly Given[], observer?: ClusterObserver): Promise<KubernetesClient> {
  const { env } = process;
  return openClient(await findCluster(given, env), { ...around, env, ...(observer ? { observer } : {}) });
}

async function findCluster(given: readonly Given[], env: NodeJS.ProcessEnv): Promise<ClusterConfig> {
  const found = (await readKubeconfigOf(given, env)) ?? (await readInCluster(env));
  if (found) return found;
  throw new Failure('NO_APPLICATIONS', 'there is no cluster to ask: no kubeconfig is found, and this is no Pod', {
    fix:
      "name a cluster with --kubeconfig, or ask Argo CD's API with --applications-api argocd; " +
      'where a command takes -f, manifests do as well',
    object: 'input',
  });
}

async function readKubeconfigOf(given: readonly Given[], env: NodeJS.ProcessEnv): Promise<ClusterConfig | undefined> {
  const settings = settleRight(given);
  const [path, context] = [settings.find(CATALOGUE.kubeconfig), settings.find(CATALOGUE.context)];
  return await readKubeconfig({ path, context, env, home: homedir() });
}

/** @param own  the namespace that counts where none is named */
async function sourceOptions(
  given: readonly Given[],
  own: string,
): Promise<(where: Whereabouts) => ClusterSourceOptions> {
  const settings = settleRight(given);
  const registriesConf = await readIfThere(settings.valueOf(CATALOGUE.registriesConfPath));
  return ({ argocdNamespace, watchedNamespaces }) => ({
    namespaces: () => watchedNamespaces() ?? [own],
    argocdNamespace,
    repositorySecrets: settings.valueOf(CATALOGUE.gitCredentials) === 'repocreds',
    wellKnown: WELL_KNOWN,
    texts: registriesConf === undefined ? [] : [registriesConf],
  });
}

/** As kubectl, which prints that there are none and calls it no failure. */
function withoutNone(loaded: Applications, namespaces: '*' | readonly string[]): Applications {
  if (loaded.applications.length > 0 || loaded.failures.length > 0) return loaded;
  const where = namespaces === '*' ? 'any namespace' : `namespace ${namespaces.join(', ')}`;
  const message = `there is no Application (argoproj.io/v1alpha1) in ${where}`;
  const fix = 'name the namespace with -n, or look at all of them with -A';
  return { ...loaded, warnings: [...loaded.warnings, { code: 'NO_APPLICATIONS', object: 'cluster', message, fix }] };
}
