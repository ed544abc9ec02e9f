import { Failure } from '../core/failure.ts';
import { listAt, mappingAt, textAt } from '../core/untyped.ts';
import type { ImageUpdaterStatuses } from '../ports/cluster.ts';
import type { KubernetesClient } from './client.ts';
import { apiVersionOf, describePlace, IMAGE_UPDATERS } from './resources.ts';

/** By which server-side apply tells our fields from those of others. */
const FIELD_MANAGER = 'tiphys';
const MOST_TRIES = 5;

export function imageUpdaterStatuses(client: KubernetesClient): ImageUpdaterStatuses {
  return {
    async apply(updater, status, signal) {
      const content = {
        apiVersion: apiVersionOf(IMAGE_UPDATERS),
        kind: IMAGE_UPDATERS.kind,
        metadata: updater,
        status,
      };
      const answer = await client.call(
        {
          verb: 'patch',
          place: { resource: IMAGE_UPDATERS, ...updater, subresource: 'status' },
          // The status is ours: what upstream wrote there before is taken over.
          query: { fieldManager: FIELD_MANAGER, force: 'true' },
          body: { type: 'application/apply-patch+yaml', content },
          understands: [404],
        },
        signal,
      );
      return answer.status === 404 ? 'gone' : 'applied';
    },
    async removeFinalizer(updater, finalizer, signal) {
      const place = { resource: IMAGE_UPDATERS, ...updater };
      for (let tries = MOST_TRIES; tries > 0; tries--) {
        const { status, body } = await client.call({ verb: 'get', place, understands: [404] }, signal);
        if (status === 404) return 'gone';
        const at = listAt(mappingAt(body, 'metadata'), 'finalizers').indexOf(finalizer);
        if (at === -1) return 'absent';
        const path = `/metadata/finalizers/${at}`;
        const content = [
          { op: 'test', path: '/metadata/uid', value: textAt(mappingAt(body, 'metadata'), 'uid') },
          { op: 'test', path, value: finalizer },
          { op: 'remove', path },
        ];
        const patch = { type: 'application/json-patch+json', content } as const;
        const answer = await client.call({ verb: 'patch', place, body: patch, understands: [404, 409, 422] }, signal);
        if (answer.status < 400) return 'removed';
        if (answer.status === 404) return 'gone';
        // Somebody else changed the finalizers in between.
      }
      throw new Failure('CLUSTER_REFUSED', `its finalizer ${finalizer} could not be removed`, {
        fix: 'see with `kubectl get imageupdater -o yaml` who changes its finalizers all the time',
        retry: { kind: 'backoff' },
        object: describePlace(place),
      });
    },
  };
}
