/** Files by path, be they those of a folder on disk or of a commit. */
export interface FileTree {
  /**
   * The bytes of a file; undefined when there is none, or a folder.
   * @throws {Failure} TARGET_OUTSIDE_REPOSITORY for a link that leads out, TARGET_UNREADABLE for what cannot be read
   */
  read(path: string): Promise<Uint8Array | undefined>;
  /** The names directly in a folder, sorted, with "/" behind those of folders; undefined when there is no such folder. */
  list(folder: string): Promise<readonly string[] | undefined>;
}
