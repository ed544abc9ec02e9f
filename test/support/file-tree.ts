import type { FileTree } from '../../src/ports/file-tree.ts';

/** A tree of texts by path. */
export function fileTreeOf(files: Readonly<Record<string, string>>): FileTree {
  const paths = Object.keys(files);
  return {
    read: async (path) => (files[path] === undefined ? undefined : new TextEncoder().encode(files[path])),
    list: async (folder) => {
      const prefix = folder === '' || folder === '.' ? '' : `${folder}/`;
      const below = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
      const names = [...new Set(below.map((path) => path.replace(/\/.*$/s, '/')))].sort();
      return names.length > 0 ? names : undefined;
    },
  };
}
