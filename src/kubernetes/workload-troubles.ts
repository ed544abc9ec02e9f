import { isUntyped, listAt, mappingAt, textAt, textMapAt, type Untyped } from '../core/untyped.ts';
import type { Trouble } from '../core/wait-report.ts';
import type { KubernetesClient } from './client.ts';
import { EVENTS, type Place, type Resource } from './resources.ts';

const APPS = { group: 'apps', version: 'v1' };
const PODS: Resource = { group: '', version: 'v1', plural: 'pods', kind: 'Pod' };

/** What makes Pods, and chooses them by labels. */
const WORKLOADS: readonly Resource[] = [
  { ...APPS, plural: 'deployments', kind: 'Deployment' },
  { ...APPS, plural: 'statefulsets', kind: 'StatefulSet' },
  { ...APPS, plural: 'daemonsets', kind: 'DaemonSet' },
  { ...APPS, plural: 'replicasets', kind: 'ReplicaSet' },
  { group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job' },
  { group: 'argoproj.io', version: 'v1alpha1', plural: 'rollouts', kind: 'Rollout' },
];

const MOST_WORKLOADS = 20;
const MOST_PODS = 50;
const MOST_TOLD_PODS = 3;
const MOST_EVENTS = 100;
const MOST_TOLD_EVENTS = 3;

/**
 * What is wrong with workloads and their Pods, as they say it themselves, and as Events do where these may be read.
 * @param resources  `status.resources` of an Application
 * @throws {Failure} CLUSTER_FORBIDDEN, ...
 */
export async function workloadTroubles(
  client: KubernetesClient,
  resources: readonly unknown[],
  signal: AbortSignal,
): Promise<readonly Trouble[]> {
  const places = resources.filter(isUntyped).flatMap(placeOf).slice(0, MOST_WORKLOADS);
  const troubles = await Promise.all(places.map((place) => troublesOf(client, place, signal)));
  return troubles.flat();
}

function placeOf(resource: Untyped): readonly Place[] {
  const known = [...WORKLOADS, PODS].find(
    ({ group, kind }) => kind === textAt(resource, 'kind') && group === (textAt(resource, 'group') ?? ''),
  );
  const namespace = textAt(resource, 'namespace');
  const name = textAt(resource, 'name');
  return known && namespace && name ? [{ resource: known, namespace, name }] : [];
}

async function troublesOf(client: KubernetesClient, place: Place, signal: AbortSignal): Promise<readonly Trouble[]> {
  const { status, body } = await client.call({ verb: 'get', place, understands: [404] }, signal);
  if (status === 404) return [{ resource: nameOf(place), state: 'Missing', reasons: [] }];
  const pods = place.resource === PODS ? [body] : await podsOf(client, place, body, signal);
  const own = place.resource === PODS ? [] : conditionsOf(body);
  const troubled = pods.map((pod) => podTrouble(pod)).filter(({ reasons }) => reasons.length > 0);
  const told = await Promise.all(
    troubled.slice(0, MOST_TOLD_PODS).map(async (trouble) => {
      const events = await eventsOn(client, place.namespace, trouble.resource.slice('Pod '.length), signal);
      return { ...trouble, reasons: [...trouble.reasons, ...events] };
    }),
  );
  return [...(own.length > 0 ? [{ resource: nameOf(place), state: '', reasons: own }] : []), ...told];
}

function nameOf({ resource, namespace, name }: Place): string {
  return `${resource.kind} ${namespace}/${name}`;
}

async function podsOf(
  client: KubernetesClient,
  { namespace }: Place,
  workload: Untyped,
  signal: AbortSignal,
): Promise<readonly Untyped[]> {
  const labels = Object.entries(textMapAt(mappingAt(mappingAt(workload, 'spec'), 'selector'), 'matchLabels'));
  if (labels.length === 0) return [];
  const query = { labelSelector: labels.map(([key, value]) => `${key}=${value}`).join(','), limit: String(MOST_PODS) };
  const { body } = await client.call({ verb: 'list', place: { resource: PODS, namespace }, query }, signal);
  return listAt(body, 'items').filter(isUntyped);
}

/** Conditions that say no, and those that are bad when they say yes. */
function conditionsOf(workload: Untyped): readonly string[] {
  return listAt(mappingAt(workload, 'status'), 'conditions')
    .filter(isUntyped)
    .filter((condition) => {
      const isBadWhenTrue = /Fail|Degraded/.test(textAt(condition, 'type') ?? '');
      return textAt(condition, 'status') === (isBadWhenTrue ? 'True' : 'False');
    })
    .map((condition) => sentence(textAt(condition, 'reason'), textAt(condition, 'message')));
}

function podTrouble(pod: Untyped): Trouble {
  const metadata = mappingAt(pod, 'metadata');
  const status = mappingAt(pod, 'status');
  const phase = textAt(status, 'phase') ?? '';
  const containers = [...listAt(status, 'initContainerStatuses'), ...listAt(status, 'containerStatuses')];
  const isReady = listAt(status, 'conditions').some(
    (condition) => isUntyped(condition) && condition['type'] === 'Ready' && condition['status'] === 'True',
  );
  const reasons = isReady || phase === 'Succeeded' ? [] : containers.filter(isUntyped).flatMap(containerReason);
  const conditions = isReady || phase === 'Succeeded' || reasons.length > 0 ? [] : conditionsOf(pod);
  return {
    resource: `Pod ${textAt(metadata, 'namespace')}/${textAt(metadata, 'name')}`,
    state: phase,
    reasons: [...reasons, ...conditions],
  };
}

function containerReason(container: Untyped): readonly string[] {
  const name = textAt(container, 'name') ?? '';
  const state = mappingAt(container, 'state');
  const waiting = mappingAt(state, 'waiting');
  const ended = [mappingAt(state, 'terminated'), mappingAt(mappingAt(container, 'lastState'), 'terminated')].find(
    (one) => (textAt(one, 'exitCode') ?? '0') !== '0',
  );
  const exit = ended && `exit code ${textAt(ended, 'exitCode')}`;
  const last =
    ended && sentence([textAt(ended, 'reason'), exit].filter((text) => text).join(', '), textAt(ended, 'message'));
  const why = textAt(waiting, 'reason') && sentence(textAt(waiting, 'reason'), textAt(waiting, 'message'));
  const said = [why, last].filter((text) => text !== undefined);
  return said.length === 0 ? [] : [`container ${name}: ${said.join('; last ended: ')}`];
}

function sentence(reason: string | undefined, message: string | undefined): string {
  return [reason, message].filter((text) => text !== undefined && text !== '').join(': ');
}

/** None where they may not be read, which is an optional right. */
async function eventsOn(
  client: KubernetesClient,
  namespace: string | undefined,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const query = {
    fieldSelector: `involvedObject.kind=Pod,involvedObject.name=${name.slice(name.indexOf('/') + 1)},type=Warning`,
    limit: String(MOST_EVENTS),
  };
  const place = { resource: EVENTS, namespace };
  const { status, body } = await client.call({ verb: 'list', place, query, understands: [403] }, signal);
  if (status === 403) return [];
  const messages = listAt(body, 'items')
    .filter(isUntyped)
    .map((event) => sentence(textAt(event, 'reason'), textAt(event, 'message')));
  return [...new Set(messages)].slice(-MOST_TOLD_EVENTS);
}
