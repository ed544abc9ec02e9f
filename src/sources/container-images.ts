import { isUntyped } from '../core/untyped.ts';

const CONTAINER_LISTS = new Set(['containers', 'initContainers', 'ephemeralContainers']);

/**
 * The `image` of every container in an object, in whatever kind and at whatever depth a pod template lies: where
 * kustomize's image transformer looks, and so CronJobs, Rollouts and other people's kinds count.
 */
export function* containerImages(value: unknown): Generator<string> {
  if (Array.isArray(value)) {
    for (const item of value) yield* containerImages(item);
    return;
  }
  if (!isUntyped(value)) return;
  for (const [key, child] of Object.entries(value)) {
    if (CONTAINER_LISTS.has(key) && Array.isArray(child)) yield* imagesOf(child);
    yield* containerImages(child);
  }
}

function* imagesOf(containers: readonly unknown[]): Generator<string> {
  for (const container of containers) {
    if (isUntyped(container) && typeof container['image'] === 'string') yield container['image'];
  }
}
