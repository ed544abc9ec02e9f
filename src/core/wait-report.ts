import type { Problem } from './failure.ts';
import { textAt, type Untyped } from './untyped.ts';

/** A resource that stands in the way of health, and what is known of why. */
export interface Trouble {
  /** "Deployment shop/web" */
  readonly resource: string;
  /** Argo CD's word for its health or its sync, or "" where there is none. */
  readonly state: string;
  /** Messages of conditions, Events and containers, the most telling first. */
  readonly reasons: readonly string[];
}

/** How a resource is named to people, who has `kind`, `namespace` and `name` beside each other. */
export function resourceName(resource: Untyped): string {
  const place = [textAt(resource, 'namespace'), textAt(resource, 'name')].filter((text) => text);
  return `${textAt(resource, 'kind') ?? ''} ${place.join('/')}`;
}

/** What an Application still lacks. */
export type Lack =
  | 'refresh'
  | 'operation'
  | 'manifests'
  | 'hydration'
  | 'revision'
  | 'sync'
  | 'health'
  | 'image'
  | 'answer';

/** How the wait for one Application ended. */
export type WaitOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string; readonly troubles: readonly Trouble[] }
  | { readonly kind: 'timed-out'; readonly reason: string; readonly troubles: readonly Trouble[] }
  /** It could not be asked, or its answer says nothing of what was wanted. */
  | { readonly kind: 'unknown'; readonly problem: Problem };

export interface WaitedApplication {
  /** "namespace/name" */
  readonly application: string;
  /** What its sources are synced to, as it was last seen; none when it was not. */
  readonly revisions: readonly string[];
  readonly outcome: WaitOutcome;
  readonly tookMs: number;
}

export interface WaitReport {
  readonly applications: readonly WaitedApplication[];
}

/** Told whenever what is waited for has changed. */
export interface WaitProgress {
  readonly application: string;
  readonly reason: string;
}
