import type { Application } from '../core/application.ts';
import type { Problem } from '../core/failure.ts';

/** A Secret or ConfigMap, values decoded to text. */
export interface KeyValueObject {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

export interface Applications {
  readonly applications: readonly Application[];
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
