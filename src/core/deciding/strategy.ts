import type { Parsed } from '../parsed.ts';
import type { Digest, Tag } from '../reference.ts';
import type { Drop } from './decision.ts';

/** A tag that passed the filters, with what the registry says about it where the strategy needs that. */
export interface Candidate {
  readonly tag: Tag;
  /** Nanoseconds since 1970 UTC, from the image's config blob; absent when not asked for or not readable. */
  readonly createdNs?: bigint;
  readonly digest?: Digest;
  /** Its place in a list that is sorted by age, the greater the later; absent where the list says nothing of age. */
  readonly rank?: number;
}

/** One strategy with its constraint read: everything needed to judge candidates. Pure. */
export interface Judge {
  readonly strategy: Strategy;
  /** Undefined when the candidate takes part; otherwise the rule that drops it. */
  drop(candidate: Candidate): Drop | undefined;
  /**
   * Whether asking the registry about this tag can matter (judged by name alone), so that tags which cannot win
   * are never looked up. Only called when the strategy needs metadata; what is not wanted, `drop` drops by its name.
   */
  wants(tag: Tag): boolean;
  /** Ascending order of candidates that were not dropped; the last one is chosen. Never 0 for different tags. */
  compare(a: Candidate, b: Candidate): number;
  /**
   * Where `chosen` stands against what Git says, by the strategy's own order, spelling ties being equal.
   * Undefined when the two cannot be ordered.
   * @param current without a tag when Git states a digest alone, with a time when the registry still has the tag.
   */
  age(chosen: Candidate, current: Partial<Candidate>): 'older' | 'same' | 'newer' | undefined;
  /** Why no tag at all can take part, where none can: "no version can satisfy >2 <1". */
  readonly impossible?: string;
  /** The one tag that can take part, where only one can. */
  readonly only?: Tag;
  /** What made `chosen` the choice among `count` candidates, going on from its tag: "is the newest of 3 tags". */
  merit(chosen: Candidate, count: number): string;
}

/** One member of the open set of strategies. */
export interface Strategy {
  readonly id: string;
  /** Old names, still read, with a deprecation note. */
  readonly deprecatedIds: readonly string[];
  /** What must be asked of the registry per tag: nothing, its digest, or the image's creation time as well. */
  readonly needs: 'tags' | 'digest' | 'created';
  /** Whether the chosen version is written with its digest. */
  readonly pinsDigest: boolean;
  /** Whether the text behind the image name's colon plays a part. */
  readonly readsConstraint: boolean;
  /** @param constraint text behind the image name's colon; undefined when there is none. */
  judge(constraint: string | undefined): Parsed<Judge>;
}
