import type { Application, SourceType } from '../core/applications/application.ts';
import { type ImageUse, imageUse, isMeant, isNamedIn, type Mention } from '../core/image-use.ts';
import { formatVersion, type ImageVersion } from '../core/image-version.ts';
import { versionOf } from '../core/kustomize-image.ts';
import { formatImageName } from '../core/reference.ts';
import type { Sighting } from '../core/report.ts';
import type { TargetImage } from '../core/target.ts';
import type { Tree } from '../ports/git.ts';
import { readHelmValues, type ValuesTree } from '../sources/helm-values.ts';
import { readManifestImages } from '../sources/manifest-images.ts';
import { helmVersion } from '../writeback/helm-keys.ts';
import { helmValues } from '../writeback/helm-values.ts';
import { overrideVersion } from '../writeback/overrides.ts';
import { pluginVersion } from '../writeback/plugin-keys.ts';

/** What an image should run as far as anything says so, where that is said, and whether anything runs it. */
export type Knowledge = {
  /** Everything that was looked at, in that order. */
  readonly sightings: readonly Sighting[];
  /** Undefined when the image is named without a version, or not at all. */
  readonly version: ImageVersion | undefined;
  /** Null for an image that nothing names. */
  readonly statedIn: string | null;
  /** The image's name as the manifests write it, where a manifest was read. */
  readonly usedAs?: string;
} & ({ readonly used: true } | { readonly used: false; readonly reason: string });

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

interface FoundInFiles {
  readonly found: Mention | undefined;
  /** What could not be read, as phrases. */
  readonly unread: readonly string[];
}

/**
 * Looks where Argo CD takes a version from, strongest first: a target that is a file, the Application's own parameters
 * or images, the source's files, and last what it reports. Nothing is rendered. Where the Application itself is written
 * its report comes before the files, because as a rule nobody gave us a way into its repositories.
 */
export async function searchImage(search: Search): Promise<Knowledge> {
  const { application, image, file, type } = search;
  const near = [...(file ? [targetFile(image, file)] : []), ownFields(image)];
  const soon = imageUse(image, application.status, near);
  const stated = (file ? near : soon.mentions).find(isNamedIn);
  const isSettled = soon.kind !== 'unused' || !HAS_MANIFESTS[type];
  if (stated && isSettled) return known(image, stated, soon);
  const { found, unread } = await searchFiles(search);
  const use = imageUse(image, application.status, [...near, ...(found ? [found] : [])]);
  const first = stated ?? found ?? use.mentions.find(isNamedIn);
  if (first) return known(image, first, use);
  const sightings = use.mentions.map(sighting);
  return { used: false, reason: unknown(image, unread), version: undefined, statedIn: null, sightings };
}

/** Whether the files of a source show what is run, or only what a chart or a plugin is told. */
const HAS_MANIFESTS: Readonly<Record<SourceType, boolean>> = {
  Kustomize: true,
  Directory: true,
  Helm: false,
  Plugin: false,
};

function known(image: TargetImage, { where, versions: [version], usedAs }: Mention, use: ImageUse): Knowledge {
  const sightings = use.mentions.map(sighting);
  const found = { version, statedIn: where, ...(usedAs === undefined ? {} : { usedAs }), sightings };
  if (use.kind !== 'unused') return { ...found, used: true };
  const name = formatImageName(image.image);
  return { ...found, used: false, reason: `${where} states ${name}, which is none of the images that Argo CD reports` };
}

function sighting({ where, versions }: Mention): Sighting {
  return { where, says: versions.map((version) => (version ? formatVersion(version) : null)) };
}

function targetFile({ tool }: TargetImage, { path, stated }: NonNullable<Search['file']>): Mention {
  return { where: path, versions: stated ? [stated] : [], provesUse: tool === 'Kustomize' };
}

/** What the Application's own parameters, images or variables say. */
function ownFields(image: TargetImage): Mention {
  const { keys, tool, source } = image;
  switch (tool) {
    case 'Kustomize':
      return own(overrideVersion(source.kustomize?.images ?? [], image), 'kustomize.images', true);
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
  return ownFields(image).versions[0];
}

/** @param provesUse kustomize's images say what becomes of an image in manifests, also in those of custom resources */
function own(version: ImageVersion | undefined, field: string, provesUse = false): Mention {
  return { where: `the Application's ${field}`, versions: version ? [version] : [], provesUse };
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
    if (version) return { found: { where: file, versions: [version], provesUse: false }, unread };
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
  return { found: { where: file, versions: [version], usedAs: written, provesUse: true }, unread };
}

function unknown({ image, tool }: TargetImage, unread: readonly string[]): string {
  const places = { Helm: 'parameters and values', Kustomize: 'images and manifests', Plugin: 'variables' }[tool];
  const rest = unread.length === 0 ? '' : `; what could not be read: ${unread.slice(0, 3).join(', ')}`;
  return `neither the target nor the Application's ${places} name ${formatImageName(image)}${rest}`;
}
