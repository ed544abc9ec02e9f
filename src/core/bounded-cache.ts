export interface BoundedCache<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
}

/** Keeps the values that were used last, as many as together weigh no more than `most`. */
export function boundedCache<V>(most: number, weigh: (value: V) => number): BoundedCache<V> {
  const values = new Map<string, V>();
  let total = 0;
  const drop = (key: string) => {
    const value = values.get(key);
    if (value !== undefined && values.delete(key)) total -= weigh(value);
  };
  return {
    get: (key) => {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value); // a Map keeps the order of insertion: the first one is the one unused for longest
      return value;
    },
    set: (key, value) => {
      drop(key);
      values.set(key, value);
      total += weigh(value);
      for (const [oldest] of values) {
        if (total <= most) break;
        drop(oldest);
      }
    },
    delete: drop,
  };
}

/** The part of a cache that belongs to one owner: what others have put there is not in it. */
export function partOf<V>(cache: BoundedCache<V>, owner: string): BoundedCache<V> {
  const keyOf = (key: string) => `${owner}#${key}`;
  return {
    get: (key) => cache.get(keyOf(key)),
    set: (key, value) => cache.set(keyOf(key), value),
    delete: (key) => cache.delete(keyOf(key)),
  };
}
