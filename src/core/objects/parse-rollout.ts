import { type Application, applicationId } from '../applications/application.ts';
import type { Rollout } from '../rollout.ts';
import { mappingAt, textAt, type Untyped } from '../untyped.ts';
import { revisionsIn } from './operation.ts';

/**
 * What the status of an Application tells of its rollout.
 * @param object  the whole object, of which `application` was read
 */
export function parseRollout(
  object: Untyped,
  application: Pick<Application, 'namespace' | 'name' | 'status'>,
): Rollout {
  const status = mappingAt(object, 'status');
  const operation = mappingAt(status, 'operationState');
  const finishedMs = textAt(operation, 'phase') === 'Succeeded' ? momentAt(operation, 'finishedAt') : undefined;
  const health = mappingAt(status, 'health');
  const { appliedImages = [], images } = application.status;
  const isHealthy = textAt(health, 'status') === 'Healthy';
  return {
    application: applicationId(application),
    sync:
      finishedMs === undefined ? undefined : { finishedMs, revisions: revisionsIn(mappingAt(operation, 'syncResult')) },
    images: [...appliedImages, ...images],
    comparedMs: momentAt(status, 'reconciledAt'),
    healthyMs: isHealthy ? (momentAt(health, 'lastTransitionTime') ?? 0) : undefined,
  };
}

function momentAt(owner: Untyped, key: string): number | undefined {
  const ms = Date.parse(textAt(owner, key) ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}
