import type { Origin } from '../origin.ts';

/** An ImageUpdater as it was given; its spec is still to be read, see config/image-updater. */
export interface ImageUpdaterObject {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339; objects from files rarely have one. */
  readonly creationTimestamp?: string;
  /** Plain data, with YAML's own types. */
  readonly spec: unknown;
  /** Absent for an object that is in no cluster. */
  readonly live?: LiveState;
  readonly origin?: Origin;
}

/** What only a cluster says of an object. */
interface LiveState {
  readonly uid: string;
  /** Counts the changes of the spec. */
  readonly generation: number;
  readonly finalizers: readonly string[];
  /** Whether it is gone as soon as its finalizers are. */
  readonly isBeingDeleted: boolean;
  /** As it is there, whoever wrote it. */
  readonly status: unknown;
}
