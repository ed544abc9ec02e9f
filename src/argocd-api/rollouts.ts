import { Failure } from '../core/failure.ts';
import { keyOf } from '../core/objects/object-key.ts';
import { isUntyped, listAt, mappingAt, textAt, type Untyped } from '../core/untyped.ts';
import { resourceName, type Trouble } from '../core/wait-report.ts';
import type { ObjectKey } from '../ports/cluster.ts';
import { MARK_NAME, type Rollouts, type SyncOutcome } from '../ports/rollout.ts';
import type { ArgocdAnswer, ArgocdClient } from './client.ts';

/** A resource in the way, and its node in the tree. */
interface Troubled {
  readonly node: Untyped;
  readonly trouble: Trouble;
}

const MOST_TOLD = 20;
const MOST_ASKED_FOR_EVENTS = 5;
const MOST_TOLD_EVENTS = 3;

/** Worst first; what is under way counts only where nothing is worse. */
const HEALTH = ['Degraded', 'Missing', 'Unknown'];
const UNDER_WAY = ['Progressing', 'Suspended'];

/** Rollouts asked for and looked at over Argo CD's own API. */
export function rollouts(client: ArgocdClient): Rollouts {
  return {
    async select(namespace, labelSelector, signal) {
      const query = { selector: labelSelector, ...(namespace ? { appNamespace: namespace } : {}) };
      const request = { method: 'GET', path: '/applications', query, object: 'Applications' } as const;
      const { body } = await client.call(request, signal);
      return listAt(body, 'items').filter(isUntyped).map(keyOf);
    },
    async sync({ namespace, name }, mark, signal) {
      const path = `/applications/${encodeURIComponent(name)}`;
      const place = { appNamespace: namespace, project: '' };
      const object = `Application ${namespace}/${name}`;
      const read = await client.call({ method: 'GET', path, query: place, object, understands: [404] }, signal);
      if (read.status === 404) return { kind: 'gone' };
      const spec = mappingAt(read.body, 'spec');
      const body = {
        ...{ name, appNamespace: namespace, project: textAt(spec, 'project') ?? '' },
        // Options and retries that are left out are the Application's own, pruning is not.
        prune: mappingAt(mappingAt(spec, 'syncPolicy'), 'automated')['prune'] === true,
        infos: [{ name: MARK_NAME, value: mark }],
      };
      const understands = (answer: ArgocdAnswer) => outcomeOf(answer) !== undefined;
      const answer = await client.call({ method: 'POST', path: `${path}/sync`, body, object, understands }, signal);
      return outcomeOf(answer) ?? { kind: 'asked' };
    },
    async troubles(application, _object, signal) {
      try {
        return await readTroubles(client, application, signal);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return [{ resource: 'resources', state: '', reasons: [`${error.message}; ${error.fix}`] }];
      }
    },
  };
}

/** What a sync that was not asked for came to; undefined for other answers. A window has the status of a missing right. */
function outcomeOf({ status, body }: ArgocdAnswer): SyncOutcome | undefined {
  const reason = textAt(body, 'message') ?? `HTTP ${status}`;
  if (status === 404) return { kind: 'gone' };
  if (status === 403 && reason.includes('sync window')) return { kind: 'blocked', reason };
  if (status !== 400) return undefined;
  return reason.includes('operation is already in progress') ? { kind: 'busy' } : { kind: 'refused', reason };
}

async function readTroubles(
  client: ArgocdClient,
  { namespace, name }: ObjectKey,
  signal: AbortSignal,
): Promise<readonly Trouble[]> {
  const object = `Application ${namespace}/${name}`;
  const path = `/applications/${encodeURIComponent(name)}`;
  const place = { appNamespace: namespace };
  const tree = await client.call({ method: 'GET', path: `${path}/resource-tree`, query: place, object }, signal);
  const troubled = worstOf(listAt(tree.body, 'nodes').filter(isUntyped).map(troubleOf));
  const eventsOn = async (node: Untyped): Promise<readonly string[]> => {
    const query = {
      ...place,
      resourceNamespace: textAt(node, 'namespace') ?? '',
      resourceName: textAt(node, 'name') ?? '',
      resourceUID: textAt(node, 'uid') ?? '',
    };
    // A node may be gone by now, and Events be hidden.
    const understands = [400, 403, 404, 500];
    const { body } = await client.call({ method: 'GET', path: `${path}/events`, query, object, understands }, signal);
    return warningsIn(body);
  };
  const events = await Promise.all(troubled.slice(0, MOST_ASKED_FOR_EVENTS).map(({ node }) => eventsOn(node)));
  return troubled.map(({ trouble }, index) => ({
    ...trouble,
    reasons: [...trouble.reasons, ...(events[index] ?? [])],
  }));
}

function troubleOf(node: Untyped): Troubled {
  const health = mappingAt(node, 'health');
  const message = textAt(health, 'message');
  // Of Pods: what stands in the column STATUS of kubectl, such as CrashLoopBackOff.
  const told = listAt(node, 'info')
    .filter(isUntyped)
    .filter((info) => ['Status Reason', 'Containers'].includes(textAt(info, 'name') ?? ''))
    .map((info) => `${textAt(info, 'name')}: ${textAt(info, 'value') ?? ''}`);
  const trouble = {
    resource: resourceName(node),
    state: textAt(health, 'status') ?? '',
    reasons: [...(message ? [message] : []), ...told],
  };
  return { node, trouble };
}

function worstOf(all: readonly Troubled[]): readonly Troubled[] {
  const within = (states: readonly string[]) =>
    states.flatMap((state) => all.filter(({ trouble }) => trouble.state === state));
  const bad = within(HEALTH);
  return (bad.length > 0 ? bad : within(UNDER_WAY)).slice(0, MOST_TOLD);
}

function warningsIn(list: Untyped): readonly string[] {
  const messages = listAt(list, 'items')
    .filter(isUntyped)
    .filter((event) => event['type'] === 'Warning')
    .map((event) => `${textAt(event, 'reason') ?? ''}: ${textAt(event, 'message') ?? ''}`);
  return [...new Set(messages)].slice(-MOST_TOLD_EVENTS);
}
