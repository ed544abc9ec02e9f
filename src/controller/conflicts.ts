import type { Problem } from '../core/failure.ts';
import { formatVersion } from '../core/image-version.ts';
import { canonicalName } from '../core/reference.ts';
import type { Target, TargetImage } from '../core/target.ts';
import { type DecidedImage, type FailedImage, identify, itemObject, type Stage } from './items.ts';

/** Two images on one place would overwrite each other, now or in a later cycle: neither is written. */
export function refuseConflicts(images: readonly DecidedImage[]): Stage<DecidedImage> {
  const peaceful: DecidedImage[] = [];
  const failed: FailedImage[] = [];
  for (const neighbours of Map.groupBy(images, ({ place }) => spot(place.target, place.wanted)).values()) {
    const wishes = firstOfEach(neighbours);
    for (const image of neighbours) {
      const rival = rivalOf(image, wishes);
      if (rival === undefined) peaceful.push(image);
      else failed.push({ identity: identify(image.tracked), place: image.place, problem: conflict(image, rival) });
    }
  }
  return { images: peaceful, failed };
}

/** The spot inside a target that an image's version occupies. */
export function spot(target: Target, wanted: TargetImage): string {
  const owner = target.kind === 'application' ? [target.application] : [target.repoURL, target.branch];
  return JSON.stringify([...owner, target.path, wanted.tool, keyWithin(target, wanted)]);
}

function keyWithin({ kind }: Target, { keys, image, tool }: TargetImage): string | undefined {
  if (tool === 'Plugin') return keys.pluginSpec ?? keys.pluginTag;
  const byKey = kind !== 'kustomization' && tool === 'Helm';
  return byKey ? (keys.helmSpec ?? keys.helmTag ?? 'image.tag') : (keys.kustomizeName ?? canonicalName(image));
}

/** The first image of each wish; one that nothing uses wishes for nothing, and is at odds with nobody. */
function firstOfEach(images: readonly DecidedImage[]): ReadonlyMap<string, DecidedImage> {
  const wishes = new Map<string, DecidedImage>();
  for (const image of images) {
    const wished = wish(image);
    if (wished !== undefined) wishes.getOrInsert(wished, image);
  }
  return wishes;
}

function rivalOf(image: DecidedImage, wishes: ReadonlyMap<string, DecidedImage>): DecidedImage | undefined {
  const own = wish(image);
  if (own === undefined) return undefined;
  return wishes.entries().find(([wished]) => wished !== own)?.[1];
}

/** The image and version that shall stand at its spot after this cycle. */
function wish({ tracked, decision }: DecidedImage): string | undefined {
  if (decision.outcome === 'none') return undefined;
  const version = decision.outcome === 'held' ? decision.from : decision.to;
  return `${canonicalName(tracked.image)} ${version ? formatVersion(version) : ''}`;
}

function conflict(image: DecidedImage, rival: DecidedImage): Problem {
  return {
    code: 'TARGET_CONFLICT',
    object: itemObject(identify(image.tracked)),
    message: `${itemObject(identify(rival.tracked))} wants another image or version at the same place of ${image.place.target.path}`,
    fix: 'give each image keys of its own (helm.image-tag, kustomize.image-name), or both the same policy',
  };
}
