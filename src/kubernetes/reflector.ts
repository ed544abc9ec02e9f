import { Failure } from '../core/failure.ts';
import { unlessAborted } from '../core/unless-aborted.ts';
import { mappingAt, textAt, type Untyped } from '../core/untyped.ts';
import type { Patience } from '../ports/cluster.ts';
import type { KubernetesClient } from './client.ts';
import { listObjects, selection } from './list-objects.ts';
import { type CopyOptions, objectCopy } from './object-copy.ts';
import type { Waiting } from './waiting.ts';

/** A copy of some objects of a cluster that follows their changes. */
export interface Reflector<T> {
  /**
   * The complete copy, as new as the watch: never a half list, also not while it is listed anew. Waits for the first.
   * @throws {Failure} what the first list met, if waiting does not mend it, or patience is over; ABORTED
   */
  items(signal: AbortSignal): Promise<ReadonlyMap<string, T>>;
  /** Why the copy is not followed at present; undefined while it is. */
  trouble(): Failure | undefined;
  /** Resolves when `signal`, which the reflector was started with, has ended it. */
  readonly ended: Promise<void>;
}

// A connection that died in silence is noticed when its watch should have ended, so this bounds how old a copy can be.
const WATCH_SECONDS = 60;
const WATCH_JITTER_SECONDS = 60;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/** Lists and watches until `signal` aborts. */
export function startReflector<T>(
  client: KubernetesClient,
  options: CopyOptions<T> & Waiting & { readonly patience: Patience },
  signal: AbortSignal,
): Reflector<T> {
  const first = Promise.withResolvers<void>();
  // Nobody may be waiting.
  first.promise.catch(() => {});
  const copy = objectCopy(options);
  let resourceVersion = '';
  let isKnown = false;
  let trouble: Failure | undefined;

  async function list(): Promise<void> {
    const listed = await listObjects(client, options, signal);
    copy.replace(listed.items);
    resourceVersion = listed.resourceVersion;
    trouble = undefined;
    first.resolve();
  }

  /** @returns  false for the end of a watch whose version is too old */
  function apply(event: Untyped): boolean {
    const object = mappingAt(event, 'object');
    if (event['type'] === 'ERROR') return false;
    trouble = undefined;
    resourceVersion = textAt(mappingAt(object, 'metadata'), 'resourceVersion') ?? resourceVersion;
    if (event['type'] !== 'BOOKMARK') copy.follow(event['type'], object);
    return true;
  }

  /** @returns  whether it ran its time; otherwise the version is no longer known, and all must be listed anew */
  async function watch(): Promise<boolean> {
    const query = { ...selection(options), resourceVersion, allowWatchBookmarks: 'true' };
    try {
      return await client.watch(options.place, query, watchSeconds(options.random()), apply, signal);
    } catch (error) {
      // HTTP 410 comes in place of the first event, the ERROR event amid others.
      if (error instanceof Failure && error.code === 'CLUSTER_REFUSED') return false;
      throw error;
    }
  }

  /** @returns  whether all went well */
  async function listAndWatch(): Promise<boolean> {
    try {
      if (!isKnown) await list();
      isKnown = true;
      isKnown = await watch();
      if (isKnown) trouble = undefined;
      return isKnown;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      trouble = error;
      if (isFinal(error) || (copy.items() === undefined && !options.patience(error))) first.reject(error);
      return false;
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      failures = (await listAndWatch()) ? 0 : failures + 1;
      await options.sleep(pauseMs(failures, options.random()), signal).catch(() => {});
    }
    first.reject(aborted());
  }

  const ended = run();
  return {
    async items(waiting) {
      if (copy.items() === undefined && trouble && isFinal(trouble)) throw trouble;
      if (copy.items() === undefined) await unlessAborted(first.promise, waiting, aborted);
      return copy.items() ?? new Map();
    },
    trouble: () => trouble,
    ended,
  };
}

function watchSeconds(random: number): number {
  return Math.round(WATCH_SECONDS + WATCH_JITTER_SECONDS * random);
}

/** Growing, and spread so that replicas do not come all at once; a moment even after a watch that ran its time. */
function pauseMs(failures: number, random: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.5 + random);
}

function isFinal({ code }: Failure): boolean {
  return code !== 'CLUSTER_UNREACHABLE' && code !== 'CLUSTER_OVERLOADED';
}

function aborted(): Failure {
  return new Failure('ABORTED', 'stopped before all was listed', { fix: 'run it again' });
}
