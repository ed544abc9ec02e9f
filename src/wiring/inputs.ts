import { fileSource } from '../applications/files.ts';
import type { CycleOptions } from '../cli/work.ts';
import type { Given } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import {
  openSettled,
  type SettledSource,
  settleRight,
  type Whereabouts,
  withNews,
} from '../controller/settled-source.ts';
import type { ApplicationSource } from '../ports/application-source.ts';
import { deferredLive } from './deferred-live.ts';

export interface Input extends SettledSource {
  readonly defaultStateDir: string;
}

/** The input, and the settings that the command line, the environment and the input itself agree on. */
export async function openInput(options: CycleOptions, signal: AbortSignal): Promise<Input> {
  const { defaultStateDir } = options;
  const { settings, source, news } = await openSettled(inputOpener(options), await givenHere(options), signal);
  return { settings, source: withNews(source, news), defaultStateDir };
}

/** What was given, and what counts as given in the place where this runs. */
export async function givenHere({ fromCluster, given }: CycleOptions): Promise<readonly Given[]> {
  if (!fromCluster || asksArgocd(given)) return given;
  const { withOwnNamespace } = await import('./cluster.ts');
  return await withOwnNamespace(given);
}

export function inputOpener({
  filenames: paths,
  fromCluster,
  given = [],
}: Pick<CycleOptions, 'filenames' | 'fromCluster'> & Partial<Pick<CycleOptions, 'given'>>) {
  return (where: Whereabouts): ApplicationSource => {
    if (fromCluster) return asksArgocd(given) ? argocdInput(given) : clusterInput(given, where);
    const { argocdNamespace } = where;
    return fileSource({ paths, stdin: process.stdin, cwd: process.cwd(), argocdNamespace });
  };
}

/** Whether Applications come from Argo CD's own API instead of the cluster; only flags and variables can say so. */
export function asksArgocd(given: CycleOptions['given']): boolean {
  return settleRight(given).valueOf(CATALOGUE.applicationsApi) === 'argocd';
}

/** The parts that speak with a cluster, or with Argo CD, are loaded only for one. */
function clusterInput(given: CycleOptions['given'], where: Whereabouts): ApplicationSource {
  return whenLoaded(import('./cluster.ts').then(({ openClusterInput }) => openClusterInput(given, where)));
}

function argocdInput(given: CycleOptions['given']): ApplicationSource {
  return whenLoaded(import('./argocd.ts').then(({ openArgocdInput }) => openArgocdInput(given)));
}

function whenLoaded(opened: Promise<Required<ApplicationSource>>): ApplicationSource {
  return {
    load: async (signal) => (await opened).load(signal),
    live: deferredLive(async () => (await opened).live),
  };
}
