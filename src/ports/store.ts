import type { CredentialOutcome, CredentialPlace, RememberedOutcomes } from '../core/credentials/credential-outcome.ts';
import type { FirstSeen } from '../core/deciding/first-seen.ts';
import type { Digest, Tag } from '../core/reference.ts';

/** One repository of one registry as one set of credentials sees it. */
export interface RepositoryKey {
  /** "ghcr.io/acme/shop" */
  readonly name: string;
  /** Any text that tells those who may see different things apart; never a secret. */
  readonly viewer: string;
}

/** One page of a list of tags, as the registry sent it. */
export interface RememberedPage {
  readonly url: string;
  /** By which the registry can say later that nothing changed; absent where it sends none. */
  readonly etag?: string;
  /** The address of the next page. */
  readonly next?: string;
  readonly tags: readonly string[];
}

export interface RememberedList {
  /** The last answer. */
  readonly pages: readonly RememberedPage[];
  /** Milliseconds since 1970; tags that were there by then may be of any age. */
  readonly firstScanMs: number;
  /** Set while the last answer is not believed. */
  readonly pending?: PendingList;
}

/** Why the last answer is not believed: what was believed before it, and how often it came since. */
export interface PendingList {
  readonly believed: readonly string[];
  readonly answers: number;
  readonly sinceMs: number;
}

/** What a scan learnt about a list of tags. */
export interface ListUpdate {
  readonly nowMs: number;
  /** Left out when the answer is the same as before. */
  readonly pages?: readonly RememberedPage[];
  readonly pending?: PendingList;
  /** Tags that are in the list since the last one that was believed, and those that no longer are. */
  readonly appeared: readonly string[];
  readonly left: readonly string[];
}

/** Remembers lists of tags, and when each tag was first seen in one. */
interface ListMemory {
  /** The last list; undefined before the first. */
  list(repository: RepositoryKey): Promise<RememberedList | undefined>;
  keepList(repository: RepositoryKey, update: ListUpdate): Promise<void>;
  firstSeen(repository: RepositoryKey): Promise<FirstSeen>;
}

/** What a tag pointed at when it was last asked for. Times in milliseconds since 1970. */
export interface RememberedTag {
  readonly digest: Digest;
  /** Since when it points there, as far as was seen; that of the repository's first scan when it did by then. */
  readonly sinceMs: number;
  readonly checkedMs: number;
  /** Whether it came to point there only after the repository's first scan, so that `sinceMs` tells an age. */
  readonly isNews: boolean;
}

/** Remembers what tags point at. */
interface TagMemory {
  tag(repository: RepositoryKey, tag: Tag): Promise<RememberedTag | undefined>;
  keepTag(repository: RepositoryKey, tag: Tag, digest: Digest, nowMs: number): Promise<void>;
}

/** Remembers what digests say, which never changes. The texts are the caller's business. */
interface ContentMemory {
  content(repository: RepositoryKey, digest: Digest, nowMs: number): Promise<string | undefined>;
  keepContent(repository: RepositoryKey, digest: Digest, content: string, nowMs: number): Promise<void>;
}

/** Remembers how credentials fare. */
export interface CredentialMemory {
  keepOutcome(place: CredentialPlace, outcome: CredentialOutcome, nowMs: number): Promise<void>;
  outcomes(): Promise<readonly RememberedOutcomes[]>;
}

/** Remembers registries that let everybody in, so that a new process need not ask them first what they demand. */
export interface DemandMemory {
  /**
   * When it was found that a registry demands nothing; undefined when it was not.
   * @param apiUrl  as its endpoint has it
   */
  demandsNothingSince(apiUrl: string): Promise<number | undefined>;
  /** @param nowMs  undefined when it turns out that it does demand something */
  keepDemandsNothing(apiUrl: string, nowMs: number | undefined): Promise<void>;
}

/**
 * What scans remember of those before, over restarts too, and share with other replicas. Nothing in it is needed: what
 * is lost is asked again, and times are counted from then on. No method throws for a broken disk or a database that is
 * away; whoever opened the store is told.
 */
export interface ScanStore extends ListMemory, TagMemory, ContentMemory, CredentialMemory, DemandMemory {}
