/** A compiled allow-tags or ignore-tags setting. */
export interface TagFilter {
  /** As written, for explanations: "regexp:^v", "*-rc*, dev". */
  readonly text: string;
  matches(tag: string): boolean;
}
