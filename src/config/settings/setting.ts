import type { SettingKind } from './kinds.ts';

/** A command that takes settings. */
export type SettingCommand =
  | 'run'
  | 'plan'
  | 'explain'
  | 'lint'
  | 'credentials'
  | 'migrate'
  | 'test'
  | 'git'
  | 'set-image'
  | 'wait'
  | 'diff'
  | 'webhook'
  | 'serve';

/** What becomes of a value that somebody gives. */
export type SettingState =
  | { readonly kind: 'used' }
  /** Accepted for ever; there is nothing for it to set. */
  | { readonly kind: 'needless'; readonly why: string };

/**
 * One setting, whole: every way to give it, what it may say, and what it does. Flags, environment, ConfigMap,
 * documentation and completion all follow from it.
 */
export interface Setting<T = unknown> {
  readonly flag?: `--${string}`;
  readonly variable?: string;
  /** Key of the ConfigMap that holds the value. */
  readonly key?: string;
  /** Key of the ConfigMap that holds the content of the file that the flag names. */
  readonly contentKey?: string;
  /** Key of the Secret. */
  readonly secretKey?: string;
  /** What it sets, without a full stop. */
  readonly meaning: string;
  readonly kind: SettingKind<T>;
  /** In the kind's own syntax. */
  readonly default?: string;
  /** The same for commands where it is another one. */
  readonly defaults?: Readonly<Partial<Record<SettingCommand, string>>>;
  /** What is done without it, where that is not a value. */
  readonly defaultNote?: string;
  readonly commands: readonly SettingCommand[];
  readonly state: SettingState;
  /** What is better here than upstream, and how. */
  readonly better?: string;
  /** Not upstream's. */
  readonly own?: true;
}

export const USED: SettingState = { kind: 'used' };

/** Every command that looks at Applications. */
export const CYCLES = ['run', 'webhook', 'serve', 'plan', 'explain'] as const;

/** Those that go on until they are stopped. */
export const SERVERS = ['run', 'webhook', 'serve'] as const;

export function needless(why: string): SettingState {
  return { kind: 'needless', why };
}
