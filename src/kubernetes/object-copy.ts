import { isDeepStrictEqual } from 'node:util';
import { idOf } from '../core/objects/object-key.ts';
import type { Untyped } from '../core/untyped.ts';
import type { Objects } from './list-objects.ts';

type Change = 'added' | 'modified' | 'deleted';

export interface CopyOptions<T> extends Objects<T> {
  /** Told of what became of what is kept, by "namespace/name"; not of the first list. */
  readonly changed: (change: Change, key: string) => void;
  /** The part of what is kept whose change is one to tell; all of it without. */
  readonly telling?: (kept: T) => unknown;
}

/** What is kept of some objects. There is none before the first complete list, and no half one ever. */
export interface ObjectCopy<T> {
  items(): ReadonlyMap<string, T> | undefined;
  /** Takes a list for the whole of it, and tells the differences to the one before. */
  replace(items: Map<string, T>): void;
  /** @param type  of a watch's event; an object that no longer fits a selector comes as DELETED too */
  follow(type: unknown, object: Untyped): void;
}

export function objectCopy<T>({ keep, changed, telling = (kept) => kept }: CopyOptions<T>): ObjectCopy<T> {
  let items: Map<string, T> | undefined;
  const tell = (key: string, before: T | undefined, now: T | undefined) => {
    if (before === undefined) {
      if (now !== undefined) changed('added', key);
    } else if (now === undefined) changed('deleted', key);
    else if (!isDeepStrictEqual(telling(before), telling(now))) changed('modified', key);
  };
  return {
    items: () => items,
    replace(now) {
      const before = items;
      items = now;
      if (!before) return;
      for (const key of new Set([...before.keys(), ...now.keys()])) tell(key, before.get(key), now.get(key));
    },
    follow(type, object) {
      const key = idOf(object);
      const before = items?.get(key);
      const now = type === 'DELETED' ? undefined : keep(object);
      if (now === undefined) items?.delete(key);
      else items?.set(key, now);
      tell(key, before, now);
    },
  };
}
