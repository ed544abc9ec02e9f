import { isUntyped, listAt, mappingAt, textAt, type Untyped } from '../../core/untyped.ts';
import { resourceName, type Trouble } from '../../core/wait-report.ts';

/** What an Application's own status says of resources that stand in the way: what a sync could not do comes first. */
export function statusTroubles(object: Untyped): readonly Trouble[] {
  const status = mappingAt(object, 'status');
  const result = mappingAt(mappingAt(status, 'operationState'), 'syncResult');
  return [
    ...listAt(result, 'resources').filter(isUntyped).flatMap(notSynced),
    ...listAt(status, 'resources').filter(isUntyped).flatMap(notHealthy),
  ];
}

function notSynced(resource: Untyped): readonly Trouble[] {
  const phase = textAt(resource, 'hookPhase') ?? '';
  // What is no hook has a phase, too.
  const isFailedHook = textAt(resource, 'hookType') !== undefined && ['Failed', 'Error'].includes(phase);
  const state = isFailedHook ? `hook ${phase}` : (textAt(resource, 'status') ?? '');
  if (!isFailedHook && state !== 'SyncFailed') return [];
  return [{ resource: resourceName(resource), state, reasons: messageIn(resource) }];
}

function notHealthy(resource: Untyped): readonly Trouble[] {
  const health = mappingAt(resource, 'health');
  const state = textAt(health, 'status');
  if (state === undefined || state === 'Healthy') return [];
  return [{ resource: resourceName(resource), state, reasons: messageIn(health) }];
}

function messageIn(owner: Untyped): readonly string[] {
  const message = textAt(owner, 'message');
  return message ? [message] : [];
}
