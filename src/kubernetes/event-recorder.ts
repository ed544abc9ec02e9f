import type { ClusterEvent, EventRecorder } from '../ports/cluster.ts';
import type { KubernetesClient } from './client.ts';
import { APPLICATIONS, apiVersionOf, EVENTS, IMAGE_UPDATERS } from './resources.ts';

export interface EventTools {
  /** As it was last seen; without it `kubectl describe` does not show the Event. */
  readonly uidOf: (kind: ClusterEvent['kind'], key: ClusterEvent['object']) => string | undefined;
  readonly nowMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** Upstream's, by which dashboards and alerts choose its Events. */
const COMPONENT = 'ArgocdImageUpdater';
const MOST_MESSAGE_BYTES = 1024;
const MOST_NAME = 253;

export function eventRecorder(client: KubernetesClient, tools: EventTools): EventRecorder {
  return {
    async record({ kind, object, type, reason, message, annotations }, signal) {
      const resource = kind === 'Application' ? APPLICATIONS : IMAGE_UPDATERS;
      const uid = tools.uidOf(kind, object);
      const now = new Date(tools.nowMs()).toISOString();
      const name = eventName(object.name, tools);
      const content = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace: object.namespace, ...(annotations ? { annotations } : {}) },
        involvedObject: { apiVersion: apiVersionOf(resource), kind, ...object, ...(uid === undefined ? {} : { uid }) },
        ...{ type, reason, message: shortened(message), count: 1, firstTimestamp: now, lastTimestamp: now },
        source: { component: COMPONENT },
      };
      const place = { resource: EVENTS, namespace: object.namespace };
      const body = { type: 'application/json', content } as const;
      // 409: a try before this one did arrive.
      await client.call({ verb: 'create', place, body, understands: [409] }, signal);
    },
  };
}

/** "shop.18a7f3c2d4e5f601": the time in nanoseconds, of which the last ones are random, in hexadecimal. */
function eventName(object: string, { nowMs, random }: EventTools): string {
  const suffix = (BigInt(nowMs()) * 1_000_000n + BigInt(Math.floor(random() * 1_000_000))).toString(16);
  return `${object.slice(0, MOST_NAME - suffix.length - 1)}.${suffix}`;
}

function shortened(message: string): string {
  const bytes = Buffer.from(message);
  if (bytes.length <= MOST_MESSAGE_BYTES) return message;
  // A character that was cut in two decodes as U+FFFD.
  return `${bytes
    .subarray(0, MOST_MESSAGE_BYTES - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')}…`;
}
