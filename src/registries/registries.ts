import { setTimeout as pause } from 'node:timers/promises';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import type { CheckSubject, RegistryCheck } from '../core/registry-check.ts';
import type { RegistriesConfig } from '../core/registry-endpoint.ts';
import type { ScanStore } from '../ports/store.ts';
import type { TagSource } from '../ports/tag-source.ts';
import { checkRegistry } from './check.ts';
import { Connections } from './connections.ts';
import type { RenewingHolder } from './credentials/renewing-holder.ts';
import type { Limits, Surroundings } from './endpoint-client.ts';
import type { CloudAddresses } from './identity/identity-kind.ts';
import { openIdentities } from './identity/open-identities.ts';
import { openScan } from './open-scan.ts';

export interface RegistriesOptions extends Partial<Omit<Surroundings, 'limits'>> {
  readonly config: RegistriesConfig;
  /** Asked at the beginning of each scan, so that a changed Secret counts in the next cycle. */
  readonly secrets: () => readonly KeyValueObject[];
  /** Text of ~/.docker/config.json; undefined when there is none, or outside stand-alone use. */
  readonly dockerConfig?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** PEM of certificate authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** A folder with a certificate authority's file for each host that needs one. Default: upstream's. */
  readonly tlsFolder?: string;
  /** Where clouds give out identities, for tests. Default: where they really do. */
  readonly cloud?: Partial<CloudAddresses>;
  readonly limits?: Partial<Limits>;
  /** What scans remember; see ports/store.ts. */
  readonly memory: ScanStore;
  /** Within this time every tag that was looked up is asked for again. Default: a day; 0 asks in every scan. */
  readonly recheckMs?: number;
  /** What lies between two scans; a list that lost too much is believed after two of them. Default: two minutes. */
  readonly intervalMs?: number;
}

/** All registries, for as long as the program runs. */
export interface Registries {
  /** A fresh look: within it the same question is asked once, however many ask it. */
  scan(): TagSource;
  /** Asks one registry step by step, to say how far that goes. */
  check(subject: CheckSubject, signal: AbortSignal): Promise<RegistryCheck>;
  /** Ends all connections. */
  close(): Promise<void>;
}

const DEFAULT_LIMITS: Limits = {
  concurrency: 32,
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 20_000,
  bodyTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  totalTimeoutMs: 60_000,
};
const DEFAULT_RECHECK_MS = 24 * 60 * 60 * 1000;
const DEFAULT_INTERVAL_MS = 2 * 60 * 1000;
const TLS_FOLDER = '/app/config/tls';

/**
 * Opens the registries; nothing is asked yet. Connections, tokens, credentials that have to be asked for, what a
 * registry demands are kept over scans; what it said is in `memory`. Secrets are read afresh in each scan, tag lists are
 * asked for again.
 */
export function openRegistries(options: RegistriesOptions): Registries {
  const { config, env, dockerConfig, ca, tlsFolder = TLS_FOLDER, cloud = {} } = options;
  const around: Surroundings = {
    env,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    now: options.now ?? Date.now,
    sleep: options.sleep ?? ((ms, signal) => pause(ms, undefined, { signal })),
    random: options.random ?? Math.random,
    observer: options.observer,
  };
  const identities = openIdentities(around, cloud);
  const { memory: store, recheckMs = DEFAULT_RECHECK_MS, intervalMs = DEFAULT_INTERVAL_MS } = options;
  const connections = new Connections(around, store);
  const memory = { store, recheckMs, intervalMs, now: around.now };
  const kept = new Map<string, RenewingHolder>();
  const present = () => {
    const secrets = options.secrets();
    const store = { secrets, env, dockerConfig, identities: identities.surroundings, kept };
    return { store, tls: { ca, folder: tlsFolder, secrets }, connections, memory };
  };
  return {
    scan: () => openScan({ config, ...present() }),
    check: (subject, signal) => checkRegistry(present(), subject, signal),
    async close() {
      await Promise.all([connections.close(), identities.close()]);
    },
  };
}
