import { isDeepStrictEqual } from 'node:util';
import { type Application, applicationId } from '../core/applications/application.ts';
import type { ImageUpdaterObject } from '../core/objects/image-updater-object.ts';
import type { ApplicationSource, Applications } from '../ports/application-source.ts';
import type { ClusterChange, ClusterChanges } from '../ports/cluster.ts';

/** Files that are looked through again and again, since nothing tells of their changes. */
export type FollowedFiles = ApplicationSource & ClusterChanges;

export interface FollowOptions {
  readonly everyMs: number;
  /** Rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** The same source, which also tells how its Applications and ImageUpdaters change, as long as somebody listens. */
export function followFiles(source: ApplicationSource, { everyMs, sleep }: FollowOptions): FollowedFiles {
  const readAll = async (signal: AbortSignal) => objectsOf(await source.load(signal));
  async function follow(happened: (change: ClusterChange) => void, signal: AbortSignal): Promise<void> {
    for (let before = await readAll(signal); ; ) {
      await sleep(everyMs, signal);
      const now = await readAll(signal);
      for (const change of changesBetween(before, now)) happened(change);
      before = now;
    }
  }
  return {
    ...source,
    // A load reads all there is.
    synced: async () => {},
    listen(happened) {
      const stop = new AbortController();
      follow(happened, stop.signal).catch((error: unknown) => {
        if (!stop.signal.aborted) throw error;
      });
      return { [Symbol.dispose]: () => stop.abort() };
    },
  };
}

type Followed = Pick<ClusterChange, 'kind' | 'namespace' | 'name'> & { readonly object: object };

function objectsOf({ applications, imageUpdaters }: Applications): ReadonlyMap<string, Followed> {
  // Where an object stands in its file is no part of it.
  const named = (kind: Followed['kind'], { origin, ...object }: Application | ImageUpdaterObject) =>
    [`${kind} ${applicationId(object)}`, { kind, namespace: object.namespace, name: object.name, object }] as const;
  return new Map([
    ...applications.map((one) => named('Application', one)),
    ...imageUpdaters.map((one) => named('ImageUpdater', one)),
  ]);
}

function changesBetween(
  before: ReadonlyMap<string, Followed>,
  now: ReadonlyMap<string, Followed>,
): readonly ClusterChange[] {
  return [...new Set([...before.keys(), ...now.keys()])].flatMap((key): ClusterChange[] => {
    const [old, found] = [before.get(key), now.get(key)];
    const one = found ?? old;
    if (one === undefined || isDeepStrictEqual(old?.object, found?.object)) return [];
    const { kind, namespace, name } = one;
    return [{ kind, namespace, name, change: !old ? 'added' : found ? 'modified' : 'deleted' }];
  });
}
