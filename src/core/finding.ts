import type { FailureCode, Problem } from './failure.ts';
import type { TextPosition } from './origin.ts';

export type Severity = 'error' | 'warning';

/** Something that is wrong or pointless in what was given, fit for showing: it holds no secret. */
export interface Finding {
  readonly severity: Severity;
  readonly code: FailureCode;
  /** Undefined for what stands in no file: a flag, a variable, what a registry says. */
  readonly place: FindingPlace | undefined;
  /** The thing, as a person names it: "argocd/shop web". */
  readonly object: string;
  /** The way to the field: `spec.applicationRefs[0].namePattern`; undefined for the object as a whole. */
  readonly field: string | undefined;
  readonly message: string;
  /** What to do, as an imperative. */
  readonly fix: string;
}

export interface FindingPlace extends TextPosition {
  /** The file as a person knows it; "standard input" for "-". */
  readonly file: string;
}

/** What came of looking through all that was given. */
export interface LintReport {
  /** By file and place; each once. */
  readonly findings: readonly Finding[];
  /** What was not judged, and why: templates, what other releases do. No mistakes, so they change no exit code. */
  readonly notes: readonly Problem[];
  /** Whether something that was asked for could not be read, so that the findings may not be all. */
  readonly isIncomplete: boolean;
  readonly applications: number;
  readonly imageUpdaters: number;
}
