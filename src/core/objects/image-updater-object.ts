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
  readonly origin?: Origin;
}
