import { decide, notUsed } from '../core/decide.ts';
import { about } from '../core/failure.ts';
import { formatImageName } from '../core/reference.ts';
import type { TagSource } from '../ports/tag-source.ts';
import { type DecidedImage, type LocatedImage, type Stage, stage } from './items.ts';
import { scanImage } from './scanning.ts';

/** Asks the registries about the images that are used, and decides. What nothing uses costs no request. */
export function decideImages(
  images: readonly LocatedImage[],
  source: TagSource,
  signal: AbortSignal,
): Promise<Stage<DecidedImage>> {
  return stage(images, async (image) => ({ ...image, decision: await decideImage(image, source, signal) }), signal);
}

async function decideImage({ tracked, place: { knowledge } }: LocatedImage, source: TagSource, signal: AbortSignal) {
  if (!knowledge.used && !tracked.policy.forceUpdate) return notUsed(knowledge.reason, knowledge.version);
  const { version: current } = knowledge;
  const scan = await about(formatImageName(tracked.image), scanImage(source, tracked, current, signal));
  return decide({ policy: tracked.policy, current, scan });
}
