import type { AppProject } from '../core/applications/app-project.ts';
import type { Application } from '../core/applications/application.ts';
import type { Problem } from '../core/failure.ts';
import type { ImageUpdaterObject } from '../core/objects/image-updater-object.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import type { LiveApplications } from './cluster.ts';

export interface Applications {
  readonly applications: readonly Application[];
  readonly imageUpdaters: readonly ImageUpdaterObject[];
  /**
   * Whether there are ImageUpdaters besides, unreadable ones or in namespaces that are not watched; false when absent.
   * They count as given, or annotations alone would make more Applications ours than anybody wants.
   */
  readonly hasOtherUpdaters?: boolean;
  /** Those in Argo CD's own namespace, with what its repository Secrets scope to them; none when absent. */
  readonly projects?: readonly AppProject[];
  /**
   * Whether there are no others, as in a cluster: an Application of a missing project may then write nowhere. Files
   * rarely hold projects; there a missing one allows all, as Argo CD's built-in default does. False when absent.
   */
  readonly hasAllProjects?: boolean;
  readonly secrets: readonly KeyValueObject[];
  readonly configMaps: readonly KeyValueObject[];
  /** Objects that could not be read. */
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Where Applications come from: files, a cluster, or Argo CD's API. */
export interface ApplicationSource {
  load(signal: AbortSignal): Promise<Applications>;
  /** The Applications themselves, where there is more of them than a manifest. */
  readonly live?: LiveApplications;
}
