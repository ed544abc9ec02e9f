import type { Failure } from '../core/failure.ts';
import type { Untyped } from '../core/untyped.ts';

/** Names one object in the cluster. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** The kinds that are watched; of Secrets only those that Argo CD labels as repositories. */
export type WatchedKind = 'Application' | 'ImageUpdater' | 'AppProject' | 'Secret';

/** Says only which object to look at; what became of it, the next `load` of the source tells. */
export interface ClusterChange extends ObjectKey {
  readonly kind: WatchedKind;
  readonly change: 'added' | 'modified' | 'deleted';
}

export interface ClusterChanges {
  /**
   * Tells of every change of what is kept of an object, in order of arrival; objects of the first lists are no changes.
   * Changes that are missed while a watch is broken are told after the next list.
   */
  listen(happened: (change: ClusterChange) => void): Disposable;
  /**
   * Resolves once every first list is complete, from when on `load` is at hand.
   * @throws {Failure} CLUSTER_FORBIDDEN, CLUSTER_KIND_MISSING, ... for what waiting does not mend; ABORTED
   */
  synced(signal: AbortSignal): Promise<void>;
}

/**
 * Told why a first list, which somebody waits for, could not be read, when trying again may mend it.
 * @returns  whether to try again; otherwise who waits gets the failure
 */
export type Patience = (failure: Failure) => boolean;

/** One operation of RFC 6902; paths are JSON Pointers (RFC 6901). */
export type JsonPatchOperation =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** `test-failed`: the object no longer says what was tested, or lacks a path that was to be changed. */
export type PatchOutcome =
  /** With the whole object, which may lack what the definition of its kind does not know. */
  | { readonly kind: 'patched'; readonly object: Untyped }
  | { readonly kind: 'test-failed' }
  | { readonly kind: 'gone' }
  /** An admission policy or the schema says no; the reason is the API server's own. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Objects as the API has them at this moment, for who is about to change one. */
interface ApplicationObjects {
  /**
   * @returns  the whole object; undefined when there is none
   * @throws {Failure} CLUSTER_FORBIDDEN, CLUSTER_UNREACHABLE, ...
   */
  application(key: ObjectKey, signal: AbortSignal): Promise<Untyped | undefined>;
  /** undefined as well where ApplicationSets may not be read, which is an optional right. */
  applicationSet(key: ObjectKey, signal: AbortSignal): Promise<Untyped | undefined>;
}

interface ApplicationRefreshes {
  /** Asks Argo CD to compare an Application with its sources now. */
  refresh(application: ObjectKey, signal: AbortSignal): Promise<'asked' | 'gone'>;
}

/** Applications where they live, be it reached by Kubernetes or by Argo CD's own API. */
export interface LiveApplications extends ApplicationPatches, ApplicationObjects, ApplicationRefreshes {}

export interface ApplicationPatches {
  /**
   * Changes the named fields of one Application, all or nothing.
   * @throws {Failure} CLUSTER_FORBIDDEN, CLUSTER_UNREACHABLE, ...
   */
  patch(application: ObjectKey, operations: readonly JsonPatchOperation[], signal: AbortSignal): Promise<PatchOutcome>;
}

export interface ImageUpdaterStatuses {
  /**
   * Makes `status` the whole of what we say there, by server-side apply: fields that we stated before and leave out now
   * are removed, other writers' fields stay.
   * @param status  plain JSON, as the CRD has it
   * @returns  "gone" when there is no such ImageUpdater any more
   */
  apply(
    updater: ObjectKey,
    status: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<'applied' | 'gone'>;
  /** Takes one finalizer off, so that an object that was made under upstream can be deleted. */
  removeFinalizer(updater: ObjectKey, finalizer: string, signal: AbortSignal): Promise<'removed' | 'absent' | 'gone'>;
}

/** An Event of ours, on an Application or an ImageUpdater. */
export interface ClusterEvent {
  readonly kind: 'Application' | 'ImageUpdater';
  readonly object: ObjectKey;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase: "ImagesUpdated". */
  readonly reason: string;
  /** For people; cut after 1,024 bytes, which is what the API server takes. */
  readonly message: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface EventRecorder {
  /** @throws {Failure} CLUSTER_FORBIDDEN, ... */
  record(event: ClusterEvent, signal: AbortSignal): Promise<void>;
}

/** A coordination.k8s.io/v1 Lease. */
export interface Lease extends ObjectKey {
  /** "" when nobody holds it. */
  readonly holder: string;
  readonly durationSeconds: number;
  /** Milliseconds since 1970, by the holder's clock; undefined when it was never held. */
  readonly acquiredMs: number | undefined;
  readonly renewedMs: number | undefined;
  /** How often it changed hands. */
  readonly transitions: number;
  /** Of the version that was read; "" for one that is to be created. */
  readonly resourceVersion: string;
}

/** `conflict`: somebody else was faster; read it again. */
export type LeaseOutcome = { readonly kind: 'written'; readonly lease: Lease } | { readonly kind: 'conflict' };

/** Leases, each request tried once: whoever holds one knows how long it may still try. */
export interface LeaseStore {
  get(key: ObjectKey, signal: AbortSignal): Promise<Lease | undefined>;
  create(lease: Lease, signal: AbortSignal): Promise<LeaseOutcome>;
  /** Only if it is still at `lease.resourceVersion`; one that was deleted meanwhile is made anew. */
  update(lease: Lease, signal: AbortSignal): Promise<LeaseOutcome>;
}
