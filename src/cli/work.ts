import type { Platform } from '../core/platform.ts';
import type { CycleReport } from '../core/report.ts';

/** What every command that looks at Applications needs to know. Values are checked; defaults are filled in. */
export interface CycleOptions {
  /** Files, folders and "-" (standard input), in the order given; never empty. */
  readonly filenames: readonly string[];
  /** Argo CD's own namespace; decides the override file's name as upstream does. */
  readonly argocdNamespace: string;
  readonly registriesConfPath: string | undefined;
  /** Platforms for images that name none themselves; empty means any but unknown/unknown. */
  readonly platforms: readonly Platform[];
  /** Fills in a missing write-back-method; never overrides one. */
  readonly writeBack: 'git' | undefined;
  /** Where mirrors are kept; absolute when it comes from the default. */
  readonly stateDir: string;
  readonly commit: CommitOptions;
}

interface CommitOptions {
  readonly user: string;
  readonly email: string;
  readonly grouping: 'branch' | 'application';
}

export interface RunOptions extends CycleOptions {
  /** Pause between two cycles, more than 0; without meaning when `once`. */
  readonly intervalMs: number;
  readonly once: boolean;
  readonly dryRun: boolean;
}

export interface DemoOptions {
  readonly intervalMs: number;
  readonly once: boolean;
  /** The registry's port; 0 for any free one. */
  readonly port: number;
}

export interface FinishedCycle {
  readonly report: CycleReport;
  readonly tookMs: number;
}

export type DemoEvent =
  | {
      readonly kind: 'started';
      /** "127.0.0.1:5000". */
      readonly registry: string;
      /** A command to copy that pushes a new tag. */
      readonly pushCommand: string;
      readonly cloneURL: string;
    }
  /** A tag appeared in the registry. */
  | { readonly kind: 'tag'; readonly image: string; readonly tag: string }
  | ({ readonly kind: 'cycle' } & FinishedCycle);

/**
 * The work behind the command line, as it is handed in by whoever builds the program. Nothing here prints; what a
 * person reads is made of the returned data. All of them throw a Failure for what stops them as a whole, and stop
 * soon after `signal` aborts.
 */
export interface Work {
  plan(options: CycleOptions, signal: AbortSignal): Promise<CycleReport>;
  /**
   * One dry cycle over the one Application that `choose` picks.
   * @param choose called once with "namespace/name" of every Application that was read; returns one of them, and
   *   throws when none or several are meant
   */
  explain(
    options: CycleOptions,
    choose: (applicationIds: readonly string[]) => string,
    signal: AbortSignal,
  ): Promise<CycleReport>;
  /** Calls `finished` after every cycle; returns after the first one (`once`) or when the signal aborts. */
  run(options: RunOptions, finished: (cycle: FinishedCycle) => void, signal: AbortSignal): Promise<void>;
  /** As `run`, over a registry and a Git server of its own, which are gone when it returns. */
  demo(options: DemoOptions, happened: (event: DemoEvent) => void, signal: AbortSignal): Promise<void>;
}
