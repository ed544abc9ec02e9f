import type { Scope } from '../../core/applications/scope.ts';
import type { GitProtocol } from '../../core/git-protocol.ts';
import type { Platform } from '../../core/platform.ts';
import type { PostgresAddress } from '../../core/postgres-address.ts';
import { refuse, type Settings } from './settings.ts';
import { CATALOGUE } from './settings-catalogue.ts';

/** What a cycle is asked to do, in types. */
export interface CycleSettings {
  /** Argo CD's own namespace; decides the override file's name as upstream does. */
  readonly argocdNamespace: string;
  /** Whether annotations alone make an Application ours; `auto`: unless an ImageUpdater is given. */
  readonly annotations: 'auto' | 'always' | 'never';
  /** Platforms for images that name none themselves; empty means any but unknown/unknown. */
  readonly platforms: readonly Platform[];
  /** Fills in a missing write-back-method; never overrides one. */
  readonly writeBack: 'git' | 'argocd' | undefined;
  /** Whether Argo CD is asked to look once something is pushed. */
  readonly refreshes: boolean;
  readonly gitProtocols: readonly GitProtocol[];
  /** Where mirrors and the store are kept. */
  readonly stateDir: string;
  /** The database that is the store instead. */
  readonly store: PostgresAddress | undefined;
  /** What all mirrors may take on the disk; 0: no limit. */
  readonly gitCacheBytes: number;
  /** Within this time every tag that was looked up is asked for again; 0 asks in every cycle. */
  readonly recheckMs: number;
  readonly commit: CommitSettings;
}

export interface CommitSettings {
  readonly user: string;
  readonly email: string;
  readonly grouping: 'branch' | 'application';
  /** `api`: GitHub makes the commits of Apps. */
  readonly method: 'git' | 'api';
  readonly signOff: boolean;
  /** undefined: commits are not signed. */
  readonly signing: { readonly method: 'openpgp' | 'ssh'; readonly key: string } | undefined;
}

/** @param defaultStateDir absolute; it depends on the machine */
export function cycleSettings(settings: Settings, defaultStateDir: string): CycleSettings {
  return {
    argocdNamespace: settings.valueOf(CATALOGUE.argocdNamespace),
    annotations: settings.valueOf(CATALOGUE.annotations),
    platforms: settings.find(CATALOGUE.platforms) ?? [],
    writeBack: settings.find(CATALOGUE.writeBack),
    refreshes: settings.valueOf(CATALOGUE.refreshApplications),
    gitProtocols: settings.valueOf(CATALOGUE.gitProtocols),
    stateDir: settings.find(CATALOGUE.stateDir) ?? defaultStateDir,
    store: settings.find(CATALOGUE.store),
    gitCacheBytes: settings.valueOf(CATALOGUE.gitCacheSize),
    recheckMs: settings.valueOf(CATALOGUE.recheck),
    commit: {
      user: settings.valueOf(CATALOGUE.commitUser),
      email: settings.valueOf(CATALOGUE.commitEmail),
      grouping: settings.valueOf(CATALOGUE.commitGrouping),
      method: settings.valueOf(CATALOGUE.commitMethod),
      signOff: settings.valueOf(CATALOGUE.commitSignOff),
      signing: signingSettings(settings),
    },
  };
}

function signingSettings(settings: Settings): CommitSettings['signing'] {
  const key = settings.find(CATALOGUE.commitSigningKey)?.trim() ?? '';
  return key === '' ? undefined : { method: settings.valueOf(CATALOGUE.commitSigningMethod), key };
}

/** Which Applications may be looked at and written for. */
export function scopeSettings(settings: Settings): Scope {
  return {
    watchedNamespaces: settings.find(CATALOGUE.watchNamespaces) ?? '*',
    applicationNamespace: settings.find(CATALOGUE.applicationNamespace),
    names: settings.find(CATALOGUE.matchApplicationName),
    labels: settings.find(CATALOGUE.matchApplicationLabel) ?? [],
  };
}

export interface RunSettings {
  /** Pause between two cycles, 0 or more; without meaning when `once`. */
  readonly intervalMs: number;
  readonly once: boolean;
  readonly dryRun: boolean;
}

/**
 * Upstream's interval of 0 means once for each change of an ImageUpdater; files that were given do not change.
 * @throws {SettingsRefused} for a negative interval, upstream's word for never
 */
export function runSettings(settings: Settings): RunSettings {
  const intervalMs = settings.valueOf(CATALOGUE.interval);
  const isOnce = settings.valueOf(CATALOGUE.once);
  if (intervalMs < 0 && !isOnce) {
    refuse(settings, CATALOGUE.interval, 'a negative interval means never: nothing would be done', 'write one above 0');
  }
  return { intervalMs, once: isOnce || intervalMs === 0, dryRun: settings.valueOf(CATALOGUE.dryRun) };
}
