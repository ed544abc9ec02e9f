import type { Problem } from './failure.ts';

/** What a configuration of before comes to. */
export interface Migration {
  /** Kubernetes manifests that mean the same, to be printed as they are. */
  readonly manifests: readonly object[];
  /** Lines beside the manifests: what a person has to complete. Empty when there is nothing to say. */
  readonly sketch: readonly string[];
  /** What was not translated because it is wrong. */
  readonly failures: readonly Problem[];
  /** What is written otherwise now, or cannot be written at all. */
  readonly notes: readonly MigrationNote[];
}

export interface MigrationNote {
  /** "argocd/shop web", "flux-system/podinfo": the thing, as a person names it. */
  readonly object: string;
  readonly message: string;
}
