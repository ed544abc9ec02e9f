import type { Origin } from '../origin.ts';

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
