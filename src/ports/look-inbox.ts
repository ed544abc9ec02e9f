/** One thing that a shard shall look at soon. */
export interface Look {
  readonly shard: number;
  /** Which thing; the words are those of whoever posts and takes. At most 1,024 bytes, without a NUL. */
  readonly key: string;
}

/** A look that was handed out. */
export interface TakenLook extends Look {
  /** How often it was posted by then. */
  readonly posts: number;
}

/**
 * Hands looks on between replicas: any of them hears of an event, and whoever holds the shard takes it. Each look is
 * handed out at least once: again when it was posted anew, or when whoever took it did not say within a minute that it
 * is done. A look waits once however often it was posted, and at most an hour: by then every cycle has looked anyway.
 */
export interface LookInbox {
  /**
   * Lets looks wait for whoever holds their shards.
   * @returns  how many of them found no room; 100,000 may wait
   */
  post(looks: readonly Look[], nowMs: number): Promise<number>;
  /** Looks of these shards, those that wait longest first. */
  take(shards: readonly number[], most: number, nowMs: number): Promise<readonly TakenLook[]>;
  /** Forgets looks that are done, except for those that were posted again meanwhile. */
  finish(looks: readonly TakenLook[]): Promise<void>;
}
