import { isMap } from 'yaml';
import { textUnder } from '../../../core/edits/set-key.ts';
import type { YamlFile } from '../../../core/edits/yaml-file.ts';
import type { EditProblem } from '../../../core/target.ts';
import { KUSTOMIZATION_NAMES } from '../../../core/target-path.ts';
import { type FileKind, hasKeys, joinPlans, type PathRequest, refusedPlan } from '../file-plan.ts';
import { applicationImages } from './application-images.ts';
import { kustomizationImages } from './kustomization-images.ts';
import { manifestImages } from './manifest-images.ts';
import { manifestObjects } from './manifest-objects.ts';
import { overrideFile } from './source-images.ts';
import { imageKeys } from './value-places.ts';
import { valuesImages } from './values-images.ts';

/** What a file is, by its name and by what it says; undefined for what can state no image. */
export function kindOfFile(path: string, yaml: YamlFile, request: PathRequest): FileKind | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (KUSTOMIZATION_NAMES.includes(name) || isKustomization(yaml)) return withoutContainers(kustomizationImages);
  if (name.startsWith('.argocd-source')) return withoutContainers(overrideFile);
  if (manifestObjects(yaml).length > 0) return objectImages;
  return hasKeys(request) ? withoutContainers(valuesImages) : undefined;
}

/** Workloads and Applications may stand in one file; of the latter none has containers. */
const objectImages: FileKind = (yaml, request, matches) =>
  joinPlans([
    manifestImages(yaml, request, matches),
    ...(request.container === undefined ? [applicationImages(yaml, request, matches)] : []),
  ]);

/** Whoever names a container does not mean all that use the image. */
function withoutContainers(kind: FileKind): FileKind {
  return (yaml, request, matches) => {
    if (request.container === undefined) return kind(yaml, request, matches);
    const message = `it says an image for all containers, not for ${request.container} alone`;
    return refusedPlan({ code: 'TARGET_REFUSED', message, fix: 'leave --container out, or name a manifest' });
  };
}

function isKustomization(yaml: YamlFile): boolean {
  const version = isMap(yaml.root) ? textUnder(yaml, yaml.root, 'apiVersion') : undefined;
  return version?.startsWith('kustomize.config.k8s.io/') ?? false;
}

/** Why a file is of no kind, and what it may have been meant as. */
export function noKind(yaml: YamlFile): EditProblem {
  const tag = imageKeys(yaml).find(({ key }) => /tag$/i.test(key));
  return {
    code: 'TARGET_REFUSED',
    message: 'it is no kustomization, no manifest, no Application and no override file of Argo CD',
    fix: `for Helm values name the key, as in --key ${tag?.key ?? 'image.tag'}`,
  };
}
