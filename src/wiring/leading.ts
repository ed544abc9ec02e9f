import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import type { MayWrite } from '../controller/branch-writer.ts';
import { LEASE_TIMING, type LeaseClock } from '../controller/leases/lease-holder.ts';
import { runWhileLeading } from '../controller/leases/run-shards.ts';
import type { Hold } from '../controller/leases/term.ts';
import { Failure } from '../core/failure.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { leaseStore } from '../kubernetes/lease-store.ts';

const CLOCK: LeaseClock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  random: Math.random,
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** Work that goes on until the signal aborts, and asks before each push whether it may still be. */
export type LedWork = (signal: AbortSignal, mayWrite?: MayWrite) => Promise<void>;

/**
 * Works while this replica is the leader, or at once where the settings know no leader.
 * @param failed  told of requests about the lease that went wrong
 */
export async function whileLeading(
  settings: Settings,
  client: KubernetesClient,
  failed: (failure: Failure) => void,
  work: LedWork,
  signal: AbortSignal,
): Promise<void> {
  if (!settings.valueOf(CATALOGUE.leaderElection)) return await work(signal);
  const options = {
    store: leaseStore(client),
    clock: CLOCK,
    timing: LEASE_TIMING,
    identity: `${hostname()}_${randomUUID()}`,
    namespace: settings.find(CATALOGUE.leaderElectionNamespace) ?? client.namespace,
    failed,
  };
  await runWhileLeading(options, (hold) => work(hold.signal, (until) => whileHeld(hold, until)), signal);
}

async function whileHeld(hold: Hold, signal: AbortSignal): Promise<void> {
  if (await hold.confirm(signal)) return;
  throw new Failure('ABORTED', 'another replica leads by now', { fix: 'nothing: that one decides afresh' });
}
