import type { HandoffState, StandingTarget } from './operation.ts';

/** How a hand-off stands, as the one who made it is told. */
export interface HandoffReport {
  readonly id: string;
  readonly state: HandoffState;
  /** Whether nothing more will become of it. */
  readonly isFinal: boolean;
  /** Object id. */
  readonly commit: string | undefined;
  readonly branch: string | undefined;
  readonly pullRequestURL: string | undefined;
  /** None before it was looked at. */
  readonly targets: readonly ReportedTarget[];
}

/** One image of one Application. */
export type ReportedTarget = Pick<StandingTarget, 'application' | 'image' | 'tag' | 'state' | 'reason'>;
