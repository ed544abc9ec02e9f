import { normalize } from 'node:path/posix';
import { Failure } from '../../core/failure.ts';
import { nearest } from '../../core/nearest.ts';
import { KUSTOMIZATION_NAMES } from '../../core/target-path.ts';
import type { FileTree } from '../../ports/file-tree.ts';
import type { PathRequest } from './file-plan.ts';

export interface LocatedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The files that a path means. */
export interface LocatedFiles {
  readonly files: readonly LocatedFile[];
  /** Whether they are whatever manifests a folder has, of which some may be beside the point. */
  readonly isFolder: boolean;
}

const MANIFEST = /\.(?:ya?ml|json)$/;
/** As many as Argo CD would render of one folder at the very most. */
const MAX_FILES = 2_000;

/**
 * A file itself; of a folder its kustomization, else with keys its `values.yaml`, else the manifests directly in it.
 * @throws {Failure} TARGET_NOT_FOUND, and what `tree` throws
 */
export async function locateFiles(request: Pick<PathRequest, 'path' | 'keys'>, tree: FileTree): Promise<LocatedFiles> {
  // One file has one path, however it was spelled.
  const path = normalize(request.path).replace(/(?<=.)\/$/, '');
  const bytes = await tree.read(path);
  if (bytes) return { files: [{ path, bytes }], isFolder: false };
  const names = await tree.list(path);
  if (!names) throw await noSuchPath(path, tree);
  const kustomizations = KUSTOMIZATION_NAMES.filter((name) => names.includes(name));
  if (kustomizations.length > 1) throw severalKustomizations(path, kustomizations);
  const values = Object.keys(request.keys).length > 0 ? names.filter((name) => name === 'values.yaml') : [];
  const [single] = [...kustomizations, ...values];
  const wanted = single === undefined ? names.filter((name) => MANIFEST.test(name)) : [single];
  if (wanted.length > MAX_FILES) {
    throw new Failure('TARGET_REFUSED', `it has ${wanted.length} manifests, and ${MAX_FILES} are looked at together`, {
      fix: 'name the files or a smaller folder',
      object: path,
    });
  }
  const files = await Promise.all(wanted.map((name) => readIn(path, name, tree)));
  return { files: files.flat(), isFolder: single === undefined };
}

async function readIn(folder: string, name: string, tree: FileTree): Promise<readonly LocatedFile[]> {
  const path = joinPath(folder, name);
  const bytes = await tree.read(path);
  return bytes ? [{ path, bytes }] : [];
}

/** `name` in `folder`; "" and "." are where paths count from. */
function joinPath(folder: string, name: string): string {
  if (folder === '' || folder === '.') return name;
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

function severalKustomizations(path: string, names: readonly string[]): Failure {
  const message = `it has ${names.join(' and ')}, of which kustomize takes none`;
  return new Failure('TARGET_REFUSED', message, { fix: 'remove all but one', object: path });
}

async function noSuchPath(path: string, tree: FileTree): Promise<Failure> {
  const slash = path.lastIndexOf('/');
  const beside = (await tree.list(path.slice(0, Math.max(slash, 0)))) ?? [];
  const meant = nearest(
    path.slice(slash + 1),
    beside.map((name) => name.replace(/\/$/, '')),
  );
  const fix =
    meant === undefined ? 'name a file or folder that is there' : `did you mean ${path.slice(0, slash + 1)}${meant}?`;
  return new Failure('TARGET_NOT_FOUND', 'there is no such file or folder', { fix, object: path });
}
