import type { Problem } from './failure.ts';
import type { ForgeKind } from './pull-requests/pull-request.ts';

/** What is asked about a branch, in this order. */
export const GIT_QUESTIONS = ['can read', 'can push', 'is protected', 'needs signature'] as const;
export type GitQuestion = (typeof GIT_QUESTIONS)[number];

export interface GitAnswer {
  readonly question: GitQuestion;
  readonly answer: 'yes' | 'no' | 'unknown';
  /** Whether this stands in the way of a push to the branch. */
  readonly isObstacle: boolean;
  /** What was found or went wrong; never holds a secret. "" when the answer says it all. */
  readonly detail: string;
  /** What to do about it; null when there is nothing to be done. */
  readonly fix: string | null;
}

/** What a push to one branch would meet. */
export interface GitCheck {
  readonly repoURL: string;
  /** The branch that would be pushed; null when the default branch could not be found out. */
  readonly branch: string | null;
  /** The credential by name; null: the address or what is written down for it is wrong, as the answers tell. */
  readonly credential: string | null;
  /** Whose API was asked; null: none is known there. */
  readonly forge: ForgeKind | null;
  /** One of each, in the order of GIT_QUESTIONS. */
  readonly answers: readonly GitAnswer[];
}

export interface GitCheckReport {
  readonly checks: readonly GitCheck[];
  /** What of the input could not be read. */
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export function isWritable({ answers }: GitCheck): boolean {
  return answers.every(({ isObstacle }) => !isObstacle);
}
