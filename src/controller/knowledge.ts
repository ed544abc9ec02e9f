import type { Application, SourceType } from '../core/application.ts';
import { formatVersion, type ImageVersion } from '../core/image-version.ts';
import { parseKustomizeImage, versionOf } from '../core/kustomize-image.ts';
import { formatImageName, type ImageName, parseImageReference, sameImage } from '../core/reference.ts';
import type { Sighting } from '../core/report.ts';
import type { TargetImage } from '../core/target.ts';
import type { Tree } from '../ports/git.ts';
import { readHelmValues, type ValuesTree } from '../sources/helm-values.ts';
import { readManifestImages } from '../sources/manifest-images.ts';
import { helmVersion } from '../writeback/helm-keys.ts';
import { helmValues } from '../writeback/helm-values.ts';
import { overrideVersion } from '../writeback/overrides.ts';
import { pluginVersion } from '../writeback/plugin-keys.ts';

/** What an image should run as far as anything says so, and where that is said. */
export type Knowledge = {
  /** Everything that was looked at, in that order. */
  readonly sightings: readonly Sighting[];
} & (
  | {
      readonly used: true;
      /** Undefined when the image is named without a version. */
      readonly version: ImageVersion | undefined;
      readonly statedIn: string;
      /** The image's name as the manifests write it, where a manifest was read. */
      readonly usedAs?: string;
    }
  | { readonly used: false; readonly reason: string }
);

/** The files that say what a source runs; undefined where there are none, as for a packed chart. */
interface SourceFiles {
  /** The tree with the source's own files. */
  readonly tree: Tree | undefined;
  /** The tree with value files: the target's. */
  readonly values: ValuesTree | undefined;
}

/** Where to look for an image. */
export interface Search {
  readonly application: Application;
  readonly image: TargetImage;
  readonly type: SourceType;
  /** The target, when it is a file, and what it states. */
  readonly file?: { readonly path: string; readonly stated: ImageVersion | undefined };
  /** Asked only when nothing stronger says it. */
  readonly files: () => Promise<SourceFiles>;
}

/** What one place says about an image. */
interface Found {
  readonly where: string;
  /** The versions in which it is named there, the one that counts first. */
  readonly versions: readonly (ImageVersion | undefined)[];
  readonly usedAs?: string;
}

interface FoundInFiles {
  readonly found: Found | undefined;
  /** What could not be read, as phrases. */
  readonly unread: readonly string[];
}

/**
 * Looks where Argo CD takes a version from, strongest first: a target that is a file, the Application's own parameters
 * or images, the source's files, and last what it reports. Nothing is rendered. Where the Application itself is written
 * its report comes before the files, because as a rule nobody gave us a way into its repositories.
 */
export async function searchImage(search: Search): Promise<Knowledge> {
  const { application, image, file } = search;
  const target = file && { where: file.path, versions: file.stated ? [file.stated] : [] };
  const near = [...(target ? [target] : []), ownVersion(image)];
  const reported = reports(application, image);
  const strong = file ? near : [...near, ...reported];
  const first = strong.find(({ versions }) => versions.length > 0);
  if (first) return known(first, [...near, ...reported]);
  const { found, unread } = await searchFiles(search);
  const seen = [...near, ...(found ? [found] : []), ...reported];
  const next = found ?? reported.find(({ versions }) => versions.length > 0);
  if (next) return known(next, seen);
  return { used: false, reason: unknown(image, unread), sightings: seen.map(sighting) };
}

function known({ where, versions: [version], usedAs }: Found, seen: readonly Found[]): Knowledge {
  const sightings = seen.map(sighting);
  return { used: true, version, statedIn: where, ...(usedAs === undefined ? {} : { usedAs }), sightings };
}

function sighting({ where, versions }: Found): Sighting {
  return { where, says: versions.map((version) => (version ? formatVersion(version) : null)) };
}

/** What the Application's own parameters, images or variables say. */
function ownVersion(image: TargetImage): Found {
  const { keys, tool, source } = image;
  switch (tool) {
    case 'Kustomize':
      return own(overrideVersion(source.kustomize?.images ?? [], image), 'kustomize.images');
    case 'Helm': {
      const parameter = (key: string) => source.helm?.parameters.findLast(({ name }) => name === key)?.value;
      return own(helmVersion(keys, parameter), 'helm.parameters');
    }
    case 'Plugin': {
      const variable = (key: string) => source.pluginEnv?.findLast(({ name }) => name === key)?.value;
      return own(pluginVersion(keys, variable), 'plugin.env');
    }
    default:
      return tool satisfies never;
  }
}

/** The version that the Application itself states for an image. */
export function statedByItself(image: TargetImage): ImageVersion | undefined {
  return ownVersion(image).versions[0];
}

function own(version: ImageVersion | undefined, field: string): Found {
  return { where: `the Application's ${field}`, versions: version ? [version] : [] };
}

/**
 * What Argo CD reports: what the last sync applied, which holds what CronJobs and scaled-down workloads would run, and
 * what Pods run, of which there are old ones during a roll-out.
 */
function reports({ status }: Application, image: TargetImage): readonly Found[] {
  return [
    { where: 'status.operationState.syncResult', texts: status.appliedImages ?? [] },
    { where: 'status.summary.images', texts: status.images },
  ].map(({ where, texts }) => reported(where, texts, image));
}

function reported(where: string, texts: readonly string[], image: TargetImage): Found {
  const named = texts.flatMap((text) => {
    const reference = parseImageReference(text);
    const isNamed = reference.ok && isMeant(image, reference.value, formatImageName(reference.value));
    return isNamed ? [{ reference: reference.value, name: parseKustomizeImage(text).newName }] : [];
  });
  const versions = named.map(({ reference: { tag, digest } }) => versionOf(tag, digest));
  return { where, versions, ...(named[0] ? { usedAs: named[0].name } : {}) };
}

async function searchFiles(search: Search): Promise<FoundInFiles> {
  const files = await search.files();
  return search.type === 'Helm' ? await searchValues(search, files) : await searchManifests(search, files);
}

async function searchValues({ image, application }: Search, { values }: SourceFiles): Promise<FoundInFiles> {
  if (!values) return { found: undefined, unread: [] };
  const { layers, unread } = await readHelmValues(values, image.source, application.sources);
  for (const { file, text } of layers) {
    const version = helmValues.open(text, file).read(image);
    if (version) return { found: { where: file, versions: [version] }, unread };
  }
  return { found: undefined, unread };
}

async function searchManifests({ image, type }: Search, { tree }: SourceFiles): Promise<FoundInFiles> {
  if (!tree) return { found: undefined, unread: [] };
  const { path = '', directory } = image.source;
  const { images, unread } = await readManifestImages(tree, path, type, directory);
  const used = images.find(({ reference, written }) => isMeant(image, reference, written));
  if (!used) return { found: undefined, unread };
  const { reference, written, file } = used;
  const version = versionOf(reference.tag, reference.digest);
  return { found: { where: file, versions: [version], usedAs: written }, unread };
}

/** @param written the image's name before any kustomization renamed it */
function isMeant({ image, keys }: TargetImage, found: ImageName, written: string): boolean {
  return sameImage(image, found) || (keys.kustomizeName !== undefined && keys.kustomizeName === written);
}

function unknown({ image, tool }: TargetImage, unread: readonly string[]): string {
  const places = { Helm: 'parameters and values', Kustomize: 'images and manifests', Plugin: 'variables' }[tool];
  const rest = unread.length === 0 ? '' : `; what could not be read: ${unread.slice(0, 3).join(', ')}`;
  return `neither the target nor the Application's ${places} name ${formatImageName(image)}${rest}`;
}
