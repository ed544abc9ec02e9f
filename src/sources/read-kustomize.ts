import type { Tree } from '../ports/git.ts';
import { overrideImage } from './image-override.ts';
import { type KustomizeNode, loadKustomizeNodes, pathsOf } from './kustomize-nodes.ts';
import { asUsed, distinct, type FoundImage, type UsedImages } from './used-images.ts';

type Nodes = ReadonlyMap<string, KustomizeNode>;

/** Folders and images that one walk may touch; components of components can multiply. */
const MAX_STEPS = 200_000;

/**
 * The images that a kustomization's manifests use, as its own `images` and those of every kustomization on the way
 * leave them. Neither runs kustomize nor leaves the tree; patches, replacements and generators are not followed.
 * @param folder the kustomization's folder, "" for the root
 */
export async function readKustomizeImages(tree: Tree, folder: string): Promise<UsedImages> {
  const nodes = await loadKustomizeNodes(tree, folder);
  const walk: Walk = { nodes, bases: new Map(), steps: 0 };
  const images = accumulate(folder, [], walk, []);
  const unread = [...nodes.values()].flatMap((node) => unreadOf(node, nodes));
  if (walk.steps > MAX_STEPS) unread.push(`kustomizations below ${folder || '/'} that use each other too often`);
  return { images: asUsed(images), unread: [...new Set(unread)] };
}

interface Walk {
  readonly nodes: Nodes;
  /** What each base comes to, which is the same wherever it is used. */
  readonly bases: Map<string, readonly FoundImage[]>;
  steps: number;
}

/**
 * The images that leave a folder when `below` comes in: kustomize adds the folder's resources, then runs its components
 * over all of them, then its own `images`.
 * @param trail the folders that are being walked, against circles
 */
function accumulate(
  folder: string,
  below: readonly FoundImage[],
  walk: Walk,
  trail: readonly string[],
): readonly FoundImage[] {
  const node = walk.nodes.get(folder);
  walk.steps += 1 + below.length;
  if (node?.kind !== 'folder' || trail.includes(folder) || walk.steps > MAX_STEPS) return below;
  const within = [...trail, folder];
  let images = [...below, ...node.resources.paths.flatMap((path) => resourceImages(path, walk, within))];
  for (const component of node.components.paths) images = [...accumulate(component, images, walk, within)];
  return distinct(
    images.map((image) => ({
      ...image,
      text: node.images.reduce((text, one) => overrideImage(text, one), image.text),
    })),
  );
}

function resourceImages(path: string, walk: Walk, trail: readonly string[]): readonly FoundImage[] {
  const node = walk.nodes.get(path);
  if (node?.kind === 'manifest') return node.images;
  const known = walk.bases.get(path);
  if (known) return known;
  const images = accumulate(path, [], walk, trail);
  walk.bases.set(path, images);
  return images;
}

function unreadOf(node: KustomizeNode, nodes: Nodes): readonly string[] {
  switch (node.kind) {
    case 'missing':
      return [node.reason];
    case 'manifest':
      return node.unread;
    case 'folder': {
      const [beyond] = pathsOf(node).filter((path) => !nodes.has(path));
      const tooMuch = beyond === undefined ? [] : [`${beyond} and what else lies that deep`];
      return [...node.unread, ...node.resources.elsewhere, ...node.components.elsewhere, ...tooMuch];
    }
    default:
      return node satisfies never;
  }
}
