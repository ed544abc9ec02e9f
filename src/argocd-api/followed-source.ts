import { isDeepStrictEqual } from 'node:util';
import { type Application, applicationId } from '../core/applications/application.ts';
import { Failure } from '../core/failure.ts';
import { parseRollout } from '../core/objects/parse-rollout.ts';
import { unlessAborted } from '../core/unless-aborted.ts';
import { isUntyped, mappingAt, type Untyped } from '../core/untyped.ts';
import type { ApplicationSource, Applications } from '../ports/application-source.ts';
import type { ClusterChange, ClusterChanges, Patience } from '../ports/cluster.ts';
import type { RolloutObserver } from '../ports/observers.ts';
import { type ArgocdSource, argocdSource } from './argocd-source.ts';
import type { ArgocdClient, ClientTools } from './client.ts';

/** Applications that are listed once and followed from then on, until it is disposed of. */
export interface FollowedApplications extends Required<ApplicationSource>, ClusterChanges, AsyncDisposable {}

/** The server drops events without a word when it is busy, so that all is listed anew now and then. */
const STREAM_MS = 5 * 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

export function followApplications(
  client: ArgocdClient,
  tools: ClientTools,
  observer?: RolloutObserver,
  patience: Patience = () => true,
): FollowedApplications {
  const { load, live, read } = argocdSource(client);
  const stop = new AbortController();
  const listeners = new Set<(change: ClusterChange) => void>();
  const first = Promise.withResolvers<void>();
  // Nobody may be waiting.
  first.promise.catch(() => {});
  const seen: ArgocdSource['read'] = (object) => {
    const found = read(object);
    if (found.application) observer?.rolloutSeen(parseRollout(object, found.application));
    return found;
  };
  const copy = applicationCopy(seen, (change) => {
    for (const listener of listeners) listener(change);
  });
  let running: Promise<void> | undefined;
  let isListed = false;

  async function listAndFollow(): Promise<void> {
    copy.replace(await load(stop.signal));
    isListed = true;
    first.resolve();
    // The stream begins with all Applications there are, so that nothing is missed between the list and it.
    await client.stream('/stream/applications', STREAM_MS, (line) => copy.follow(line), stop.signal);
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stop.signal.aborted; ) {
      try {
        await listAndFollow();
        failures = 0;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        failures += 1;
        if (error.code !== 'ARGOCD_UNREACHABLE' || (!isListed && !patience(error))) first.reject(error);
      }
      const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.5 + tools.random());
      await tools.sleep(pauseMs, stop.signal).catch(() => {});
    }
    first.reject(aborted());
  }

  async function synced(signal: AbortSignal): Promise<void> {
    running ??= run();
    await unlessAborted(first.promise, signal, aborted);
  }

  return {
    live,
    synced,
    async load(signal) {
      await synced(signal);
      return copy.now();
    },
    listen(happened) {
      listeners.add(happened);
      return { [Symbol.dispose]: () => void listeners.delete(happened) };
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

/** What is known of all Applications; objects of the first list are no changes. */
function applicationCopy(read: ArgocdSource['read'], tell: (change: ClusterChange) => void) {
  const known = new Map<string, Application>();
  let listed: Applications | undefined;
  const keep = (id: string, now: Application | undefined) => {
    const before = known.get(id);
    if (now) known.set(id, now);
    else known.delete(id);
    const named = now ?? before;
    if (!named || !listed || isDeepStrictEqual(before, now)) return;
    const { namespace, name } = named;
    const change = before === undefined ? 'added' : now === undefined ? 'deleted' : 'modified';
    tell({ kind: 'Application', namespace, name, change });
  };
  return {
    now(): Applications {
      if (!listed) throw new Error('nothing is listed yet');
      return { ...listed, applications: [...known.values()] };
    },
    replace(now: Applications): void {
      const ids = new Set(now.applications.map(applicationId));
      for (const id of [...known.keys()]) if (!ids.has(id)) keep(id, undefined);
      for (const application of now.applications) keep(applicationId(application), application);
      listed = now;
    },
    follow(line: Untyped): void {
      const { type, application: object } = mappingAt(line, 'result');
      const { application } = isUntyped(object) ? read(object) : {};
      if (application) keep(applicationId(application), type === 'DELETED' ? undefined : application);
    },
  };
}

function aborted(): Failure {
  return new Failure('ABORTED', 'stopped before all Applications were listed', { fix: 'run it again' });
}
