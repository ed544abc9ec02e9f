import type { FirstSeen } from '../core/deciding/first-seen.ts';
import type { ListDoubt } from '../core/deciding/list-doubt.ts';
import type { TagFacts, TagOrder } from '../core/deciding/scan.ts';
import type { ImageVersion } from '../core/image-version.ts';
import type { Platform } from '../core/platform.ts';
import type { ImageLabels } from '../core/provenance.ts';
import type { ImageName, Tag } from '../core/reference.ts';

/** An image's repository, with the credentials that its policy names instead of the registry's own. */
export interface ImageRepository extends ImageName {
  /** Upstream's credential text, `secret:ns/name#field` and the like, when the image sets its own. */
  readonly pullSecret?: string;
}

export interface Question {
  readonly needs: 'digest' | 'created';
  /** All of these must be there; empty means any but unknown/unknown. */
  readonly platforms: readonly Platform[];
  /** What an earlier look found will do, as long as it is not the tag's turn to be asked for again. */
  readonly remembered?: boolean;
}

/** Which image's labels are asked for. */
export interface LabelsQuestion {
  readonly version: ImageVersion;
  /** The image of an index is the first that has one of these; empty means any. */
  readonly platforms: readonly Platform[];
}

/** Every tag of a repository, all pages, in the registry's order. */
export interface TagList {
  readonly tags: readonly string[];
  /** Set when the list lost too much to be believed. */
  readonly doubt?: ListDoubt;
}

/** What a scanner knows of its own. */
interface Remarks {
  readonly firstSeen: FirstSeen;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** "docker.io: 76 of 100 pulls in 6 h are left" */
  readonly remarks: readonly string[];
}

/**
 * Reads registries, once: whoever asks the same thing of the same repository shares one answer.
 * Implementations own authentication, paging, time-outs, retries and rate limits.
 */
export interface TagSource {
  /** Throws REGISTRY_EMPTY when there is no tag and none was ever seen. */
  list(repository: ImageRepository, signal: AbortSignal): Promise<TagList>;
  /** In which order the list of tags is, where that is known. Costs no request. */
  tagOrder(repository: ImageRepository): TagOrder | undefined;
  /** What a tag points at now. */
  describe(repository: ImageRepository, tag: Tag, question: Question, signal: AbortSignal): Promise<TagFacts>;
  /** What an image says about itself; undefined when it is gone, or no image. */
  labels(repository: ImageRepository, question: LabelsQuestion, signal: AbortSignal): Promise<ImageLabels | undefined>;
  /** What is known beside that, once it was listed. Costs no request. */
  remarks(repository: ImageRepository): Promise<Remarks>;
}
