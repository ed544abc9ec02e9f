import { formatKustomizeImage, type KustomizeImage, parseKustomizeImage } from '../core/kustomize-image.ts';
import { isUntyped, listAt, textAt, type Untyped } from '../core/untyped.ts';

/** An entry under `images` of a kustomization. */
export interface ImageOverride {
  readonly name: string;
  readonly newName?: string;
  readonly newTag?: string;
  readonly tagSuffix?: string;
  readonly digest?: string;
}

/** The entries under `images`; one without a name overrides nothing, and an empty text is as good as none. */
export function readImageOverrides(kustomization: Untyped): readonly ImageOverride[] {
  return listAt(kustomization, 'images').filter(isUntyped).flatMap(readImageOverride);
}

function readImageOverride(entry: Untyped): readonly ImageOverride[] {
  const name = textAt(entry, 'name');
  if (!name) return [];
  const fields = ['newName', 'newTag', 'tagSuffix', 'digest'].map((field) => [field, textAt(entry, field)] as const);
  return [{ name, ...Object.fromEntries(fields.filter(([, text]) => text)) }];
}

const EVERY_IMAGE = '*';

/**
 * What kustomize's image transformer makes of an image: a tag or a digest in the entry replaces both of the image's.
 * @see kustomize api/filters/imagetag
 */
export function overrideImage(text: string, override: ImageOverride): string {
  const image = parseKustomizeImage(text);
  if (override.name !== image.newName && override.name !== EVERY_IMAGE) return text;
  return formatKustomizeImage({ newName: override.newName ?? image.newName, ...overrideVersion(image, override) });
}

type Version = Pick<KustomizeImage, 'tag' | 'digest'>;

function overrideVersion({ tag, digest }: Version, override: ImageOverride): Version {
  if (override.newTag !== undefined || override.digest !== undefined) return version(override.newTag, override.digest);
  if (override.tagSuffix !== undefined) return version(`${tag ?? ''}${override.tagSuffix}`, undefined);
  return version(tag, digest);
}

function version(tag: string | undefined, digest: string | undefined): Version {
  return { ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}
