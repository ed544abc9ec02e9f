import type { FieldPath } from '../../core/field-path.ts';
import type { ImageName } from '../../core/reference.ts';
import type { TargetKeys } from '../../core/tracked-image.ts';
import { parseNamedImage } from '../annotations/image-list.ts';
import type { WrittenPolicy } from '../policy.ts';
import { type Checked, checked } from '../remark.ts';
import { bad, writtenAt } from '../written.ts';
import type { ImageSpec, ImageUpdaterSpec, ManifestTargets, UpdateSettings } from './definition.ts';
import { deepest, type Level, refPath, trimmed } from './merge.ts';

/** One image of a reference, its three levels merged; the policy's texts are still to be read. */
export interface RefImage {
  readonly alias: string;
  readonly path: FieldPath;
  readonly image: Checked<ImageName>;
  /** As written, for reports where it names no image. */
  readonly imageName: string;
  readonly policy: Omit<WrittenPolicy, 'allowDowngrade' | 'suspended'>;
  readonly keys: Checked<TargetKeys>;
}

/** The images of one reference (reference part 1, 1.10). */
export function readRefImages(spec: ImageUpdaterSpec, index: number): readonly RefImage[] {
  const ref = spec.applicationRefs[index];
  const above: readonly Level<UpdateSettings>[] = [
    { block: spec.commonUpdateSettings, path: ['spec', 'commonUpdateSettings'] },
    { block: ref?.commonUpdateSettings, path: [...refPath(index), 'commonUpdateSettings'] },
  ];
  return (ref?.images ?? []).map((image, at) => readImage(image, [...refPath(index), 'images', at], above));
}

function readImage(image: ImageSpec, path: FieldPath, above: readonly Level<UpdateSettings>[]): RefImage {
  const levels = [...above, { block: image.commonUpdateSettings, path: [...path, 'commonUpdateSettings'] }];
  const imageName = writtenAt([...path, 'imageName'], image.imageName);
  const named = parseNamedImage(image.imageName.trim());
  return {
    alias: image.alias,
    path,
    image: named ? checked(named.image) : bad(imageName, `"${image.imageName}" names no image`, IMAGE_NAME),
    imageName: image.imageName,
    policy: {
      constraint: { ...imageName, value: named?.constraint },
      strategy: trimmed(deepest(levels, 'updateStrategy')),
      allowTags: trimmed(deepest(levels, 'allowTags')),
      ignoreTags: deepest(levels, 'ignoreTags'),
      platforms: deepest(levels, 'platforms'),
      pullSecret: trimmed(deepest(levels, 'pullSecret')),
      forceUpdate: checked(deepest(levels, 'forceUpdate')?.value ?? false),
    },
    keys: readKeys(image.manifestTargets, [...path, 'manifestTargets']),
  };
}

const IMAGE_NAME = 'write [registry/]repository[:constraint], the repository in lower case, such as nginx:~1.25';

function readKeys({ helm, kustomize, plugin }: ManifestTargets = {}, path: FieldPath): Checked<TargetKeys> {
  if (plugin && plugin.spec === undefined && plugin.tag === undefined) {
    const written = writtenAt([...path, 'plugin'], plugin);
    return bad(written, 'names no variable for the version', 'add tag, or spec in place of name');
  }
  const keys = {
    helmName: helm?.name,
    helmTag: helm?.tag,
    helmSpec: helm?.spec,
    kustomizeName: kustomize?.name,
    pluginName: plugin?.name,
    pluginTag: plugin?.tag,
    pluginSpec: plugin?.spec,
  };
  return checked(Object.fromEntries(Object.entries(keys).filter(([, key]) => key !== undefined && key !== '')));
}
