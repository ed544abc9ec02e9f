import type { Platform } from '../platform.ts';
import type { Judge } from './strategy.ts';
import type { TagFilter } from './tag-filter.ts';

/** Which versions a tracked image may move to. Knows nothing of annotations or any other front end. */
export interface Policy {
  /** The strategy with its constraint already read; see strategy.ts. */
  readonly judge: Judge;
  readonly allowTags: TagFilter | undefined;
  readonly ignoreTags: TagFilter | undefined;
  /** Platforms that must all be there; empty means any but unknown/unknown. */
  readonly platforms: readonly Platform[];
  /** Write even when nothing in Git names the image. */
  readonly forceUpdate: boolean;
  readonly allowDowngrade: boolean;
  readonly suspended: boolean;
  /** Its signature must be verified before it is written; as long as nothing can, it is held. */
  readonly mustBeVerified?: true;
}
