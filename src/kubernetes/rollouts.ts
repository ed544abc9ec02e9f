import { Failure } from '../core/failure.ts';
import { keyOf } from '../core/objects/object-key.ts';
import { isUnderWay } from '../core/objects/operation.ts';
import { isUntyped, listAt, mappingAt, textAt, type Untyped } from '../core/untyped.ts';
import type { Trouble } from '../core/wait-report.ts';
import type { JsonPatchOperation } from '../ports/cluster.ts';
import { MARK_NAME, type Rollouts } from '../ports/rollout.ts';
import { applicationPatches } from './application-patches.ts';
import type { KubernetesClient } from './client.ts';
import { listObjects } from './list-objects.ts';
import { APPLICATIONS } from './resources.ts';
import { workloadTroubles } from './workload-troubles.ts';

/** Rollouts asked for and looked at through the API server alone, as Argo CD's own program does without its server. */
export function rollouts(client: KubernetesClient): Rollouts {
  const { patch } = applicationPatches(client);
  return {
    async select(namespace, labelSelector, signal) {
      const place = { resource: APPLICATIONS, namespace };
      const { items } = await listObjects(client, { place, labelSelector, keep: keyOf }, signal);
      return [...items.values()];
    },
    async sync({ namespace, name }, mark, signal) {
      const place = { resource: APPLICATIONS, namespace, name };
      const { status, body } = await client.call({ verb: 'get', place, understands: [404] }, signal);
      if (status === 404) return { kind: 'gone' };
      const operations = requestSync(body, mark);
      if (operations === undefined) return { kind: 'busy' };
      const outcome = await patch({ namespace, name }, operations, signal);
      switch (outcome.kind) {
        case 'patched':
          return { kind: 'asked' };
        case 'test-failed':
          return { kind: 'busy' };
        default:
          return outcome;
      }
    },
    async troubles(_application, object, signal) {
      if (!isInThisCluster(mappingAt(mappingAt(object, 'spec'), 'destination'))) return [];
      try {
        return await workloadTroubles(client, listAt(mappingAt(object, 'status'), 'resources'), signal);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return [unreadable(error)];
      }
    },
  };
}

function unreadable({ message, fix }: Failure): Trouble {
  return { resource: 'workloads', state: '', reasons: [`${message}; ${fix}`] };
}

/**
 * Puts an operation into an Application that has none. What the last one left goes, or the controller would take it for
 * an answer; one that has not ended is left alone. Neither options nor pruning are taken over by the controller.
 */
function requestSync(object: Untyped, mark: string): readonly JsonPatchOperation[] | undefined {
  const policy = mappingAt(mappingAt(object, 'spec'), 'syncPolicy');
  const state = mappingAt(object, 'status')['operationState'];
  if (isUnderWay(object)) return undefined;
  const operation = {
    initiatedBy: { username: 'tiphys' },
    info: [{ name: MARK_NAME, value: mark }],
    sync: {
      prune: mappingAt(policy, 'automated')['prune'] === true,
      ...(policy['syncOptions'] === undefined ? {} : { syncOptions: policy['syncOptions'] }),
    },
    ...(policy['retry'] === undefined ? {} : { retry: policy['retry'] }),
  };
  const last: readonly JsonPatchOperation[] = [
    { op: 'test', path: '/status/operationState', value: state },
    { op: 'remove', path: '/status/operationState' },
  ];
  return [
    { op: 'test', path: '/operation', value: null },
    ...(isUntyped(state) ? last : []),
    { op: 'add', path: '/operation', value: operation },
  ];
}

/** Argo CD names the cluster that it runs in like this; what is elsewhere cannot be read with the same credentials. */
function isInThisCluster(destination: Untyped): boolean {
  return (
    textAt(destination, 'server') === 'https://kubernetes.default.svc' || textAt(destination, 'name') === 'in-cluster'
  );
}
