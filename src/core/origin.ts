import type { FieldPath } from './field-path.ts';

/** A place in a text; both count from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** Where an object was read from. */
export interface Origin {
  /** The file as a person knows it; "standard input" for "-". */
  readonly file: string;
  /**
   * Where a field stands, the object itself for []; for one that is not there, the nearest thing above it. Parses the
   * text when first asked.
   */
  positionOf(path: FieldPath): TextPosition;
}

/** A field of an object, and where the object came from if it came from a text. */
export interface FieldLocation {
  readonly origin?: Origin;
  readonly path: FieldPath;
}
