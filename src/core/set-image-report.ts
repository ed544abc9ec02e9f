/** A field that states an image, or a part of one. */
export interface FieldChange {
  /** The same for every build, and unlike any other in its file: "images[acme/web]", "image.tag". */
  readonly field: string;
  /** What it says; undefined for nothing. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** What became of one file that states an image that was meant. */
export interface SetFile {
  readonly path: string;
  /** "" where the file said all of it already. */
  readonly diff: string;
  readonly changes: readonly FieldChange[];
}

/** What came of setting images. */
export interface SetImageReport {
  readonly files: readonly SetFile[];
  /** What a person should know of, as sentences without a full stop. */
  readonly remarks: readonly string[];
}
