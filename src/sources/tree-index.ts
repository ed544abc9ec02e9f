import type { Tree } from '../ports/git.ts';

/** A tree's files by folder, for questions that would else go through all paths each time. */
export interface TreeIndex {
  isFile(path: string): boolean;
  isFolder(path: string): boolean;
  /** Paths of the files directly in a folder, "" for the root. */
  filesIn(folder: string): readonly string[];
}

const indexes = new WeakMap<Tree, TreeIndex>();

/** The index of a tree, made on first use. */
export function indexOf(tree: Tree): TreeIndex {
  return indexes.getOrInsertComputed(tree, () => buildIndex(tree.paths));
}

function buildIndex(paths: readonly string[]): TreeIndex {
  const files = new Set(paths);
  const folders = new Map<string, string[]>([['', []]]);
  for (const path of paths) ensureFolder(folders, folderOf(path)).push(path);
  return {
    isFile: (path) => files.has(path),
    isFolder: (path) => folders.has(path),
    filesIn: (folder) => folders.get(folder) ?? [],
  };
}

/** The files of a folder, which comes into being here with all those above it. */
function ensureFolder(folders: Map<string, string[]>, folder: string): string[] {
  const known = folders.get(folder);
  if (known) return known;
  ensureFolder(folders, folderOf(folder));
  const files: string[] = [];
  folders.set(folder, files);
  return files;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/** `name` in `folder`, "" being the root. */
export function inFolder(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
