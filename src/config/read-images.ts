import type { Problem } from '../core/failure.ts';
import type { Origin } from '../core/origin.ts';
import type { ImageName } from '../core/reference.ts';
import type { TargetKeys, TrackedImage } from '../core/tracked-image.ts';
import type { WrittenPolicy } from './policy.ts';
import type { WrittenWriteBack } from './write-back.ts';
import type { Written } from './written.ts';

/** An image of an Application that cannot go on, with the first thing that stands in its way. */
export interface UnreadImage {
  readonly alias: string;
  readonly image: ImageName;
  /** The strategy's name; as written where there is none of that name. */
  readonly strategy: string;
  readonly problem: Problem;
}

/** An image's settings as they stand, for who judges them by themselves. */
export interface WrittenImage {
  /** "argocd/shop web", "ImageUpdater argocd/shop": the image, as in problems. */
  readonly object: string;
  /** "argocd/shop", "ImageUpdater argocd/shop": whose settings they are. */
  readonly owner: string;
  readonly origin: Origin | undefined;
  /** Undefined where the text names none. */
  readonly image: ImageName | undefined;
  readonly policy: WrittenPolicy;
  /** What the target calls the image, where that is said. */
  readonly names: Written<TargetKeys> | undefined;
  readonly writeBack: WrittenWriteBack;
  /** What they come to; undefined where something stands in the way. */
  readonly tracked: TrackedImage | undefined;
}

/** An Application's images as a front end read them. */
export interface ReadImages {
  readonly images: readonly TrackedImage[];
  readonly failedImages: readonly UnreadImage[];
  /** Everything that is wrong, each once, that of `failedImages` included. */
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Every image, also those that failed. */
  readonly written: readonly WrittenImage[];
}
