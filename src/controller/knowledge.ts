import type { Application, SourceType } from '../core/application.ts';
import type { ImageVersion } from '../core/image-version.ts';
import { versionOf } from '../core/kustomize-image.ts';
import { formatImageName, type ImageName, parseImageReference, sameImage } from '../core/reference.ts';
import type { TargetImage } from '../core/target.ts';
import type { Tree } from '../ports/git.ts';
import { readHelmValues, type ValuesTree } from '../sources/helm-values.ts';
import { readManifestImages } from '../sources/manifest-images.ts';
import { helmVersion } from '../writeback/helm-keys.ts';
import { helmValues } from '../writeback/helm-values.ts';
import { overrideVersion } from '../writeback/overrides.ts';
import { pluginVersion } from '../writeback/plugin-keys.ts';

/** What Git says an image should run, and where it says it. */
export type Knowledge =
  | {
      readonly used: true;
      /** Undefined when the image is named without a version. */
      readonly version: ImageVersion | undefined;
      readonly statedIn: string;
      /** The image's name as the manifests write it, where a manifest was read. */
      readonly usedAs?: string;
    }
  | { readonly used: false; readonly reason: string };

/** Where to look for an image that its target does not state. */
export interface Search {
  readonly application: Application;
  readonly image: TargetImage;
  readonly type: SourceType;
  /** The tree with the source's own files; undefined for a packed chart, which lies in no repository. */
  readonly tree: Tree | undefined;
  /** The tree with value files: the target's. */
  readonly values: ValuesTree;
}

interface Found {
  readonly found: Knowledge | undefined;
  /** What could not be read, as phrases. */
  readonly unread: readonly string[];
}

/**
 * Looks where Argo CD takes a version from, strongest first: the Application's own parameters or images, its files,
 * and last what it reports to run. Nothing is rendered.
 */
export async function searchImage(search: Search): Promise<Knowledge> {
  const own = ownVersion(search.image);
  if (own) return own;
  const { found, unread } = await (search.type === 'Helm' ? searchValues(search) : searchManifests(search));
  return found ?? searchStatus(search) ?? { used: false, reason: unknown(search.image, unread) };
}

function ownVersion(image: TargetImage): Knowledge | undefined {
  const { keys, tool, source } = image;
  switch (tool) {
    case 'Kustomize':
      return stated(overrideVersion(source.kustomize?.images ?? [], image), 'kustomize.images');
    case 'Helm': {
      const parameter = (key: string) => source.helm?.parameters.findLast(({ name }) => name === key)?.value;
      return stated(helmVersion(keys, parameter), 'helm.parameters');
    }
    case 'Plugin': {
      const variable = (key: string) => source.pluginEnv?.findLast(({ name }) => name === key)?.value;
      return stated(pluginVersion(keys, variable), 'plugin.env');
    }
    default:
      return tool satisfies never;
  }
}

function stated(version: ImageVersion | undefined, field: string): Knowledge | undefined {
  return version && { used: true, version, statedIn: `the Application's ${field}` };
}

async function searchValues({ image, application, values }: Search): Promise<Found> {
  const { layers, unread } = await readHelmValues(values, image.source, application.sources);
  for (const { file, text } of layers) {
    const version = helmValues.open(text, file).read(image);
    if (version) return { found: { used: true, version, statedIn: file }, unread };
  }
  return { found: undefined, unread };
}

async function searchManifests({ image, type, tree }: Search): Promise<Found> {
  if (!tree) return { found: undefined, unread: [] };
  const { path = '', directory } = image.source;
  const { images, unread } = await readManifestImages(tree, path, type, directory);
  const used = images.find(({ reference, written }) => isMeant(image, reference, written));
  if (!used) return { found: undefined, unread };
  const { reference, written, file } = used;
  const version = versionOf(reference.tag, reference.digest);
  return { found: { used: true, version, statedIn: file, usedAs: written }, unread };
}

function searchStatus({ application, image }: Search): Knowledge | undefined {
  for (const text of application.status.images) {
    const live = parseImageReference(text);
    if (!live.ok || !isMeant(image, live.value, formatImageName(live.value))) continue;
    const version = versionOf(live.value.tag, live.value.digest);
    return { used: true, version, statedIn: 'status.summary.images' };
  }
  return undefined;
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
