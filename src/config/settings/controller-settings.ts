import type { Settings } from './settings.ts';
import { CATALOGUE } from './settings-catalogue.ts';

/** How a process serves a cluster. */
export interface ControllerSettings {
  /** Between two looks at all Applications; undefined for no second one. */
  readonly intervalMs: number | undefined;
  /** Whether what is there, and what changes, is looked at without anybody asking. */
  readonly followsChanges: boolean;
  /** Looks that may run at the same time beside the one at all Applications. */
  readonly looksAtOnce: number;
  readonly once: boolean;
  readonly dryRun: boolean;
  /** Whether Kubernetes Events are written. */
  readonly events: boolean;
}

/** Upstream's interval of 0 means once for each change, and a negative one never, unless a webhook asks. */
export function controllerSettings(settings: Settings): ControllerSettings {
  const intervalMs = settings.valueOf(CATALOGUE.interval);
  return {
    intervalMs: intervalMs > 0 ? intervalMs : undefined,
    followsChanges: intervalMs >= 0,
    looksAtOnce: settings.valueOf(CATALOGUE.maxConcurrentReconciles),
    once: settings.valueOf(CATALOGUE.once),
    dryRun: settings.valueOf(CATALOGUE.dryRun),
    events: !settings.valueOf(CATALOGUE.disableKubeEvents),
  };
}
