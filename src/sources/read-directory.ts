import type { DirectoryBlock } from '../core/applications/application.ts';
import { parseArgocdGlob } from '../core/applications/argocd-glob.ts';
import type { Tree } from '../ports/git.ts';
import { type ManifestImages, manifestImages, readFileText } from './read-documents.ts';
import { indexOf } from './tree-index.ts';
import { asUsed, type UsedImages } from './used-images.ts';

const MANIFEST = /\.(?:ya?ml|json)$/;
/** Argo CD renders at most 10 MB of manifests; so many files are more than that. */
const MAX_FILES = 2_000;
/** What Argo CD leaves a file out for. */
const SKIP_MARKER = '+argocd:skip-file-rendering';

/**
 * The images in the manifests of a plain directory, chosen as Argo CD chooses them. Jsonnet is not evaluated.
 * @param folder "" for the root
 * @see Argo CD, "Directory"
 */
export async function readDirectoryImages(
  tree: Tree,
  folder: string,
  block: DirectoryBlock | false,
): Promise<UsedImages> {
  if (!indexOf(tree).isFolder(folder)) return { images: [], unread: [`${folder} is not in the repository`] };
  const files = filesOf(tree, folder, block);
  const manifests = files.paths.filter((path) => MANIFEST.test(path));
  const read = await Promise.all(manifests.slice(0, MAX_FILES).map((path) => readManifest(tree, path)));
  const unread = [
    ...files.unread,
    ...read.flatMap((manifest) => manifest.unread),
    ...files.paths.filter((path) => path.endsWith('.jsonnet')),
    ...(manifests.length > MAX_FILES ? [`${manifests.length - MAX_FILES} of ${manifests.length} manifests`] : []),
  ];
  return { images: asUsed(read.flatMap(({ images }) => images)), unread };
}

function filesOf(tree: Tree, folder: string, block: DirectoryBlock | false): { paths: string[]; unread: string[] } {
  const prefix = folder === '' ? '' : `${folder}/`;
  const { recurse = false, include, exclude } = block || {};
  const included = include === undefined ? undefined : parseArgocdGlob(include, '');
  const excluded = exclude === undefined ? undefined : parseArgocdGlob(exclude, '');
  const all = recurse ? tree.paths.filter((path) => path.startsWith(prefix)) : indexOf(tree).filesIn(folder);
  const paths = all.filter((path) => {
    const relative = path.slice(prefix.length);
    if (excluded?.ok && excluded.value(relative)) return false;
    return included?.ok ? included.value(relative) : true;
  });
  const unread = [included, excluded].flatMap((glob) => (glob?.ok === false ? [`directory: ${glob.problem}`] : []));
  return { paths, unread };
}

async function readManifest(tree: Tree, path: string): Promise<ManifestImages> {
  const text = await readFileText(tree, path);
  if (text.kind === 'unread') return { images: [], unread: [text.reason] };
  if (text.kind === 'missing' || text.text.includes(SKIP_MARKER)) return { images: [], unread: [] };
  return manifestImages(text.text, path);
}
