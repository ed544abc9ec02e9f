import type { PushEvent } from '../core/push-event.ts';

/** What becomes of the word that something was pushed. */
export type PushOutcome =
  /** The repository is looked at now, after a pause, or with a look that is to come anyway. */
  | 'look'
  | 'delayed'
  | 'joined'
  /** No image that is tracked lies there; nothing is asked. */
  | 'unused';

export interface LookRequests {
  /**
   * Takes note of a push and returns at once.
   * @param kind  who says so, "harbor"; each kind has a budget of its own
   */
  repositoryPushed(event: PushEvent, kind: string): PushOutcome;
}
