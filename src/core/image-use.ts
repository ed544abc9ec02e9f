import type { Application } from './applications/application.ts';
import type { ImageVersion } from './image-version.ts';
import { parseKustomizeImage, versionOf } from './kustomize-image.ts';
import { formatImageName, type ImageName, parseImageReference, sameImage } from './reference.ts';
import type { TargetImage } from './target.ts';

/** What one place says about an image. */
export interface Mention {
  /** "apps/shop/kustomization.yaml", "status.summary.images" */
  readonly where: string;
  /** Those in which it is named there, the one that counts first; undefined for a name alone. Empty: it is not named. */
  readonly versions: readonly (ImageVersion | undefined)[];
  /** The image's name as it is written there, before any kustomization renamed it. */
  readonly usedAs?: string;
  /** Whether who is named there is run. Values and variables are only offered, to a chart that may not ask for them. */
  readonly provesUse: boolean;
}

/** Whether anything runs an image, and every place that was asked, in that order. */
export interface ImageUse {
  /** `unknown`: nothing shows that it is run, but Argo CD has not told of all images either. */
  readonly kind: 'used' | 'unused' | 'unknown';
  readonly mentions: readonly Mention[];
}

/** By what an image is recognised. */
type Named = Pick<TargetImage, 'image' | 'keys'>;

/**
 * The rule by which an image counts as used: manifests or kustomizations name it, the last sync applied it, which tells
 * of CronJobs and of what is scaled to zero, or Pods run it. What only states a version for it counts where Argo CD has
 * not told of all images: where Applications are files, before the first sync, and after one in part.
 * @param mentions  what Git and the Application's own fields say; none for what Argo CD reports alone
 */
export function imageUse(image: Named, status: Application['status'], mentions: readonly Mention[] = []): ImageUse {
  const all = [...mentions, ...reports(image, status)];
  if (all.some((one) => one.provesUse && isNamedIn(one))) return { kind: 'used', mentions: all };
  const { images, appliedImages, appliedInPart = false } = status;
  const isTold = !appliedInPart && (images.length > 0 || appliedImages !== undefined);
  return { kind: isTold ? 'unused' : 'unknown', mentions: all };
}

export function isNamedIn({ versions }: Mention): boolean {
  return versions.length > 0;
}

/** @param written the image's name before any kustomization renamed it */
export function isMeant({ image, keys }: Named, found: ImageName, written: string): boolean {
  return sameImage(image, found) || (keys.kustomizeName !== undefined && keys.kustomizeName === written);
}

/** What the last sync applied comes first: Pods are old ones too during a roll-out. */
function reports(image: Named, { appliedImages = [], images }: Application['status']): readonly Mention[] {
  return [
    reported('status.operationState.syncResult', appliedImages, image),
    reported('status.summary.images', images, image),
  ];
}

function reported(where: string, texts: readonly string[], image: Named): Mention {
  const named = texts.flatMap((text) => {
    const reference = parseImageReference(text);
    const isNamed = reference.ok && isMeant(image, reference.value, formatImageName(reference.value));
    return isNamed ? [{ reference: reference.value, name: parseKustomizeImage(text).newName }] : [];
  });
  const versions = named.map(({ reference: { tag, digest } }) => versionOf(tag, digest));
  return { where, versions, ...(named[0] ? { usedAs: named[0].name } : {}), provesUse: true };
}
