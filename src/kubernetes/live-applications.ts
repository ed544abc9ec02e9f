import { Failure } from '../core/failure.ts';
import type { Untyped } from '../core/untyped.ts';
import type { LiveApplications, ObjectKey } from '../ports/cluster.ts';
import { applicationPatches } from './application-patches.ts';
import type { KubernetesClient } from './client.ts';
import { APPLICATION_SETS, APPLICATIONS, type Resource } from './resources.ts';

/** Applications as the API server has them. */
export function liveApplications(client: KubernetesClient): LiveApplications {
  async function read(resource: Resource, key: ObjectKey, signal: AbortSignal): Promise<Untyped | undefined> {
    const place = { resource, ...named(key) };
    const { status, body } = await client.call({ verb: 'get', place, understands: [404] }, signal);
    return status === 404 ? undefined : body;
  }
  return {
    ...applicationPatches(client),
    application: (key, signal) => read(APPLICATIONS, key, signal),
    async applicationSet(key, signal) {
      try {
        return await read(APPLICATION_SETS, key, signal);
      } catch (error) {
        if (error instanceof Failure && error.code === 'CLUSTER_FORBIDDEN') return undefined;
        throw error;
      }
    },
    async refresh(key, signal) {
      const place = { resource: APPLICATIONS, ...named(key) };
      const body = { type: 'application/merge-patch+json', content: REFRESH } as const;
      const { status } = await client.call({ verb: 'patch', place, body, understands: [404] }, signal);
      return status === 404 ? 'gone' : 'asked';
    },
  };
}

/** Argo CD takes the annotation away once it has looked. */
const REFRESH = { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } };

/** Whoever asks may hand on more than a name. */
function named({ namespace, name }: ObjectKey): ObjectKey {
  return { namespace, name };
}
