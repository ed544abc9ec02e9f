import type { WrittenImage } from '../../config/read-images.ts';
import { remarkOn } from '../../config/written.ts';
import { decide } from '../../core/deciding/decide.ts';
import { type Problem, toProblem } from '../../core/failure.ts';
import { formatImageName } from '../../core/reference.ts';
import type { TrackedImage } from '../../core/tracked-image.ts';
import type { TagSource } from '../../ports/tag-source.ts';
import { scanImage } from '../scanning.ts';
import { problemOf } from './written-image.ts';

/** Rules that no tag satisfies which the registry has now, and registries that cannot be asked. */
export async function judgeByTags(
  images: readonly WrittenImage[],
  source: TagSource,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const judged = await Promise.all(
    images.map(async (image) => (image.tracked ? await judgeImage(image, image.tracked, source, signal) : [])),
  );
  signal.throwIfAborted();
  return judged.flat();
}

async function judgeImage(
  image: WrittenImage,
  tracked: TrackedImage,
  source: TagSource,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const { policy } = tracked;
  // Said already, without asking anybody.
  if (policy.judge.impossible !== undefined) return [];
  const name = formatImageName(tracked.image);
  const written = { ...image.policy.constraint, scope: 'image' as const };
  try {
    const scan = await scanImage(source, tracked, undefined, signal);
    const decision = decide({ policy, current: undefined, scan });
    if (decision.outcome !== 'none') return [];
    const problem = `no tag of ${name} can be chosen: ${decision.reason}`;
    return [problemOf(image, remarkOn(written, 'NO_TAG_MATCHES', problem, 'widen the constraint or the filters'))];
  } catch (error) {
    const { code, message, fix } = toProblem(name, error);
    return [problemOf(image, { ...remarkOn(written, 'CONFIG_INVALID', message, fix), code })];
  }
}
