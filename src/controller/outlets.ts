import { REFRESH } from '../config/annotations/annotation-keys.ts';
import { type Application, applicationId } from '../core/applications/application.ts';
import { Failure, type Problem, toProblem } from '../core/failure.ts';
import { isMoved, nextStatus, type UpdaterPart, updaterPart } from '../core/image-updater-status.ts';
import type { ImageUpdaterObject } from '../core/objects/image-updater-object.ts';
import type { ItemReport } from '../core/report.ts';
import type { ApplicationPatches, EventRecorder, ImageUpdaterStatuses, JsonPatchOperation } from '../ports/cluster.ts';
import { changeEvents } from './change-events.ts';
import type { Standings } from './standings.ts';
import type { ExchangeParts, KnownParts } from './status-exchange.ts';
import { keysOfUpdater, type Survey } from './survey.ts';

/** Where the cluster is told what a look came to. */
export interface Outlets {
  /** Undefined where there are no ImageUpdaters: over Argo CD's API. */
  readonly statuses: ImageUpdaterStatuses | undefined;
  /** Undefined where Events are switched off, or cannot be made. */
  readonly events: EventRecorder | undefined;
  readonly applications: ApplicationPatches;
  /** Where several shards look after an ImageUpdater's Applications. */
  readonly exchange?: ExchangeParts;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** A look, after it. */
export interface Looked {
  readonly survey: Survey;
  readonly keys: ReadonlySet<string>;
  readonly items: readonly ItemReport[];
  /** What is worth telling. */
  readonly news: readonly ItemReport[];
}

/** @returns  what could not be told; nothing of it stops the rest */
export type Tell = (looked: Looked, standings: Standings, signal: AbortSignal) => Promise<readonly Problem[]>;

// Only there so that upstream could forget the metrics of an object that is deleted.
const UPSTREAM_FINALIZER = 'resources-finalizer.argocd-image-updater.argoproj.io';
const AT_ONCE = 8;

export function openOutlets({ statuses, events, applications, exchange, nowMs }: Outlets): Tell {
  /** By uid: the watch may not have brought our own last write back yet. */
  const applied = new Map<string, unknown>();

  async function tellUpdater(
    { namespace, name, live }: ImageUpdaterObject,
    { configuration }: Survey,
    part: UpdaterPart,
    signal: AbortSignal,
  ): Promise<void> {
    if (!live || !statuses) return;
    const key = { namespace, name };
    if (live.isBeingDeleted) {
      if (live.finalizers.includes(UPSTREAM_FINALIZER)) await statuses.removeFinalizer(key, UPSTREAM_FINALIZER, signal);
      return;
    }
    const title = `ImageUpdater ${namespace}/${name}`;
    const status = nextStatus(
      applied.get(live.uid) ?? live.status,
      {
        generation: live.generation,
        part,
        problems: configuration.failures.filter(({ object }) => object === title),
      },
      nowMs(),
    );
    if (!status) return;
    if ((await statuses.apply(key, { ...status }, signal)) === 'applied') applied.set(live.uid, status);
  }

  return async (looked, standings, signal) => {
    const { survey, keys, news } = looked;
    const updaters = survey.input.imageUpdaters;
    const known = new Set(updaters.map(({ live }) => live?.uid));
    for (const uid of applied.keys().filter((one) => !known.has(one))) applied.delete(uid);
    const own = knownParts(looked, standings, nowMs());
    const parts = statuses && exchange ? await exchange(survey, own) : own;
    return [
      ...(await each(updaters, 'status of ImageUpdaters', async (updater) => {
        const part = parts.get(`${updater.namespace}/${updater.name}`);
        if (part) await tellUpdater(updater, survey, part, signal);
      })),
      ...(await each(events ? changeEvents(news) : [], 'Events', async (event) => events?.record(event, signal))),
      ...(await each(refreshed(survey, keys), 'refresh annotations', async (application) => {
        const outcome = await applications.patch(application, withoutRefresh(application), signal);
        if (outcome.kind === 'refused') throw refreshStays(application, outcome.reason);
      })),
    ];
  };
}

function knownParts({ survey, items }: Looked, standings: Standings, nowMs: number): KnownParts {
  const moved = Map.groupBy(items.filter(isMoved), updaterOf);
  return new Map(
    survey.input.imageUpdaters.map((updater) => {
      const name = `${updater.namespace}/${updater.name}`;
      const standing = keysOfUpdater(survey, updater).map(standings.itemsOf);
      // As long as nobody has looked at some of them, nobody knows how it stands.
      const known = standing.filter((one) => one !== undefined);
      const isKnown = known.length === standing.length;
      return [name, isKnown ? updaterPart(known.flat(), moved.get(name) ?? [], nowMs) : undefined];
    }),
  );
}

function updaterOf({ policy }: ItemReport): string {
  return policy?.updater ? `${policy.updater.namespace}/${policy.updater.name}` : '';
}

/** Those that somebody wanted to be looked at, and that have been. */
function refreshed({ input }: Survey, keys: ReadonlySet<string>): readonly Application[] {
  return input.applications.filter((one) => Object.hasOwn(one.annotations, REFRESH) && keys.has(applicationId(one)));
}

function refreshStays(application: Application, reason: string): Failure {
  return new Failure('CLUSTER_REFUSED', `${REFRESH} cannot be taken off: ${reason}`, {
    fix: 'let whoever refuses it allow changes of this annotation',
    object: applicationId(application),
  });
}

/** A wish that came meanwhile in other words stays. */
function withoutRefresh({ annotations }: Application): readonly JsonPatchOperation[] {
  const path = `/metadata/annotations/${REFRESH.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return [
    { op: 'test', path, value: annotations[REFRESH] },
    { op: 'remove', path },
  ];
}

/** A few at a time. */
async function each<T>(
  items: readonly T[],
  what: string,
  work: (item: T) => Promise<void>,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) {
      try {
        await work(item);
      } catch (error) {
        problems.push(toProblem(what, error));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return problems;
}
