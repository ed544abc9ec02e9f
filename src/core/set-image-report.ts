import type { OrderedField } from './build-order.ts';

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

/** What became of an image that was to be set. */
type StepOutcome =
  /** Files of this machine were edited. */
  | 'edited'
  /** Committed, and pushed where that was asked for. */
  | 'committed'
  | 'pull-request'
  /** Everything says it already. */
  | 'unchanged'
  /** A newer build has set it. */
  | 'superseded'
  /** What would be done, and was not. */
  | 'planned';

/** What later steps of a pipeline are told; undefined where there is no such thing. */
export interface StepResult {
  readonly outcome: StepOutcome;
  /** Object id. Where nothing was written, the commit that was looked at. */
  readonly commit: string | undefined;
  /** The branch that was written, or would be. */
  readonly branch: string | undefined;
  readonly pullRequestURL: string | undefined;
}

/** A field that a newer build has set. */
export interface SupersededField extends OrderedField {
  /** The newer build's number. */
  readonly by: number;
}

/** What came of setting images. */
export interface SetImageReport {
  readonly files: readonly SetFile[];
  /** What a person should know of, as sentences without a full stop. */
  readonly remarks: readonly string[];
  /** What would have been set otherwise. */
  readonly superseded: readonly SupersededField[];
  readonly result: StepResult;
}
