import type { Application } from '../../../core/applications/application.ts';
import { resolveInRepository } from '../../../core/repository-path.ts';
import { KUSTOMIZATION_NAMES } from '../../../core/target-path.ts';
import type { Marker } from './markers.ts';

/** Where Tiphys would write what a marker marks: the text of `writeBackTarget`. */
export type MarkedPlace =
  | { readonly kind: 'kustomization' | 'helmvalues'; readonly target: string }
  /** A file that the Application reads, and Tiphys does not write. */
  | { readonly kind: 'unwritable'; readonly reason: string };

/**
 * What a marked file is to an Application; undefined when it does not read the file. That the file is of the
 * Application's repository is told by its path alone, so the input must keep the folders of the repository.
 */
export function placeFor(marker: Marker, { sources }: Application): MarkedPlace | undefined {
  for (const { path, helm, chart } of sources) {
    const folder = path === undefined ? undefined : plainPath('', path);
    const values = (helm?.valueFiles ?? []).flatMap((file) => valuesPath(file, folder) ?? []);
    const chartValues = folder === undefined || chart !== undefined ? [] : [joined(folder, 'values.yaml')];
    const read =
      marker.kind === undefined ? [...values, ...chartValues].find((one) => isAt(marker.file, one)) : undefined;
    if (read !== undefined) return { kind: 'helmvalues', target: `helmvalues:/${read}` };
    const below = folder === undefined ? undefined : pathFrom(marker.file, folder);
    if (below !== undefined) return placeBelow(marker, below);
  }
  return undefined;
}

function placeBelow({ file, kind }: Marker, path: string): MarkedPlace {
  const slash = path.lastIndexOf('/');
  if (KUSTOMIZATION_NAMES.includes(path.slice(slash + 1))) {
    return { kind: 'kustomization', target: `kustomization:/${path.slice(0, Math.max(slash, 0))}` };
  }
  if (kind === 'HelmRelease') return { kind: 'unwritable', reason: 'a HelmRelease is nothing that Argo CD reads' };
  const what = kind === undefined ? `${file} is no values file of the Application` : `it stands in a ${kind}`;
  return { kind: 'unwritable', reason: `${what}; name the image in a kustomization or in values` };
}

/** `$ref/file` of another source, or a file beside the chart. */
function valuesPath(file: string, folder: string | undefined): string | undefined {
  const ref = /^\$[^/]+\/(.+)$/.exec(file)?.[1];
  if (ref !== undefined) return plainPath('', ref);
  return folder === undefined || file.includes('://') ? undefined : plainPath(folder, file);
}

function plainPath(base: string, path: string): string | undefined {
  const resolved = resolveInRepository(base, path);
  return resolved.ok ? resolved.value : undefined;
}

function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function isAt(file: string, path: string): boolean {
  const place = plainPlace(file);
  return place === path || place.endsWith(`/${path}`);
}

/** The file's path in the repository, as far as its folder can be found in the path that was given. */
function pathFrom(file: string, folder: string): string | undefined {
  const place = plainPlace(file);
  if (folder === '') return file.startsWith('/') || file.startsWith('..') ? undefined : place;
  const at = `/${place}`.lastIndexOf(`/${folder}/`);
  return at < 0 ? undefined : place.slice(at);
}

function plainPlace(file: string): string {
  return file.replace(/^(?:\.\/)+/, '').replace(/^\/+/, '');
}
