import type { LabelRequirement } from '../core/applications/label-selector.ts';
import type { BuildOrder } from '../core/build-order.ts';
import type { HandoffTarget, PendingTarget, StandingTarget, TargetStanding } from '../core/handoff/operation.ts';
import type { Grant } from '../core/handoff/rules.ts';
import type { Digest, ImageName, Tag } from '../core/reference.ts';

/** A hand-off as it comes in. */
export interface NewHandoff {
  /** Made at random; known to who posted it, and no secret. */
  readonly id: string;
  /** Fingerprint of what tells the token from all others. */
  readonly token: string;
  /** Fingerprint of the body that it came with. */
  readonly body: string;
  /** Fingerprint of the operation's secret. */
  readonly secret: string;
  /** When the token was issued, and until when it can be used; milliseconds since 1970. */
  readonly issuedMs: number;
  readonly expiresMs: number;
  /** Whose it is: an issuer, and what it calls the project for good. */
  readonly project: string;
  readonly order: BuildOrder | undefined;
  readonly targets: readonly HandoffTarget[];
}

export type Submission =
  /** The operation, be it new or that of the same body before. */
  | { readonly kind: 'accepted'; readonly id: string; readonly isNew: boolean }
  /** The token has come with another body before. */
  | { readonly kind: 'used' }
  /** The token is older than what is remembered of tokens. */
  | { readonly kind: 'forgotten' }
  /** There is no room for more, of this project or at all. */
  | { readonly kind: 'full'; readonly of: 'project' | 'all' };

/** A hand-off that was accepted. */
export interface StoredHandoff extends Pick<NewHandoff, 'id' | 'token' | 'secret' | 'order'> {
  readonly createdMs: number;
  readonly targets: readonly StandingTarget[];
}

/** What became of one target. */
export interface SettledTarget extends TargetStanding {
  readonly handoff: string;
  readonly application: string;
  readonly alias: string;
  /** To be remembered as the newest of its scope, where it was written. */
  readonly written: BuildOrder | undefined;
}

/** What is not written yet, and what was written last. */
export interface Pending {
  /** Those of one image in the order in which they came. */
  readonly targets: readonly PendingTarget[];
  /** The newest number that was written for an image of one of these, by its Application, alias and scope. */
  writtenOf(application: string, alias: string): ReadonlyMap<string, number>;
}

/**
 * Remembers hand-offs, for all replicas. Other than what scans remember it must not be lost unnoticed: whatever keeps
 * it from being read or written is thrown.
 * @throws {Failure} STATE_UNUSABLE, from every method
 */
export interface HandoffStore {
  /** From now on tokens are told apart; tokens that were issued before are refused. Only the first time counts. */
  begin(nowMs: number): Promise<void>;
  /** Takes a hand-off in, unless its token was used before. */
  submit(handoff: NewHandoff, nowMs: number): Promise<Submission>;
  find(id: string): Promise<StoredHandoff | undefined>;
  /**
   * Everything that is accepted, held or proposed. Of more than 10,000 targets those first of whose image one is accepted:
   * all that is held and proposed matters only beside these.
   */
  pending(): Promise<Pending>;
  settle(targets: readonly SettledTarget[], nowMs: number): Promise<void>;
}

/** A hand-off of a pipeline whose token was verified. */
export interface HandoffRequest extends Omit<NewHandoff, 'order' | 'targets'> {
  readonly grant: Grant;
  /** Never empty. */
  readonly images: readonly { readonly image: ImageName; readonly tag: Tag; readonly digest: Digest }[];
  /** Only these Applications, "name" or "namespace/name"; every one that may be moved when undefined. */
  readonly applications: readonly string[] | undefined;
  /** ... and only those with such labels. */
  readonly labels: readonly LabelRequirement[];
}

export type HandoffAnswer =
  | Submission
  /** No rule lets the pipeline move what it asks for, or there is no such thing. */
  | { readonly kind: 'forbidden' }
  /** So many images of Applications are too many for one hand-off. */
  | { readonly kind: 'too-many'; readonly most: number };

/** A target, and how Argo CD says it is. */
export type FollowedTarget = StandingTarget & { readonly health: string | null };

export interface FollowedHandoff extends Omit<StoredHandoff, 'targets'> {
  readonly targets: readonly FollowedTarget[];
  /** Whether nothing more will become of it, as far as this can be told. */
  readonly isFinal: boolean;
}

/** Where hand-offs are taken in, and asked about. Both throw STATE_UNUSABLE, and what keeps Applications from being read. */
export interface HandoffDesk {
  submit(request: HandoffRequest, signal: AbortSignal): Promise<HandoffAnswer>;
  /**
   * @param isOwn  whether a hand-off is that of who asks; nobody else is asked about it otherwise
   * @returns undefined for what is not there, and for somebody else's
   */
  find(
    id: string,
    isOwn: (handoff: Pick<StoredHandoff, 'token' | 'secret'>) => boolean,
    signal: AbortSignal,
  ): Promise<FollowedHandoff | undefined>;
}
