/** What one shard knows of one ImageUpdater. */
export interface StatusPart {
  /** "namespace/name" */
  readonly updater: string;
  readonly shard: number;
  /** The words are those of whoever keeps and reads them. */
  readonly text: string;
}

/** Shows replicas what the others know of ImageUpdaters, of which one tells the cluster. What is lost is kept anew. */
export interface StatusParts {
  /** In the place of what the shard knew before. */
  keepPart(part: StatusPart, nowMs: number): Promise<void>;
  /** Of these ImageUpdaters, in no order. */
  parts(updaters: readonly string[]): Promise<readonly StatusPart[]>;
}
