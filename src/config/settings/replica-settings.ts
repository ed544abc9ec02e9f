import { refuse, type Settings } from './settings.ts';
import { CATALOGUE } from './settings-catalogue.ts';

/** How replicas agree on who works. */
export interface ReplicaSettings {
  /** Undefined when this process works whoever else does. */
  readonly election: ElectionSettings | undefined;
  /** How many leaders there are, each of a part of the work; 1 or more. */
  readonly shards: number;
}

interface ElectionSettings {
  /** Of the Leases; undefined for the one that the process runs in. */
  readonly namespace: string | undefined;
  readonly timing: {
    readonly durationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryMs: number;
  };
}

/** Tries are spread over so much more than the pause between them, as client-go does it. */
const JITTER_FACTOR = 1.2;

/**
 * @throws {SettingsRefused}  for times with which a leader would lose its Lease or two would write at a time, and for
 *   several leaders who could not know what the others know
 */
export function replicaSettings(settings: Settings): ReplicaSettings {
  const shards = settings.valueOf(CATALOGUE.shards);
  const isElected = settings.valueOf(CATALOGUE.leaderElection);
  if (shards > 1) {
    const refuseShards = (why: string, fix: string) => refuse(settings, CATALOGUE.shards, why, fix);
    if (!isElected)
      refuseShards('every process would do all of it without leader election', 'let --leader-election be');
    if (settings.find(CATALOGUE.store) === undefined) {
      refuseShards('replicas that share the work must share a store', 'give --store postgres://..., or write 1');
    }
  }
  if (!isElected) return { election: undefined, shards };
  const namespace = settings.find(CATALOGUE.leaderElectionNamespace);
  return { election: { namespace, timing: timingOf(settings) }, shards };
}

function timingOf(settings: Settings): ElectionSettings['timing'] {
  const durationMs = settings.valueOf(CATALOGUE.leaseDuration);
  const renewDeadlineMs = settings.valueOf(CATALOGUE.leaseRenewDeadline);
  const retryMs = settings.valueOf(CATALOGUE.leaseRetryPeriod);
  if (retryMs <= 0) refuse(settings, CATALOGUE.leaseRetryPeriod, 'there must be a pause', 'write 2s, or another one');
  if (renewDeadlineMs <= JITTER_FACTOR * retryMs) {
    const message = `a leader would stop before its second try: it must be more than ${JITTER_FACTOR} times the retry period`;
    refuse(settings, CATALOGUE.leaseRenewDeadline, message, 'write a longer one, or a shorter retry period');
  }
  if (durationMs <= renewDeadlineMs) {
    const message = 'others would take over while the leader still writes: it must be more than the renew deadline';
    refuse(settings, CATALOGUE.leaseDuration, message, 'write a longer one, or a shorter renew deadline');
  }
  return { durationMs, renewDeadlineMs, retryMs };
}
