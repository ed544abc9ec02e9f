import type { Untyped } from '../core/untyped.ts';
import type { Trouble } from '../core/wait-report.ts';
import type { LiveApplications, ObjectKey } from './cluster.ts';

/** `busy`: another operation is under way. `blocked`: not now, as in a sync window; `refused`: never like this. */
export type SyncOutcome =
  | { readonly kind: 'asked' | 'busy' | 'gone' }
  | { readonly kind: 'blocked' | 'refused'; readonly reason: string };

/** What whoever waits for a rollout asks of Argo CD beside reading. */
export interface Rollouts {
  /**
   * The Applications with such labels.
   * @param namespace  undefined for all; over Argo CD's API "" for its own
   * @param labelSelector  as kubectl takes it
   */
  select(namespace: string | undefined, labelSelector: string, signal: AbortSignal): Promise<readonly ObjectKey[]>;
  /**
   * Asks for a sync to what the sources say, as the Application's own policy has it; one that is under way is left alone.
   * @param mark  noted in the operation, by which it is known again
   */
  sync(application: ObjectKey, mark: string, signal: AbortSignal): Promise<SyncOutcome>;
  /**
   * What stands in the way of its health, as far as it may be read.
   * @param object  the Application
   */
  troubles(application: ObjectKey, object: Untyped, signal: AbortSignal): Promise<readonly Trouble[]>;
}

/** What an operation of ours is called among the notes of one. */
export const MARK_NAME = 'tiphys wait';

/** Where Applications are looked at. */
export interface Deployments extends AsyncDisposable {
  readonly applications: LiveApplications;
  readonly rollouts: Rollouts;
}
