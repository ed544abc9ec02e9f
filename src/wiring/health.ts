import type { RunEvent } from '../cli/work.ts';
import { healthSettings } from '../config/settings/server-settings.ts';
import type { Settings } from '../config/settings/settings.ts';
import { toProblem } from '../core/failure.ts';
import { type Watchdog, watchdog } from '../core/watchdog.ts';

/** How a process is, told from before its first list of Applications is read, which may take as long as it likes. */
export interface Health extends AsyncDisposable {
  /** Told of signs of life. */
  readonly watchdog: Watchdog;
  /** The first list of Applications is complete. */
  listed(): void;
}

/**
 * Serves health where the settings say so, until it is disposed of.
 * @param settings  by flags and variables; no ConfigMap speaks of health
 * @throws {Failure} ADDRESS_UNUSABLE
 */
export async function openHealth(
  settings: Settings,
  place: 'cluster' | 'stand-alone',
  happened: (event: Extract<RunEvent, { readonly kind: 'serving' | 'problem' }>) => void,
): Promise<Health> {
  const wanted = healthSettings(settings, place);
  const dog = watchdog();
  let isListed = false;
  const waitsFor = () => (isListed ? undefined : 'the first list of Applications');
  const onBug = (error: unknown) => happened({ kind: 'problem', level: 'error', problem: toProblem('server', error) });
  const served =
    wanted && (await (await import('../server/health.ts')).serveHealth({ ...wanted, watchdog: dog, waitsFor, onBug }));
  if (served) happened({ kind: 'serving', what: 'health', port: served.port });
  return {
    watchdog: dog,
    listed() {
      isListed = true;
    },
    async [Symbol.asyncDispose]() {
      await served?.[Symbol.asyncDispose]();
    },
  };
}
