import type { Digest, Tag } from '../reference.ts';
import type { FirstSeen } from './first-seen.ts';
import type { ListDoubt } from './list-doubt.ts';

/** What a registry says about one tag. Broken answers are thrown as failures and never become a fact. */
export type TagFacts =
  /** `digest` is that of what the tag points at: the index when the image has several platforms. */
  | {
      readonly kind: 'image';
      readonly digest: Digest;
      readonly createdNs?: bigint;
      /** Where `createdNs` comes from when the image's config does not say it. */
      readonly createdFrom?: 'annotation' | 'first-seen';
    }
  /** The tag is gone since it was listed. */
  | { readonly kind: 'gone' }
  /** An image, but not for the wanted platforms; `platforms` are those there are ("linux/arm64"). */
  | { readonly kind: 'wrong-platform'; readonly platforms: readonly string[] }
  /** A signature, an attestation, a chart: anything that cannot be run. */
  | { readonly kind: 'not-an-image'; readonly mediaType: string };

/** That a registry lists tags by age, which its own answers never say; somebody who knows it has to. */
export type TagOrder = 'latest-first' | 'latest-last';

/** What a registry says about one repository now, as far as one policy needs it. */
export interface Scan {
  /** Tags in the registry's order, duplicates included as sent. */
  readonly tags: readonly string[];
  /** Where it is known, the order of `tags` stands for the times that would cost a request or two each. */
  readonly order?: TagOrder;
  readonly facts: ReadonlyMap<Tag, TagFacts>;
  /** Set when the list is not believed: nothing may be decided by it. */
  readonly doubt?: ListDoubt;
  /** When the scanner saw what there is for the first time. */
  readonly firstSeen?: FirstSeen;
  /** When the scan was made, in milliseconds since 1970. */
  readonly nowMs?: number;
  /** What else is to be said of the registry: what is left of its limits. */
  readonly remarks?: readonly string[];
}
