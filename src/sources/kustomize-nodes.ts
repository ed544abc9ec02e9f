import { resolveInRepository } from '../core/repository-path.ts';
import { KUSTOMIZATION_NAMES } from '../core/target-path.ts';
import type { Tree } from '../ports/git.ts';
import { type Kustomization, readKustomization } from './kustomization.ts';
import { type FileText, type ManifestImages, manifestImages, readFileText } from './read-documents.ts';
import { indexOf, inFolder } from './tree-index.ts';

/** What an entry under `resources` or `components` leads to. */
export type KustomizeNode =
  | ({ readonly kind: 'folder'; readonly resources: Entries; readonly components: Entries } & Pick<
      Kustomization,
      'images' | 'unread'
    >)
  | ({ readonly kind: 'manifest' } & ManifestImages)
  | { readonly kind: 'missing'; readonly reason: string };

/** The entries of one list: paths inside the tree, and phrases for those that lead elsewhere. */
interface Entries {
  readonly paths: readonly string[];
  readonly elsewhere: readonly string[];
}

// Far beyond what people build; they keep a hostile repository from taking all time and memory.
const MAX_DEPTH = 32;
const MAX_NODES = 2_000;

/** All that is reachable from a folder, by path, level by level, so that the files of a level are fetched together. */
export async function loadKustomizeNodes(tree: Tree, folder: string): Promise<ReadonlyMap<string, KustomizeNode>> {
  const nodes = new Map<string, KustomizeNode>();
  let level: readonly string[] = [folder];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const room = level.slice(0, MAX_NODES - nodes.size);
    const loaded = await Promise.all(room.map(async (path) => [path, await loadNode(tree, path)] as const));
    for (const [path, node] of loaded) nodes.set(path, node);
    level = [...new Set(loaded.flatMap(([, node]) => pathsOf(node)))].filter((path) => !nodes.has(path));
  }
  return nodes;
}

/** The nodes that a node leads to. */
export function pathsOf(node: KustomizeNode): readonly string[] {
  return node.kind === 'folder' ? [...node.resources.paths, ...node.components.paths] : [];
}

async function loadNode(tree: Tree, path: string): Promise<KustomizeNode> {
  const candidates = candidateFiles(tree, path);
  const texts = await Promise.all(candidates.map((name) => readFileText(tree, name)));
  const found = texts.findIndex(({ kind }) => kind !== 'missing');
  const file = candidates[found] ?? path;
  const text: FileText = texts[found] ?? { kind: 'missing' };
  if (text.kind === 'missing') return { kind: 'missing', reason: `${path || '/'} is not in the repository` };
  if (text.kind === 'unread') return { kind: 'missing', reason: text.reason };
  if (file === path) return { kind: 'manifest', ...manifestImages(text.text, file) };
  const { resources, components, images, unread } = readKustomization(text.text, file);
  return {
    kind: 'folder',
    resources: resolveEntries(path, resources),
    components: resolveEntries(path, components),
    images,
    unread,
  };
}

/** The file itself, or a folder's kustomization. What lies behind a symbolic link is in no listing, but can be read. */
function candidateFiles(tree: Tree, path: string): readonly string[] {
  const { isFile } = indexOf(tree);
  if (isFile(path)) return [path];
  const names = KUSTOMIZATION_NAMES.map((name) => inFolder(path, name));
  const listed = names.find(isFile);
  return listed === undefined ? [...names, ...(path === '' ? [] : [path])] : [listed];
}

function resolveEntries(folder: string, entries: readonly string[]): Entries {
  const paths: string[] = [];
  const elsewhere: string[] = [];
  for (const entry of new Set(entries)) {
    const path = resolveInRepository(folder, entry);
    if (isRemote(entry)) elsewhere.push(`remote base ${withoutCredentials(entry)}`);
    else if (path.ok && !entry.startsWith('/')) paths.push(path.value);
    else elsewhere.push(`${entry}, outside of the repository`);
  }
  return { paths, elsewhere };
}

/** What kustomize would fetch: a URL, a Git address, or `host/owner/repository//folder?ref=x`. */
function isRemote(entry: string): boolean {
  return /:\/\/|^git@|^git::|[?&](?:ref|version|timeout|submodules)=|^[^/]*\.[^/]+\/.*\/\/|^github\.com\//.test(entry);
}

function withoutCredentials(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/, '');
}
