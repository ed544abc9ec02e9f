import { statSync } from 'node:fs';
import { type CycleSettings, cycleSettings } from '../config/settings/cycle-settings.ts';
import type { Problem } from '../core/failure.ts';
import type { Store } from '../store/memory.ts';
import { openPostgresStore } from '../store/open-postgres-store.ts';
import { openStore, storePath } from '../store/open-store.ts';
import type { Input } from './inputs.ts';
import type { Serving } from './serving.ts';

/** The store that the settings ask for: a database that replicas share, or a file in the state folder. */
export async function openConfiguredStore(
  { store, stateDir }: Pick<CycleSettings, 'store' | 'stateDir'>,
  warn: (problem: Problem) => void,
): Promise<Store> {
  if (store === undefined) return openStore({ path: storePath(stateDir), warn });
  // As for PostgreSQL's own programs.
  const password = store.password ?? process.env['PGPASSWORD'];
  return await openPostgresStore({ address: { ...store, password }, warn, now: Date.now });
}

/** The size of the file that is the store; a database tells of its own. */
export function watchStore(serving: Serving | undefined, { settings, defaultStateDir }: Input): void {
  const { store, stateDir } = cycleSettings(settings, defaultStateDir);
  if (store === undefined) serving?.metrics?.watchStore(() => sizeOf(storePath(stateDir)));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
