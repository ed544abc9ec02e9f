import type { CycleOptions, RunEvent, Work } from '../cli/work.ts';
import { type ControllerSettings, controllerSettings } from '../config/settings/controller-settings.ts';
import { logSettings } from '../config/settings/log-settings.ts';
import { type ReplicaSettings, replicaSettings } from '../config/settings/replica-settings.ts';
import { type Controller, openController } from '../controller/controller.ts';
import { openEarlyAsks } from '../controller/early-asks.ts';
import { openOutlets, type Tell } from '../controller/outlets.ts';
import { openSettled, type Whereabouts } from '../controller/settled-source.ts';
import { accessReviews } from '../kubernetes/access-reviews.ts';
import { applicationPatches } from '../kubernetes/application-patches.ts';
import type { ClusterSource } from '../kubernetes/cluster-source.ts';
import { eventRecorder } from '../kubernetes/event-recorder.ts';
import { imageUpdaterStatuses } from '../kubernetes/image-updater-statuses.ts';
import type { ApplicationSource } from '../ports/application-source.ts';
import type { ClusterChanges } from '../ports/cluster.ts';
import type { QueueState } from '../ports/observers.ts';
import { type FollowedCluster, followCluster } from './cluster.ts';
import { type ClusterWatch, clusterWatch } from './cluster-watch.ts';
import { openParts, watchStore } from './cycle.ts';
import { type ChargedWork, whileLeading } from './leading.ts';
import { openServing, type Serving, type ServingPlace } from './serving.ts';

/** Where Applications are followed, and what is told there. */
export interface Followed<Source extends ApplicationSource & ClusterChanges> extends AsyncDisposable {
  readonly source: (where: Whereabouts) => Source;
  readonly place: ServingPlace;
  /** Whether people watch what it says, or a log is kept. */
  readonly log: 'cluster' | 'stand-alone';
  /** What is heard of the cluster; undefined where nobody listens. */
  readonly watch?: ClusterWatch;
  /** Who is told what becomes of Applications; undefined for nobody. */
  readonly tellOf: (source: Source, settings: ControllerSettings) => Tell | undefined;
  /** Works while nobody else does. */
  readonly whileInCharge: (
    replicas: ReplicaSettings,
    happened: (event: RunEvent) => void,
    work: ChargedWork,
    signal: AbortSignal,
  ) => Promise<void>;
}

/** `run` over a cluster: its Applications are followed, and the cluster is told what becomes of them. */
export async function runController(...[options, happened, signal]: Run): Promise<'done' | 'stopped'> {
  const watch = clusterWatch();
  const cluster = await followCluster(options.given, watch);
  return await runFollowed(asFollowed(cluster, watch), options, happened, signal);
}

/** The same over Argo CD's own API. */
export async function runByArgocd(...[options, happened, signal]: Run): Promise<'done' | 'stopped'> {
  const { followArgocd } = await import('./argocd.ts');
  return await runFollowed(followArgocd(options.given), options, happened, signal);
}

type Run = [options: CycleOptions, happened: Parameters<Work['run']>[1], signal: AbortSignal];

function asFollowed(cluster: FollowedCluster, watch: ClusterWatch): Followed<ClusterSource> {
  return {
    watch,
    source: cluster.source,
    place: { kind: 'cluster', reviews: accessReviews(cluster.client) },
    log: 'cluster',
    tellOf: (source, settings) => outletsOf(cluster, source, settings),
    async whileInCharge({ election }, happened, work, signal) {
      if (election) await whileLeading(election, cluster.client, happened, work, signal);
      else await work({ signal, mayWrite: undefined });
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

/** `run` over whatever can be followed, or looked at only when somebody asks, as the settings say. */
export async function runFollowed<Source extends ApplicationSource & ClusterChanges>(
  opened: Followed<Source>,
  ...[options, happened, signal]: Run
): Promise<'done' | 'stopped'> {
  await using followed = opened;
  const { opened: source, ...settled } = await openSettled(followed.source, options.given, signal);
  const input = { ...settled, defaultStateDir: options.defaultStateDir };
  const settings = controllerSettings(input.settings);
  const replicas = replicaSettings(input.settings);
  const log = logSettings(input.settings, settings.once ? 'stand-alone' : followed.log);
  const told = (event: RunEvent) => happened(event, log);
  const { dryRun, intervalMs = LONG_MS } = settings;
  const early = openEarlyAsks();
  let looking: Controller | undefined;
  await using serving = settings.once
    ? undefined
    : await openServing(
        input.settings,
        followed.place,
        {
          used: () => looking?.used() ?? early.used,
          ask: (image) => (looking ?? early).ask(image),
        },
        told,
      );
  const going = serving && { intervalMs, observer: serving.observer };
  if (serving) followed.watch?.follow(serving.cluster);
  watchStore(serving, input);
  await using parts = await openParts(input, { dryRun, ...going });
  serving?.metrics?.watchQueue(() => looking?.queue() ?? NOTHING_QUEUED);
  const work: ChargedWork = async ({ signal: whileInCharge, mayWrite }) => {
    const controller = openController({
      changes: source,
      early,
      survey: parts.survey,
      carryOut(part, until) {
        const carry = () => parts.carryOut(part, mayWrite, until);
        return serving ? serving.look(dryRun, carry) : carry();
      },
      tell: dryRun ? undefined : followed.tellOf(source, settings),
      pace: settings,
      random: Math.random,
    });
    looking = controller;
    using _expected = expectCycles(serving, settings);
    await controller.run((event) => {
      if (event.kind === 'looked') serving?.metrics?.cycleEnded(event.report, { ...event, dryRun, lookedAt: event });
      else if (event.level === 'error') serving?.metrics?.cycleFailed();
      told(event.kind === 'looked' ? { ...event, kind: 'cycle', dryRun } : event);
    }, whileInCharge);
  };
  if (settings.once) {
    await work({ signal, mayWrite: undefined });
    return 'done';
  }
  serving?.listed();
  await followed.whileInCharge(replicas, told, work, signal);
  return 'stopped';
}

/** Nothing is expected where nothing is looked at by time. */
function expectCycles(serving: Serving | undefined, { intervalMs }: ControllerSettings): Disposable | undefined {
  return intervalMs === undefined ? undefined : serving?.metrics?.cyclesExpected(intervalMs);
}

const NOTHING_QUEUED: QueueState = { depth: 0, oldestMs: 0 };
/** Between two looks at the same registry, where nothing says how long that is. */
const LONG_MS = 120_000;

function outletsOf({ client }: FollowedCluster, source: ClusterSource, { events }: ControllerSettings): Tell {
  const nowMs = () => Date.now();
  return openOutlets({
    statuses: imageUpdaterStatuses(client),
    events: events ? eventRecorder(client, { uidOf: source.uidOf, nowMs, random: Math.random }) : undefined,
    applications: applicationPatches(client),
    nowMs,
  });
}
