import type { Platform } from '../core/platform.ts';
import type { ImageName, Tag } from '../core/reference.ts';
import type { TagFacts, TagOrder } from '../core/scan.ts';

/** An image's repository, with the credentials that its policy names instead of the registry's own. */
export interface ImageRepository extends ImageName {
  /** Upstream's credential text, `secret:ns/name#field` and the like, when the image sets its own. */
  readonly pullSecret?: string;
}

export interface Question {
  readonly needs: 'digest' | 'created';
  /** All of these must be there; empty means any but unknown/unknown. */
  readonly platforms: readonly Platform[];
}

/**
 * Reads registries, once: whoever asks the same thing of the same repository shares one answer.
 * Implementations own authentication, paging, time-outs, retries and rate limits.
 */
export interface TagSource {
  /** Every tag of the repository, all pages, in the registry's order. Throws REGISTRY_EMPTY when there is none. */
  listTags(repository: ImageRepository, signal: AbortSignal): Promise<readonly string[]>;
  /** In which order the list of tags is, where that is known. Costs no request. */
  tagOrder(repository: ImageRepository): TagOrder | undefined;
  /** What a tag points at now. */
  describe(repository: ImageRepository, tag: Tag, question: Question, signal: AbortSignal): Promise<TagFacts>;
}
