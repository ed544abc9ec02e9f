import { listAt, mappingAt, textAt, type Untyped } from '../core/untyped.ts';
import type { ApplicationPatches, PatchOutcome } from '../ports/cluster.ts';
import type { ApiAnswer, KubernetesClient } from './client.ts';
import { APPLICATIONS } from './resources.ts';

export function applicationPatches(client: KubernetesClient): ApplicationPatches {
  return {
    async patch(application, operations, signal) {
      const { namespace, name } = application;
      const place = { resource: APPLICATIONS, namespace, name };
      const body = { type: 'application/json-patch+json', content: operations } as const;
      return outcomeOf(await client.call({ verb: 'patch', place, body, understands: [400, 404, 409, 422] }, signal));
    },
  };
}

function outcomeOf({ status, body }: ApiAnswer): PatchOutcome {
  if (status === 404) return { kind: 'gone' };
  if (status < 400) return { kind: 'patched', object: body };
  // Somebody else wrote while the patch was applied, more often than the API server tries again.
  if (status === 409) return { kind: 'test-failed' };
  // A patch that does not fit the object comes back without details, an object that does not fit its schema with them.
  if (status === 422 && !hasDetails(mappingAt(body, 'details'))) return { kind: 'test-failed' };
  return { kind: 'refused', reason: textAt(body, 'message') ?? `HTTP ${status}` };
}

function hasDetails(details: Untyped): boolean {
  return textAt(details, 'kind') !== undefined || listAt(details, 'causes').length > 0;
}
