import { decide, notUsed } from '../core/deciding/decide.ts';
import type { Decision } from '../core/deciding/decision.ts';
import { about } from '../core/failure.ts';
import { decideHandedOff, handoffOnly } from '../core/handoff/decide-handed-off.ts';
import { type Digest, formatImageName, type Tag } from '../core/reference.ts';
import type { TrackedImage } from '../core/tracked-image.ts';
import type { TagSource } from '../ports/tag-source.ts';
import { type DecidedImage, type LocatedImage, type Stage, stage } from './items.ts';
import { scanHandedOff, scanImage } from './scanning.ts';

/** The version that a pipeline has handed off for an image, where one did. */
export type HandedOff = (tracked: TrackedImage) => { readonly tag: Tag; readonly digest: Digest } | undefined;

export interface Deciding {
  /** Whether what was said of every candidate is kept: it is more than all the rest, and only people ask for it. */
  readonly keepsVerdicts: boolean;
  /** What pipelines have handed off; nothing when undefined. */
  readonly handedOff?: HandedOff | undefined;
}

/**
 * Asks the registries about the images that are used, and decides. What nothing uses costs no request. A version that
 * was handed off is the only one that counts.
 */
export function decideImages(
  images: readonly LocatedImage[],
  source: TagSource,
  { keepsVerdicts, handedOff }: Deciding,
  signal: AbortSignal,
): Promise<Stage<DecidedImage>> {
  async function decideOne(image: LocatedImage): Promise<DecidedImage> {
    const { tracked } = image;
    const deciding = decideImage(image, source, handedOff?.(tracked), signal);
    const decision = await about(formatImageName(tracked.image), deciding);
    return { ...image, decision: keepsVerdicts ? decision : { ...decision, candidates: [] } };
  }
  return stage(images, decideOne, signal);
}

async function decideImage(
  { tracked, place: { knowledge } }: LocatedImage,
  source: TagSource,
  version: ReturnType<HandedOff>,
  signal: AbortSignal,
): Promise<Decision> {
  const { policy } = tracked;
  const { version: current } = knowledge;
  if (!knowledge.used && !policy.forceUpdate) return notUsed(knowledge.reason, current);
  if (version) {
    const scan = await scanHandedOff(source, tracked, version.tag, current, signal);
    return decideHandedOff({ policy, current, version, scan });
  }
  if (tracked.handoffOnly) return handoffOnly(current);
  return decide({ policy, current, scan: await scanImage(source, tracked, current, signal) });
}
