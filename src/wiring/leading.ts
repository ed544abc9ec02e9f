import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { RunEvent } from '../cli/work.ts';
import type { ReplicaSettings } from '../config/settings/replica-settings.ts';
import { runShards, runWhileLeading } from '../controller/leases/run-shards.ts';
import { steadyClock } from '../controller/leases/steady-clock.ts';
import type { Hold } from '../controller/leases/term.ts';
import type { MayWrite } from '../controller/may-write.ts';
import { Failure, toProblem } from '../core/failure.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { leaseStore } from '../kubernetes/lease-store.ts';

/** What a process is in charge of, for as long as the signal does not abort. */
export interface Charge {
  /** 0 where there is but one. */
  readonly shard: number;
  readonly signal: AbortSignal;
  /** Undefined where nobody else could be in charge. */
  readonly mayWrite: MayWrite | undefined;
}

export type ChargedWork = (charge: Charge) => Promise<void>;

/** All there is, which nobody else is in charge of. */
export function wholeCharge(signal: AbortSignal): Charge {
  return { shard: 0, signal, mayWrite: undefined };
}

/**
 * Works while this replica is the leader, of each shard that it leads; at once where no leader is chosen.
 * @param happened  told when it becomes or is no longer the leader, and of requests about leases that went wrong
 */
export async function whileLeading(
  { election, shards }: ReplicaSettings,
  client: KubernetesClient,
  happened: (event: Extract<RunEvent, { readonly kind: 'leading' | 'problem' }>) => void,
  work: ChargedWork,
  signal: AbortSignal,
): Promise<void> {
  if (!election) return await work(wholeCharge(signal));
  const { namespace, timing } = election;
  const identity = `${hostname()}_${randomUUID()}`;
  const options = {
    ...{ store: leaseStore(client), clock: steadyClock(), timing, identity },
    namespace: namespace ?? client.namespace,
    failed: (failure: Failure) => happened({ kind: 'problem', level: 'error', problem: toProblem('leases', failure) }),
  };
  const lead = async (hold: Hold) => {
    const { shard, lease } = hold;
    happened({ kind: 'leading', isLeader: true, lease, identity });
    try {
      await work({ shard, signal: hold.signal, mayWrite: (until) => whileHeld(hold, until) });
    } finally {
      happened({ kind: 'leading', isLeader: false, lease, identity });
    }
  };
  if (shards === 1) await runWhileLeading(options, lead, signal);
  else await runShards({ ...options, shards }, lead, signal);
}

async function whileHeld(hold: Hold, signal: AbortSignal): Promise<void> {
  if (await hold.confirm(signal)) return;
  throw new Failure('ABORTED', 'another replica leads by now', { fix: 'nothing: that one decides afresh' });
}
