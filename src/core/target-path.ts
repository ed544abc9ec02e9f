import { type Parsed, parsed, unparsable } from './parsed.ts';
import { resolveInRepository } from './repository-path.ts';
import type { FileSetting } from './tracked-image.ts';

/** What decides where a target lies. */
export interface TargetPlace {
  /** Folder of the source in the repository, "" for its root. */
  readonly sourcePath: string;
  readonly application: { readonly namespace: string; readonly name: string };
  readonly argocdNamespace: string;
}

/** The names under which kustomize looks for its file, in its order. */
export const KUSTOMIZATION_NAMES: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/**
 * Reads `write-back-target` (reference part 2, 2.2): `kustomization[:folder]`, `helmvalues[:file]`, or a bare
 * `file.yaml`, which counts from the repository's root. Whatever upstream takes for something else is a problem here.
 */
export function parseTargetSetting(text: string): Parsed<FileSetting> {
  const setting = text.trim();
  const colon = setting.indexOf(':');
  const keyword = colon < 0 ? setting : setting.slice(0, colon);
  const path = colon < 0 ? '' : setting.slice(colon + 1);
  const withPath = path === '' ? {} : { path };
  if (keyword === 'kustomization') {
    const folder = folderOfKustomization(path);
    if (folder !== undefined) return unparsable(`"${setting}" names a file; write "kustomization:${folder}"`);
    return parsed({ kind: 'kustomization', ...withPath });
  }
  if (keyword === 'helmvalues') {
    if (path.endsWith('/')) return unparsable(`"${setting}" names a folder; name the values file in it`);
    return parsed({ kind: 'helmvalues', ...withPath });
  }
  return parseBarePath(setting);
}

function parseBarePath(path: string): Parsed<FileSetting> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const folder = folderOfKustomization(path);
  if (folder !== undefined) {
    return unparsable(
      `"${path}" is a kustomization; write "kustomization:${folder.startsWith('/') ? folder : `/${folder}`}"`,
    );
  }
  if (path === 'helmvalues.yaml' || path === 'helmvalues.yml') {
    return unparsable(
      `"${path}" is not clear; write "helmvalues" for values.yaml, or "helmvalues:/${path}" for that file`,
    );
  }
  if (name.startsWith('.argocd-source')) {
    return unparsable(`"${path}" is an override file; leave write-back-target out, which writes the one Argo CD reads`);
  }
  if (/[^/:]\.ya?ml$/.test(name) && !path.includes(':')) {
    return parsed({ kind: 'helmvalues', path: path.startsWith('/') ? path : `/${path}` });
  }
  return unparsable(
    `"${path}" is no target; write kustomization[:folder], helmvalues[:file] or the path of a .yaml file`,
  );
}

/** The folder part of a path that ends in a kustomization's file name; undefined for other paths. */
function folderOfKustomization(path: string): string | undefined {
  const slash = path.lastIndexOf('/');
  if (!KUSTOMIZATION_NAMES.includes(path.slice(slash + 1))) return undefined;
  return slash < 0 ? '.' : path.slice(0, slash) || '/';
}

/**
 * Where a target's file may be, from the repository's root: the first of them that exists. For kustomizations one must
 * exist; the others have one place, where the file is created when it is missing.
 */
export function targetCandidates(setting: FileSetting, place: TargetPlace): Parsed<readonly string[]> {
  if (setting.kind === 'kustomization') {
    const folder = resolveInRepository(place.sourcePath, setting.path ?? '.');
    if (!folder.ok) return folder;
    return parsed(KUSTOMIZATION_NAMES.map((name) => (folder.value === '' ? name : `${folder.value}/${name}`)));
  }
  const name = setting.kind === 'helmvalues' ? (setting.path ?? 'values.yaml') : overrideFileName(place);
  const file = resolveInRepository(place.sourcePath, name);
  if (!file.ok) return file;
  return file.value === '' ? unparsable(`"${name}" is a folder; name a file`) : parsed([file.value]);
}

/**
 * `.argocd-source-<app>.yaml`, or `.argocd-source-<namespace>_<app>.yaml` outside Argo CD's own namespace. Like
 * upstream, "default" as Argo CD's namespace means that nobody said which it is.
 */
function overrideFileName({ application, argocdNamespace }: TargetPlace): string {
  const { namespace, name } = application;
  const isOwn = namespace === '' || namespace === argocdNamespace || argocdNamespace === 'default';
  return `.argocd-source-${isOwn ? name : `${namespace}_${name}`}.yaml`;
}
