import { type AppProject, withScopedRepositories } from '../core/applications/app-project.ts';
import type { Application } from '../core/applications/application.ts';
import { Failure, type Problem, toProblem } from '../core/failure.ts';
import type { ImageUpdaterObject } from '../core/objects/image-updater-object.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import type { ApplicationSource, Applications } from '../ports/application-source.ts';
import type { ClusterChange, ClusterChanges, ObjectKey, WatchedKind } from '../ports/cluster.ts';
import type { RolloutObserver } from '../ports/observers.ts';
import type { KubernetesClient } from './client.ts';
import { type Collection, type Collections, perNamespace } from './collections.ts';
import {
  type Kept,
  keepApplication,
  keepAppProject,
  keepImageUpdater,
  keepSecret,
  tellingOfImageUpdater,
} from './kept-objects.ts';
import { type NamedObjects, readNamed } from './named-objects.ts';
import type { CopyOptions } from './object-copy.ts';
import { secretsIn, secretsOfApplication, secretsOfImageUpdater } from './referred-secrets.ts';
import { APP_PROJECTS, APPLICATIONS, IMAGE_UPDATERS, type Resource, SECRETS } from './resources.ts';

export interface ClusterSourceOptions {
  /** Of Applications and ImageUpdaters, asked for at every load; "*" for all. */
  readonly namespaces: () => '*' | readonly string[];
  /** Argo CD's own, asked for at every load too. */
  readonly argocdNamespace: () => string;
  /** Whether Argo CD's repository Secrets are listed, which can be found by their label alone. */
  readonly repositorySecrets: boolean;
  /** Names of ConfigMaps and Secrets in Argo CD's namespace that are read if they are there. */
  readonly wellKnown: { readonly configMaps: readonly string[]; readonly secrets: readonly string[] };
  /** Further texts in which Secrets may be named: a registries.conf. */
  readonly texts: readonly string[];
  readonly observer?: RolloutObserver;
}

/** What a cluster holds for us, and what becomes of it. */
export interface ClusterSource extends ApplicationSource, ClusterChanges {
  /** The uid of an object as it was last seen; undefined for one that is not known. */
  uidOf(kind: 'Application' | 'ImageUpdater', key: ObjectKey): string | undefined;
}

const REPOSITORY_SECRETS =
  'argocd.argoproj.io/secret-type in (repository,repo-creds,repository-write,repo-write-creds)';

/**
 * Applications, ImageUpdaters and AppProjects of a cluster, and the ConfigMaps and Secrets that something refers to.
 * ConfigMaps and Secrets are read anew at every load, by name. Rights to AppProjects and Secrets may be missing: a
 * warning names them, and what needs them goes without.
 */
export function clusterSource(
  client: KubernetesClient,
  collections: Collections,
  options: ClusterSourceOptions,
): ClusterSource {
  const listeners = new Set<(change: ClusterChange) => void>();
  const tell = (change: ClusterChange) => {
    for (const listener of listeners) listener(change);
  };
  const kinds = openKinds(collections, options.observer, tell);
  let last: Pick<Listed, 'applications' | 'updaters'> | undefined;

  async function list(argocd: string, signal: AbortSignal): Promise<Listed> {
    const watched = options.namespaces();
    const namespaces = watched === '*' ? [undefined] : watched;
    const repositories = options.repositorySecrets ? [kinds.secrets(argocd)] : [];
    const applications = readAll(namespaces.map(kinds.applications), 'needed', signal);
    const updaters = readAll(namespaces.map(kinds.updaters), 'if-served', signal);
    const projects = readAll([kinds.projects(argocd)], 'if-allowed', signal);
    const secrets = readAll(repositories, 'if-allowed', signal);
    // Of several that fail it is always the same one that is told.
    await Promise.allSettled([applications, updaters, projects, secrets]);
    return {
      applications: await applications,
      updaters: await updaters,
      projects: await projects,
      secrets: await secrets,
    };
  }

  return {
    async load(signal) {
      const argocd = options.argocdNamespace();
      const listed = await list(argocd, signal);
      last = listed;
      return assemble(listed, await readReferred(client, options, argocd, listed, signal), argocd);
    },
    listen(happened) {
      listeners.add(happened);
      return { [Symbol.dispose]: () => void listeners.delete(happened) };
    },
    async synced(signal) {
      await list(options.argocdNamespace(), signal);
    },
    uidOf(kind, { namespace, name }) {
      const items = kind === 'Application' ? last?.applications.items : last?.updaters.items;
      return items?.get(`${namespace}/${name}`)?.uid;
    },
  };
}

/** What is listed of each kind. */
interface Listed {
  readonly applications: ReadAll<Application>;
  readonly updaters: ReadAll<ImageUpdaterObject>;
  readonly projects: ReadAll<AppProject>;
  readonly secrets: ReadAll<KeyValueObject>;
}

function openKinds(
  collections: Collections,
  observer: RolloutObserver | undefined,
  tell: (change: ClusterChange) => void,
) {
  function open<T>(
    resource: Resource,
    kind: WatchedKind,
    how: Pick<CopyOptions<T>, 'keep' | 'telling' | 'labelSelector'>,
  ) {
    return perNamespace<T>(collections, (namespace) => ({
      place: { resource, namespace },
      ...how,
      changed: (change, key) => tell({ kind, change, ...keyFrom(key) }),
    }));
  }
  return {
    applications: open(APPLICATIONS, 'Application', { keep: (object) => keepApplication(object, observer) }),
    updaters: open(IMAGE_UPDATERS, 'ImageUpdater', { keep: keepImageUpdater, telling: tellingOfImageUpdater }),
    projects: open(APP_PROJECTS, 'AppProject', { keep: keepAppProject }),
    secrets: open(SECRETS, 'Secret', { keep: keepSecret, labelSelector: REPOSITORY_SECRETS }),
  };
}

interface Referred {
  readonly configMaps: NamedObjects;
  readonly secrets: NamedObjects;
}

/** The ConfigMaps first: they may name Secrets too. */
async function readReferred(
  client: KubernetesClient,
  { wellKnown, texts }: ClusterSourceOptions,
  argocd: string,
  { applications, updaters }: Listed,
  signal: AbortSignal,
): Promise<Referred> {
  const inArgocd = (name: string): ObjectKey => ({ namespace: argocd, name });
  const configMaps = await readNamed(client, 'ConfigMap', wellKnown.configMaps.map(inArgocd), signal);
  const allTexts = [...texts, ...configMaps.found.flatMap(({ data }) => Object.values(data))];
  const keys = [
    ...wellKnown.secrets.map(inArgocd),
    ...readable(applications).flatMap(secretsOfApplication),
    ...readable(updaters).flatMap(secretsOfImageUpdater),
    ...allTexts.flatMap((text) => secretsIn(text, undefined)),
  ];
  return { configMaps, secrets: await readNamed(client, 'Secret', keys, signal) };
}

function assemble(listed: Listed, { configMaps, secrets: named }: Referred, argocd: string): Applications {
  const { applications, updaters, projects, secrets } = listed;
  const repositories = readable(secrets);
  return {
    applications: readable(applications),
    imageUpdaters: readable(updaters),
    hasOtherUpdaters: unreadable('ImageUpdater', updaters).length > 0,
    projects: withScopedRepositories(readable(projects), repositories, argocd),
    hasAllProjects: projects.isComplete,
    secrets: withoutDoubles([...repositories, ...named.found]),
    configMaps: configMaps.found,
    failures: [...unreadable('Application', applications), ...unreadable('ImageUpdater', updaters)],
    warnings: [...Object.values(listed), configMaps, named].flatMap(({ warnings }) => warnings),
  };
}

interface ReadAll<T> {
  readonly items: ReadonlyMap<string, Kept<T>>;
  /** Whether there are no others. */
  readonly isComplete: boolean;
  readonly warnings: readonly Problem[];
}

/** @param need  whether the kind may be unknown to the cluster, and whether the right to it may be missing too */
async function readAll<T>(
  collections: readonly Collection<Kept<T>>[],
  need: 'needed' | 'if-served' | 'if-allowed',
  signal: AbortSignal,
): Promise<ReadAll<T>> {
  const items = new Map<string, Kept<T>>();
  const warnings: Problem[] = [];
  let isComplete = true;
  for (const collection of collections) {
    try {
      for (const [key, kept] of await collection.items(signal)) items.set(key, kept);
      const trouble = collection.trouble();
      if (trouble) warnings.push(outOfDate(trouble));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const isUnknown = error.code === 'CLUSTER_KIND_MISSING' && need !== 'needed';
      if (!isUnknown && !(error.code === 'CLUSTER_FORBIDDEN' && need === 'if-allowed')) throw error;
      isComplete = false;
      if (!isUnknown) warnings.push(toProblem('cluster', error));
    }
  }
  return { items, isComplete, warnings };
}

function outOfDate(trouble: Failure): Problem {
  const problem = toProblem('cluster', trouble);
  return { ...problem, message: `what is known may be out of date: ${problem.message}` };
}

function readable<T>({ items }: ReadAll<T>): readonly T[] {
  return [...items.values()].flatMap((kept) => (kept.ok ? [kept.value] : []));
}

function unreadable(kind: 'Application' | 'ImageUpdater', { items }: ReadAll<unknown>): readonly Problem[] {
  const code = kind === 'Application' ? 'APPLICATION_INVALID' : 'CONFIG_INVALID';
  return [...items].flatMap(([key, kept]): Problem[] => {
    if (kept.ok) return [];
    const { namespace, name } = keyFrom(key);
    const fix = `kubectl -n ${namespace} edit ${kind.toLowerCase()} ${name}`;
    return [{ code, object: kind === 'Application' ? key : `${kind} ${key}`, message: kept.problem, fix }];
  });
}

/** One that is referred to by name may be a repository's too. */
function withoutDoubles(objects: readonly KeyValueObject[]): readonly KeyValueObject[] {
  return [...new Map(objects.map((object) => [`${object.namespace}/${object.name}`, object])).values()];
}

function keyFrom(text: string): ObjectKey {
  const [namespace = '', name = ''] = text.split('/');
  return { namespace, name };
}
