import { Failure } from '../core/failure.ts';
import { idOf } from '../core/objects/object-key.ts';
import { mappingAt, textAt, type Untyped } from '../core/untyped.ts';
import type { KubernetesClient } from './client.ts';
import { describePlace, type Place } from './resources.ts';

/** What is kept of each object of a list, by "namespace/name", and the version that the list is of. */
export interface Listed<T> {
  readonly items: Map<string, T>;
  readonly resourceVersion: string;
}

export interface Objects<T> {
  readonly place: Place;
  /** "a=b,c in (d)" */
  readonly labelSelector?: string;
  /** What is kept of an object; undefined for one that is passed over. */
  readonly keep: (object: Untyped) => T | undefined;
}

const PAGE = 500;
/** A list whose pages took so long that its version was forgotten is begun again; a third time is not bad luck. */
const MOST_TRIES = 3;

/**
 * All objects at one version, page by page: of each page only what is kept outlives the next one.
 * @throws {Failure} as `KubernetesClient.call`
 */
export async function listObjects<T>(
  client: KubernetesClient,
  objects: Objects<T>,
  signal: AbortSignal,
): Promise<Listed<T>> {
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    const listed = await tryList(client, objects, signal);
    if (listed !== 'expired') return listed;
  }
  throw new Failure('CLUSTER_OVERLOADED', `its list expired ${MOST_TRIES} times before it was read to its end`, {
    fix: 'see why the API server is so slow, or watch fewer namespaces',
    retry: { kind: 'backoff' },
    object: describePlace(objects.place),
  });
}

async function tryList<T>(
  client: KubernetesClient,
  objects: Objects<T>,
  signal: AbortSignal,
): Promise<Listed<T> | 'expired'> {
  const items = new Map<string, T>();
  const each = (object: Untyped): void => {
    const kept = keep(object);
    if (kept !== undefined) items.set(idOf(object), kept);
  };
  const { place, keep } = objects;
  for (let token = ''; ; ) {
    const query = { ...selection(objects), limit: String(PAGE), ...(token === '' ? {} : { continue: token }) };
    const { status, body } = await client.call({ verb: 'list', place, query, understands: [410], each }, signal);
    if (status === 410) return 'expired';
    const metadata = mappingAt(body, 'metadata');
    token = textAt(metadata, 'continue') ?? '';
    if (token === '') return { items, resourceVersion: textAt(metadata, 'resourceVersion') ?? '' };
  }
}

/** The part of a query that chooses by labels. */
export function selection({
  labelSelector,
}: Pick<Objects<unknown>, 'labelSelector'>): Readonly<Record<string, string>> {
  return labelSelector === undefined ? {} : { labelSelector };
}
