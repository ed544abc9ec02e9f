import { refuse, type Settings } from './settings.ts';
import { CATALOGUE } from './settings-catalogue.ts';

/** How replicas agree on who works. */
export interface ReplicaSettings {
  /** Undefined when this process works whoever else does. */
  readonly election: ElectionSettings | undefined;
}

export interface ElectionSettings {
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

/** @throws {SettingsRefused} for times with which a leader would lose its Lease, or two would write at a time */
export function replicaSettings(settings: Settings): ReplicaSettings {
  if (!settings.valueOf(CATALOGUE.leaderElection)) return { election: undefined };
  return { election: { namespace: settings.find(CATALOGUE.leaderElectionNamespace), timing: timingOf(settings) } };
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
