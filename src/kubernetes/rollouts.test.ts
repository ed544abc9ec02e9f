import { describe, expect, test } from 'vitest';
import { Failure } from '../core/failure.ts';
import type { Untyped } from '../core/untyped.ts';
import type { KubernetesClient } from './client.ts';
import { pathOf } from './resources.ts';
import { rollouts } from './rollouts.ts';

const SIGNAL = new AbortController().signal;
const KEY = { namespace: 'argocd', name: 'shop' };
const APPLICATION = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/shop';

/** A cluster that holds these objects and lists by path, and takes every patch; a real one stands in test/e2e. */
function cluster(objects: Readonly<Record<string, Untyped | 'forbidden'>>) {
  const patches: unknown[] = [];
  const queries: unknown[] = [];
  const client: Pick<KubernetesClient, 'call'> = {
    async call({ verb, place, body, query, understands }) {
      if (query) queries.push(query);
      if (verb === 'patch') {
        patches.push(body?.content);
        return { status: 200, body: {} };
      }
      const found = objects[pathOf(place)];
      if (found !== 'forbidden') return { status: found ? 200 : 404, body: found ?? {} };
      if (understands?.includes(403)) return { status: 403, body: {} };
      throw new Failure('CLUSTER_FORBIDDEN', '"ci" may not', { fix: 'grant it' });
    },
  };
  return { patches, queries, ...rollouts(client as KubernetesClient) };
}

describe('a sync', () => {
  const policy = { automated: { prune: true }, syncOptions: ['Validate=false'], retry: { limit: 1 } };
  for (const [what, object, outcome, expected] of [
    [
      'of one that was never synced',
      { spec: {} },
      'asked',
      [
        { op: 'test', path: '/operation', value: null },
        { op: 'add', path: '/operation', value: { sync: { prune: false } } },
      ],
    ],
    [
      'takes the options along that Argo CD does not',
      { spec: { syncPolicy: policy } },
      'asked',
      [{ op: 'test' }, { value: { sync: { prune: true, syncOptions: ['Validate=false'] }, retry: { limit: 1 } } }],
    ],
    [
      'removes what the last one left, if that is still so',
      { spec: {}, status: { operationState: { phase: 'Succeeded' } } },
      'asked',
      [
        { op: 'test', path: '/operation', value: null },
        { op: 'test', path: '/status/operationState', value: { phase: 'Succeeded' } },
        { op: 'remove', path: '/status/operationState' },
        { op: 'add', path: '/operation' },
      ],
    ],
    ['leaves alone what is asked for', { spec: {}, operation: { sync: {} } }, 'busy', undefined],
    ['leaves alone what is running', { status: { operationState: { phase: 'Running' } } }, 'busy', undefined],
    ['leaves alone what ends', { status: { operationState: { phase: 'Terminating' } } }, 'busy', undefined],
    ['of nothing', undefined, 'gone', undefined],
  ] as const) {
    test(what, async () => {
      const { sync, patches } = cluster(object ? { [APPLICATION]: object } : {});
      expect(await sync(KEY, 'mark', SIGNAL)).toEqual({ kind: outcome });
      expect(patches).toHaveLength(expected ? 1 : 0);
      if (expected) expect(patches[0]).toMatchObject(expected);
    });
  }
});

describe('what stands in the way', () => {
  const resource = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
  const here = { server: 'https://kubernetes.default.svc' };
  const application = (destination: object = here, resources: readonly object[] = [resource]) => {
    return { spec: { destination }, status: { resources } };
  };
  const deployment = { spec: { selector: { matchLabels: { app: 'web', tier: 'a' } } } };
  const DEPLOYMENT = '/apis/apps/v1/namespaces/shop/deployments/web';
  const PODS = '/api/v1/namespaces/shop/pods';
  const EVENTS = '/api/v1/namespaces/shop/events';
  const pod = (status: object) => ({ metadata: { namespace: 'shop', name: 'web-1' }, status });
  const container = (state: object, lastState: object = {}) => ({ name: 'web', state, lastState });
  const waiting = { waiting: { reason: 'ImagePullBackOff', message: 'no such tag' } };
  const crashed = { terminated: { exitCode: 1, reason: 'Error', message: 'no database' } };

  for (const [what, status, expected] of [
    [
      'a container that waits',
      { containerStatuses: [container(waiting)] },
      ['container web: ImagePullBackOff: no such tag'],
    ],
    [
      'one that ended before',
      { containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } }, crashed)] },
      ['container web: CrashLoopBackOff; last ended: Error, exit code 1: no database'],
    ],
    [
      'one that has ended now',
      { containerStatuses: [container(crashed)] },
      ['container web: Error, exit code 1: no database'],
    ],
    [
      'an init container',
      { initContainerStatuses: [container(crashed)] },
      ['container web: Error, exit code 1: no database'],
    ],
    [
      'no container yet',
      { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no node' }] },
      ['Unschedulable: no node'],
    ],
    [
      'one that is ready again',
      { conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [container({}, crashed)] },
      undefined,
    ],
    ['one that has succeeded', { phase: 'Succeeded', containerStatuses: [container(waiting)] }, undefined],
  ] as const) {
    test(`a Pod: ${what}`, async () => {
      const { troubles, queries } = cluster({
        [DEPLOYMENT]: deployment,
        [PODS]: { items: [pod(status)] },
        [EVENTS]: 'forbidden',
      });
      const told = await troubles(KEY, application(), SIGNAL);
      expect(told.map(({ reasons }) => reasons)).toEqual(expected ? [expected] : []);
      expect(queries[0]).toMatchObject({ labelSelector: 'app=web,tier=a' });
    });
  }

  test('conditions of a workload that say no, or what has failed', async () => {
    const conditions = [
      { type: 'Available', status: 'True', reason: 'Enough' },
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' },
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota' },
    ];
    const { troubles } = cluster({ [DEPLOYMENT]: { ...deployment, status: { conditions } }, [PODS]: { items: [] } });
    expect(await troubles(KEY, application(), SIGNAL)).toEqual([
      {
        ...{ resource: 'Deployment shop/web', state: '' },
        reasons: ['ProgressDeadlineExceeded: timed out', 'FailedCreate: quota'],
      },
    ]);
  });

  for (const [what, destination, resources, objects, expected] of [
    ['what is missing', here, [resource], {}, [{ resource: 'Deployment shop/web', state: 'Missing' }]],
    [
      'what may not be read',
      here,
      [resource],
      { [DEPLOYMENT]: 'forbidden' },
      [{ reasons: ['"ci" may not; grant it'] }],
    ],
    ['another cluster is not asked', { server: 'https://other' }, [resource], { [DEPLOYMENT]: 'forbidden' }, []],
    ['this one by its name is', { name: 'in-cluster' }, [resource], {}, [{ state: 'Missing' }]],
    ['what makes no Pods is not read', here, [{ kind: 'Service', namespace: 'shop', name: 'web' }], {}, []],
  ] as const) {
    test(what, async () => {
      const { troubles } = cluster(objects);
      expect(await troubles(KEY, application(destination, resources), SIGNAL)).toMatchObject(expected);
    });
  }
});
