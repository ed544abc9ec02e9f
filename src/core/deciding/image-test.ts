import type { Problem } from '../failure.ts';
import type { Decision } from './decision.ts';

/** What a policy makes of one image's tags. */
export interface ImageTest {
  /** "registry/repository", no tag. */
  readonly image: string;
  readonly strategy: string;
  /** How many tags were found. */
  readonly found: number;
  readonly decision: Decision;
}

export interface ImageTestReport {
  readonly tests: readonly ImageTest[];
  /** One for each image that could not be tested, and for what stopped all of them. */
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}
