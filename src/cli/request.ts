import type { CycleOptions, DemoOptions, RunOptions } from './commands.ts';

export const PLAN_FORMATS = ['text', 'json', 'yaml', 'diff'] as const;
export type PlanFormat = (typeof PLAN_FORMATS)[number];

export const EXPLAIN_FORMATS = ['text', 'json', 'yaml'] as const;
export type ExplainFormat = (typeof EXPLAIN_FORMATS)[number];

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** What somebody asked for, read from the arguments once. */
export type Request =
  | { readonly kind: 'run'; readonly options: RunOptions }
  | { readonly kind: 'plan'; readonly options: CycleOptions; readonly output: PlanFormat; readonly exitCode: boolean }
  | ExplainRequest
  | { readonly kind: 'demo'; readonly options: DemoOptions }
  | { readonly kind: 'completion'; readonly shell: Shell }
  | { readonly kind: 'version' }
  | { readonly kind: 'help'; readonly text: string }
  /** Arguments that mean nothing; `help` is what to show below the message, if anything. */
  | { readonly kind: 'misuse'; readonly message: string; readonly help?: string };

export interface ExplainRequest {
  readonly kind: 'explain';
  /** "name" or "namespace/name". */
  readonly application: string;
  readonly alias: string | undefined;
  readonly options: CycleOptions;
  readonly output: ExplainFormat;
}
