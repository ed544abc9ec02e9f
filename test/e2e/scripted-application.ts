import { setTimeout as sleep } from 'node:timers/promises';
import { isUntyped, mappingAt, type Untyped } from '../../src/core/untyped.ts';
import { until } from '../support/until.ts';
import type { Kube } from './kube.ts';
import { application } from './kube-objects.ts';

/** One thing that a controller does to an Application. */
export type Act =
  /** Takes the request to look away, once it is there, and says what was found. */
  | { readonly refreshed: object }
  /** Changes the status, as RFC 7396 does. */
  | { readonly status: object }
  /** Takes a requested operation up, once it is there, and says how it ended. */
  | { readonly operated: object }
  | 'deleted';

export interface Script {
  readonly name: string;
  readonly spec?: object;
  readonly labels?: object;
  /** Before anybody looks. */
  readonly status?: object;
  readonly acts: readonly Act[];
}

/** What `status` has when all is well at a commit. */
export function settledAt(revision: string, more: object = {}): object {
  return {
    reconciledAt: '2026-01-01T01:00:00Z',
    sync: { status: 'Synced', revision },
    health: { status: 'Healthy' },
    ...more,
  };
}

/** An operation as it is told while it runs (`ended` null) and afterwards. */
export function operation(phase: string, revision: string, more: object = {}): object {
  const source = { repoURL: 'https://x' };
  return {
    operationState: {
      ...{ phase, operation: { sync: { revision } }, startedAt: '2026-01-01T00:30:00Z' },
      syncResult: { revision, source },
      ...more,
    },
  };
}

const MERGE = 'application/merge-patch+json';
const STEP_MS = 400;
const AGAIN_MS = 2_000;

/**
 * Makes the Application; what is returned plays its controller, and tells which operations were requested. Until `over` it
 * goes on to take requests to look away: who waits for long asks again.
 */
export async function stage(
  kube: Kube,
  { name, spec, labels, status, acts }: Script,
): Promise<(over?: Promise<unknown>) => Promise<readonly Untyped[]>> {
  const path = `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`;
  const plain = application(name);
  const metadata = { ...plain.metadata, ...(labels ? { labels } : {}) };
  await kube.apply({ ...plain, metadata, spec: { ...plain.spec, ...spec } });
  if (status) await kube.admin('PATCH', path, { status }, MERGE);
  return async (over) => {
    const requested = await perform(kube, path, acts);
    let isOver = over === undefined;
    const stop = () => {
      isOver = true;
    };
    void over?.then(stop, stop);
    for (; !isOver; await sleep(AGAIN_MS)) await takeAway(kube, path);
    return requested;
  };
}

async function perform(kube: Kube, path: string, acts: readonly Act[]): Promise<readonly Untyped[]> {
  const patch = (body: object) => kube.admin('PATCH', path, body, MERGE);
  const requested: Untyped[] = [];
  for (const act of acts) {
    await sleep(STEP_MS);
    if (act === 'deleted') await kube.admin('DELETE', path);
    else if ('status' in act) await patch({ status: act.status });
    else if ('refreshed' in act) {
      await until('a request to look', async () => Object.keys(askedOf(await kube.admin('GET', path))).length > 0);
      await sleep(STEP_MS);
      await takeAway(kube, path, { status: act.refreshed });
    } else {
      await until('a requested operation', async () => isUntyped((await kube.admin('GET', path))['operation']));
      const wanted = mappingAt(await kube.admin('GET', path), 'operation');
      requested.push(wanted);
      const running = { phase: 'Running', operation: wanted, startedAt: '2026-01-01T02:00:00Z', syncResult: null };
      await patch({ operation: null, status: { operationState: running } });
      await sleep(STEP_MS);
      await patch({ status: act.operated });
    }
  }
  return requested;
}

async function takeAway(kube: Kube, path: string, more: object = {}): Promise<void> {
  const asked = Object.keys(askedOf(await kube.admin('GET', path)));
  const annotations = Object.fromEntries(asked.map((key) => [key, null]));
  await kube.admin('PATCH', path, { metadata: { annotations }, ...more }, MERGE);
}

function askedOf(object: Untyped): Untyped {
  const annotations = Object.entries(mappingAt(mappingAt(object, 'metadata'), 'annotations'));
  return Object.fromEntries(annotations.filter(([key]) => /\/(refresh|hydrate)$/.test(key)));
}
