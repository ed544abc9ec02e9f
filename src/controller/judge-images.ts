import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TrackedImage } from '../core/tracked-image.ts';
import type { TagSource } from '../ports/tag-source.ts';
import { type Deciding, decideImages } from './decisions.ts';
import type { DecidedImage, LocatedImage, Stage } from './items.ts';
import { type Locator, openLocator } from './locate.ts';

/** Of ten thousand images at once promises alone would take as much memory as all that is known of them. */
const MOST_AT_ONCE = 1_000;

export interface Judging extends Locator, Deciding {}

/** Images on their way to a change: where their versions are written, and what shall be written there. */
export interface Judged {
  readonly located: Stage<LocatedImage>;
  readonly decided: Stage<DecidedImage>;
}

/** Locates images and decides about them, a good many at a time. */
export async function judgeImages(
  tracked: readonly TrackedImage[],
  judging: Judging,
  scan: TagSource,
  signal: AbortSignal,
): Promise<Judged> {
  const locate = openLocator(judging, signal);
  const judged: Judged[] = [];
  for (let from = 0; from < tracked.length; from += MOST_AT_ONCE) {
    const located = await locate(tracked.slice(from, from + MOST_AT_ONCE));
    const decided = await decideImages(located.images, scan, judging, signal);
    judged.push({ located, decided });
    // What needed no answer of the world has let nobody else have a turn.
    await nextTurn();
  }
  return { located: joined(judged.map((one) => one.located)), decided: joined(judged.map((one) => one.decided)) };
}

function joined<T>(stages: readonly Stage<T>[]): Stage<T> {
  return { images: stages.flatMap(({ images }) => images), failed: stages.flatMap(({ failed }) => failed) };
}
