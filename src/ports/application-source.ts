import type { Application } from '../core/application.ts';
import type { Problem } from '../core/failure.ts';
import type { Origin } from '../core/origin.ts';

/** A Secret or ConfigMap, values decoded to text. */
export interface KeyValueObject {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
  /** RFC 3339; objects from files rarely have one. */
  readonly creationTimestamp?: string;
  readonly origin?: Origin;
}

/** An ImageUpdater as it was given; its spec is still to be read, see config/image-updater. */
export interface ImageUpdaterObject {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339; objects from files rarely have one. */
  readonly creationTimestamp?: string;
  /** Plain data, with YAML's own types. */
  readonly spec: unknown;
  readonly origin?: Origin;
}

export interface Applications {
  readonly applications: readonly Application[];
  readonly imageUpdaters: readonly ImageUpdaterObject[];
  /**
   * Whether there are ImageUpdaters besides, unreadable ones or in namespaces that are not watched; false when absent.
   * They count as given, or annotations alone would make more Applications ours than anybody wants.
   */
  readonly hasOtherUpdaters?: boolean;
  readonly secrets: readonly KeyValueObject[];
  readonly configMaps: readonly KeyValueObject[];
  /** Objects that could not be read. */
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Where Applications come from: files now, a cluster or Argo CD's API later. */
export interface ApplicationSource {
  load(signal: AbortSignal): Promise<Applications>;
}
