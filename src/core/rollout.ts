/** How far Argo CD has come with an Application. Moments are milliseconds since 1970, in whole seconds of its clock. */
export interface Rollout {
  /** "namespace/name". */
  readonly application: string;
  /** The last sync, if it succeeded. */
  readonly sync: SucceededSync | undefined;
  /** References: what the last sync applied, and what Pods run. */
  readonly images: readonly string[];
  /** When it was last compared with its sources, and its health with it. */
  readonly comparedMs: number | undefined;
  /** Since when it has been healthy; undefined while it is not. */
  readonly healthyMs: number | undefined;
}

interface SucceededSync {
  readonly finishedMs: number;
  /** Of each source: a commit, or what else it resolved to. */
  readonly revisions: readonly string[];
}
