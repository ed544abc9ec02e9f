import { Failure } from '../../../core/failure.ts';
import { resolveInRepository } from '../../../core/repository-path.ts';
import type { FileTree } from '../../../ports/file-tree.ts';
import type { Tree } from '../../../ports/git.ts';
import type { SetImageRequest } from '../set-image.ts';
import { type AskedImages, readRequest } from '../set-image-request.ts';

/** The files of a commit, by paths as people write them. */
export function treeFiles(tree: Tree): FileTree {
  const clean = (path: string) => {
    const resolved = resolveInRepository('', path);
    return resolved.ok ? resolved.value : undefined;
  };
  return {
    read: async (asked) => {
      const path = clean(asked);
      return path === undefined || path === '' ? undefined : await tree.read(path);
    },
    list: async (asked) => {
      const folder = asked === '' ? '' : clean(asked);
      if (folder === undefined) return undefined;
      const prefix = folder === '' ? '' : `${folder}/`;
      const inside = tree.paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
      const names = new Set(inside.map((path) => path.replace(/\/.*$/s, '/')));
      return names.size === 0 ? undefined : [...names].sort();
    },
  };
}

/**
 * What is asked for, by paths as the repository names them: the same file is recorded by the same name in every build.
 * @throws {Failure} TARGET_OUTSIDE_REPOSITORY, and what `readRequest` throws
 */
export async function requestIn(files: FileTree, asked: AskedImages): Promise<SetImageRequest> {
  const { paths, allowMissing } = await readRequest(asked, files);
  return { paths: paths.map((one) => ({ ...one, path: repositoryPath(one.path) })), allowMissing };
}

/** Cleaned, from the repository's root; "" for the root. */
function repositoryPath(path: string): string {
  const resolved = resolveInRepository('', path);
  if (resolved.ok) return resolved.value;
  throw new Failure('TARGET_OUTSIDE_REPOSITORY', resolved.problem, {
    fix: 'name a file or folder of the repository, from its root',
    object: path,
  });
}
