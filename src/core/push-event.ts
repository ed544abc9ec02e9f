import type { ImageName } from './reference.ts';

/** What a registry says of one push. Only where it went counts: what is there now, the registry is asked afresh. */
export interface PushEvent extends ImageName {
  /** As the event has it; "" when it names none. */
  readonly tag: string;
}
