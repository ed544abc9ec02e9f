import type { Failure } from '../core/failure.ts';
import type { Patience } from '../ports/cluster.ts';
import type { KubernetesClient } from './client.ts';
import { listObjects } from './list-objects.ts';
import type { CopyOptions } from './object-copy.ts';
import { startReflector } from './reflector.ts';
import type { Waiting } from './waiting.ts';

/** Objects of one kind in one namespace, or in all. */
export interface Collection<T> {
  /** All of them. @throws {Failure} as `KubernetesClient.call` */
  items(signal: AbortSignal): Promise<ReadonlyMap<string, T>>;
  /** Why they may be out of date. */
  trouble(): Failure | undefined;
}

/** How collections are kept: listed whenever they are asked for, or followed. */
export interface Collections extends AsyncDisposable {
  open<T>(objects: CopyOptions<T>): Collection<T>;
}

/** For who asks once. */
export function listedCollections(client: KubernetesClient): Collections {
  return {
    open: (objects) => ({
      items: async (signal) => (await listObjects(client, objects, signal)).items,
      trouble: () => undefined,
    }),
    async [Symbol.asyncDispose]() {},
  };
}

/** Listed once, then followed. */
export function watchedCollections(
  client: KubernetesClient,
  waiting: Waiting,
  patience: Patience = () => true,
): Collections {
  const stop = new AbortController();
  const ended: Promise<void>[] = [];
  return {
    open(objects) {
      const reflector = startReflector(client, { ...objects, ...waiting, patience }, stop.signal);
      ended.push(reflector.ended);
      return reflector;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(ended);
    },
  };
}

/** One collection for each namespace that is asked for; undefined for all of them together. */
export function perNamespace<T>(
  collections: Collections,
  objectsIn: (namespace: string | undefined) => CopyOptions<T>,
): (namespace: string | undefined) => Collection<T> {
  const opened = new Map<string | undefined, Collection<T>>();
  return (namespace) => {
    const collection = opened.get(namespace) ?? collections.open(objectsIn(namespace));
    opened.set(namespace, collection);
    return collection;
  };
}
