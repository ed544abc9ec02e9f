import { REFRESH } from '../config/annotations/annotation-keys.ts';
import { type Application, applicationId } from '../core/applications/application.ts';
import { canonicalName, type ImageName } from '../core/reference.ts';
import { normalizeRepoURL } from '../core/repo-url.ts';
import { indexRepositories, type RepositoryIndex } from '../core/repository-index.ts';
import type { TrackedImage, UpdaterKey } from '../core/tracked-image.ts';
import type { Applications } from '../ports/application-source.ts';
import type { ClusterChange } from '../ports/cluster.ts';
import type { Configuration, Configured } from './configure.ts';
import type { ConfiguredInput } from './cycle.ts';
import { type OwnDivision, tellerOf } from './division.ts';

/** Everything that is known before anybody is asked: one load, and what it asks for. */
export interface Survey {
  readonly input: Applications;
  readonly configuration: Configuration;
  /** By the Application's "namespace/name", in the order of the load. */
  readonly byKey: ReadonlyMap<string, Surveyed>;
  /** The keys of those that an ImageUpdater configures, by its "namespace/name". */
  readonly byUpdater: ReadonlyMap<string, readonly string[]>;
  /** Which images are used, for whoever hears of pushes. */
  readonly used: RepositoryIndex;
  /** Where it is one shard's: it holds that shard's Applications alone. */
  readonly division?: OwnDivision;
}

interface Surveyed {
  readonly application: Application;
  readonly configured: Configured;
}

export function survey(input: Applications, configuration: Configuration): Survey {
  const byKey = new Map<string, Surveyed>();
  for (const [index, application] of input.applications.entries()) {
    const configured = configuration.configured[index];
    if (configured) byKey.set(applicationId(application), { application, configured });
  }
  const images = configuration.configured.flatMap((one) => one.images.map(({ image }) => image));
  const byUpdater = new Map<string, string[]>();
  for (const [key, one] of byKey) byUpdater.getOrInsert(updaterOf(one), []).push(key);
  return { input, configuration, byKey, byUpdater, used: indexRepositories(images) };
}

/** The Applications in which an image is used. */
export function keysUsing({ byKey }: Survey, image: ImageName): readonly string[] {
  const name = canonicalName(image);
  return keysWhere(byKey, ({ configured }) => configured.images.some((one) => canonicalName(one.image) === name));
}

/** The Applications that somebody asks to be looked at now. */
export function keysAnnotated({ byKey }: Survey): readonly string[] {
  return keysWhere(byKey, ({ application: { annotations } }) => Object.hasOwn(annotations, REFRESH));
}

/** What tells whom a change concerns. */
interface Known {
  /** An ImageUpdater has let go of some Applications and won others. */
  readonly before: Survey | undefined;
  readonly after: Survey;
  /** Applications whose last look failed, perhaps for want of credentials. */
  readonly failing: readonly string[];
}

export function keysConcerned(change: ClusterChange, { before, after, failing }: Known): readonly string[] {
  switch (change.kind) {
    case 'Application':
      return [`${change.namespace}/${change.name}`].filter((key) => [before, after].some((one) => one?.byKey.has(key)));
    case 'ImageUpdater': {
      const keys = [before, after].flatMap((one) => (one ? keysOfUpdater(one, change) : []));
      // Where it configures nothing its status is told all the same.
      return keys.length === 0 && isToldBy(after, change) ? [statusKey(change)] : keys;
    }
    case 'AppProject':
      return keysWhere(after.byKey, ({ application }) => application.project === change.name);
    case 'Secret':
      return failing;
    default:
      return change.kind satisfies never;
  }
}

/** What is looked at so that the status of an ImageUpdater is told; there is nothing else to look at. */
export function statusKey({ namespace, name }: UpdaterKey): string {
  return `${STATUS}${namespace}/${name}`;
}

const STATUS = 'ImageUpdater ';

export function isStatusKey(key: string): boolean {
  return key.startsWith(STATUS);
}

function isToldBy({ division }: Survey, updater: UpdaterKey): boolean {
  return division === undefined || tellerOf(updater, division.shards) === division.shard;
}

/** The Applications that an ImageUpdater configures. */
export function keysOfUpdater({ byUpdater }: Survey, { namespace, name }: UpdaterKey): readonly string[] {
  return byUpdater.get(`${namespace}/${name}`) ?? [];
}

function updaterOf({ configured: { images, failedImages } }: Surveyed): string {
  const updater = (images[0]?.policyOrigin ?? failedImages[0]?.identity.policy)?.updater;
  return updater ? `${updater.namespace}/${updater.name}` : '';
}

function keysWhere(byKey: Survey['byKey'], holds: (one: Surveyed) => boolean): readonly string[] {
  return [...byKey].flatMap(([key, one]) => (holds(one) ? [key] : []));
}

/**
 * The part of a survey that a look is carried out over. What is wrong with objects is told with every look; what the
 * load itself had to say, with a look at everything.
 */
export function partOf({ input, configuration, byKey }: Survey, keys: ReadonlySet<string>): ConfiguredInput {
  const isWhole = byKey.keys().every((key) => keys.has(key));
  if (isWhole) return { input, configuration };
  const chosen = [...byKey].flatMap(([key, one]) => (keys.has(key) ? [one] : []));
  return {
    input: { applications: chosen.map(({ application }) => application), failures: [], warnings: [] },
    configuration: {
      configured: chosen.map(({ configured }) => configured),
      failures: configuration.failures,
      warnings: [],
    },
  };
}

/**
 * The keys with those that cannot be looked at apart from them. A pull request holds what all of its group move to, so
 * whoever proposes changes to a repository is looked at together with all others who do. Images that were at odds over
 * one place are refused only as long as they are seen together.
 * @param rivals  Applications with such images
 */
export function withCompanions(
  { byKey }: Survey,
  keys: readonly string[],
  rivals: ReadonlySet<string>,
): ReadonlySet<string> {
  const proposing = [...byKey].flatMap(([key, { configured }]) => {
    const repositories = proposedTo(configured.images);
    return repositories.length === 0 ? [] : [{ key, repositories }];
  });
  const found = new Set([...keys, ...(keys.some((key) => rivals.has(key)) ? rivals : [])]);
  const reached = new Set<string>();
  for (let size = -1; size < found.size; ) {
    size = found.size;
    for (const { key, repositories } of proposing) {
      if (found.has(key)) for (const one of repositories) reached.add(one);
    }
    for (const { key, repositories } of proposing) {
      if (repositories.some((one) => reached.has(one))) found.add(key);
    }
  }
  return found;
}

/** Whether a look may open, change or close pull requests. */
export function proposes({ configuration }: ConfiguredInput): boolean {
  return configuration.configured.some(({ images }) => proposedTo(images).length > 0);
}

/** Where changes of these images may be proposed. */
function proposedTo(images: readonly TrackedImage[]): readonly string[] {
  return images.flatMap(({ writeBack, application }) => {
    if (writeBack.method !== 'git' || writeBack.pullRequest === undefined) return [];
    const urls = writeBack.repoURL === undefined ? application.sources.map((one) => one.repoURL) : [writeBack.repoURL];
    return urls.map(normalizeRepoURL);
  });
}
