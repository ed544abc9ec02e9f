/** When a scanner first saw things: its own clock, which no publisher can set. All in milliseconds since 1970. */
export interface FirstSeen {
  /** Undefined before the first scan. */
  readonly firstScanMs: number | undefined;
  /** Tags that were not there at the first scan; all others were. */
  readonly later: ReadonlyMap<string, number>;
  /** The digests that tags point at, as far as they were asked for. */
  readonly digests: ReadonlyMap<string, number>;
}
