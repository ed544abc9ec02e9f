import type { QueueState } from '../ports/observers.ts';

/** How long a key rests that failed: twice as long after every failure, up to a limit. */
export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * What is to be looked at, by its key, and when. A key says which thing to look at and never why: however often one is
 * asked for, it waits once, and one that is asked for while it is being looked at is looked at again. Times are
 * milliseconds of a clock that never goes back.
 */
export interface WorkQueue {
  /** Asks for a look at a moment; of several wishes the earliest counts. */
  add(key: string, atMs: number): void;
  /** Hands out keys that are due, those that wait longest first. Nobody else gets them until they are done. */
  take(nowMs: number, most: number): readonly string[];
  /**
   * Ends the look at keys. Those that failed come again by themselves, after a pause that grows with every failure; the
   * others do when somebody asks.
   * @param random  from 0 up to 1; one number for all of them, so that they stay together
   */
  done(keys: readonly string[], failed: ReadonlySet<string>, nowMs: number, random: number): void;
  /** Keys whose last look failed. */
  failing(): readonly string[];
  /** When `take` has something to hand out; undefined when nothing waits that may be taken. */
  nextMs(): number | undefined;
  state(nowMs: number): QueueState;
}

export function openQueue({ firstMs, longestMs }: BackOff): WorkQueue {
  const waiting = new Map<string, number>();
  const taken = new Set<string>();
  const failures = new Map<string, number>();
  const add = (key: string, atMs: number) => {
    waiting.set(key, Math.min(atMs, waiting.get(key) ?? atMs));
  };
  const ready = (nowMs: number) => [...waiting].filter(([key, atMs]) => atMs <= nowMs && !taken.has(key));
  return {
    add,
    take(nowMs, most) {
      const keys = ready(nowMs)
        .sort(([, a], [, b]) => a - b)
        .slice(0, most)
        .map(([key]) => key);
      for (const key of keys) {
        waiting.delete(key);
        taken.add(key);
      }
      return keys;
    },
    done(keys, failed, nowMs, random) {
      for (const key of keys) {
        taken.delete(key);
        if (!failed.has(key)) {
          failures.delete(key);
          continue;
        }
        const before = failures.get(key) ?? 0;
        failures.set(key, before + 1);
        add(key, nowMs + Math.min(longestMs, firstMs * 2 ** before) * (0.75 + 0.5 * random));
      }
    },
    failing: () => [...failures.keys()],
    nextMs() {
      let next: number | undefined;
      for (const [key, atMs] of waiting) {
        if (!taken.has(key) && (next === undefined || atMs < next)) next = atMs;
      }
      return next;
    },
    state(nowMs) {
      const due = ready(nowMs);
      return { depth: due.length, oldestMs: due.reduce((oldest, [, atMs]) => Math.max(oldest, nowMs - atMs), 0) };
    },
  };
}
