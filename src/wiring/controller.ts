import type { CycleOptions, RunEvent, Work } from '../cli/work.ts';
import { type ControllerSettings, controllerSettings } from '../config/settings/controller-settings.ts';
import { logSettings } from '../config/settings/log-settings.ts';
import { replicaSettings } from '../config/settings/replica-settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { askingOutlets } from '../controller/asking-first.ts';
import { type ControllerEvent, openController } from '../controller/controller.ts';
import { openEarlyAsks } from '../controller/early-asks.ts';
import { openOutlets, type Tell } from '../controller/outlets.ts';
import { openRelay, type Relay } from '../controller/relay.ts';
import { openSettled, settleRight } from '../controller/settled-source.ts';
import { openStatusExchange } from '../controller/status-exchange.ts';
import { Failure, toProblem } from '../core/failure.ts';
import { accessReviews } from '../kubernetes/access-reviews.ts';
import { applicationPatches } from '../kubernetes/application-patches.ts';
import type { ClusterSource } from '../kubernetes/cluster-source.ts';
import { eventRecorder } from '../kubernetes/event-recorder.ts';
import { imageUpdaterStatuses } from '../kubernetes/image-updater-statuses.ts';
import type { ApplicationSource } from '../ports/application-source.ts';
import type { ClusterChanges } from '../ports/cluster.ts';
import { type FollowedCluster, followCluster, withOwnNamespace } from './cluster.ts';
import { type ClusterWatch, clusterWatch } from './cluster-watch.ts';
import { openParts } from './cycle-parts.ts';
import type { Followed, Replicas } from './followed.ts';
import { type AskForLooks, openHandoffServing } from './handoff-serving.ts';
import { type Health, openHealth } from './health.ts';
import { asksArgocd } from './inputs.ts';
import { type ChargedWork, whileLeading, wholeCharge } from './leading.ts';
import { patienceOf } from './patience.ts';
import { type Looking, openServing, type Serving } from './serving.ts';
import { keepHeapSmall } from './small-heap.ts';
import { watchStore } from './store.ts';

/** Follows a cluster's Applications, and tells the cluster what becomes of them, until the signal aborts. */
export async function runOverCluster(...[options, happened, signal]: Run): Promise<'done' | 'stopped'> {
  keepHeapSmall();
  return await (asksArgocd(options.given) ? runByArgocd : runController)(options, happened, signal);
}

async function runController(...[options, happened, signal]: Run): Promise<'done' | 'stopped'> {
  const watch = clusterWatch();
  const given = await withOwnNamespace(options.given);
  const cluster = await followCluster(given, watch, patienceOf(options, happened));
  return await runFollowed(asFollowed(cluster, watch), { ...options, given }, happened, signal);
}

/** Over Argo CD's own API. */
async function runByArgocd(...[options, happened, signal]: Run): Promise<'done' | 'stopped'> {
  if (settleRight(options.given).valueOf(CATALOGUE.shards) > 1) {
    const fix = "give --applications-api kubernetes, or one shard: without a cluster's Leases nothing divides the work";
    throw new Failure('SETTING_INVALID', "not with the Applications of Argo CD's API", { fix, object: '--shards' });
  }
  const { followArgocd } = await import('./argocd.ts');
  return await runFollowed(followArgocd(options.given, patienceOf(options, happened)), options, happened, signal);
}

type Run = [options: CycleOptions, happened: Parameters<Work['run']>[1], signal: AbortSignal];

function asFollowed(cluster: FollowedCluster, watch: ClusterWatch): Followed<ClusterSource> {
  return {
    watch,
    source: cluster.source,
    place: { kind: 'cluster', reviews: accessReviews(cluster.client) },
    log: 'cluster',
    tellOf: (...asked) => outletsOf(cluster, ...asked),
    whileInCharge: (replicas, ...more) => whileLeading(replicas, cluster.client, ...more),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

/** `run` over whatever can be followed, or looked at only when somebody asks, as the settings say. */
export async function runFollowed<Source extends ApplicationSource & ClusterChanges>(
  opened: Followed<Source>,
  ...[options, happened, signal]: Run
): Promise<'done' | 'stopped'> {
  await using followed = opened;
  await using health = await openEarlyHealth(followed, options, happened);
  const found = await openSettled(followed.source, options.given, signal).catch((error: unknown) => {
    // Who goes on until he is stopped may be stopped while he still waits for the first list.
    if (health && signal.aborted) return undefined;
    throw error;
  });
  if (!found) return 'stopped';
  const { opened: source, news, ...settled } = found;
  const input = { ...settled, defaultStateDir: options.defaultStateDir };
  const settings = controllerSettings(input.settings);
  const replicas = replicaSettings(input.settings);
  const log = logSettings(input.settings, settings.once ? 'stand-alone' : followed.log);
  const told = (event: RunEvent) => happened(event, log);
  for (const problem of news) told({ kind: 'problem', level: 'warn', problem });
  const { dryRun, intervalMs = LONG_MS } = settings;
  const early = openEarlyAsks();
  let relay: Relay | undefined;
  const heard: Looking = { used: () => relay?.used() ?? early.used, ask: (image) => (relay ?? early).ask(image) };
  await using serving = health && (await openServing(input.settings, followed.place, heard, health, told));
  const going = serving && { intervalMs, observer: serving.observer };
  if (serving) followed.watch?.follow(serving.cluster);
  watchStore(serving, input);
  await using parts = await openParts(input, { dryRun, ...going });
  const { shards } = settings.once ? ONE : replicas;
  const handing = openRelay({
    ...{ shards, early, changes: source, survey: parts.survey, nowMs: Date.now },
    inbox: settings.once || !replicas.election ? undefined : parts.shared,
    failed: (error) => told({ kind: 'problem', level: 'error', problem: toProblem('cluster', error) }),
  });
  relay = handing;
  serving?.metrics?.watchQueue(handing.queue);
  const exchange = shards > 1 && parts.shared ? openStatusExchange(parts.shared, Date.now) : undefined;
  const work: ChargedWork = async ({ shard, signal: whileInCharge, mayWrite }) => {
    const controller = openController({
      changes: source,
      early,
      survey: (until) => handing.survey(shard, until),
      carryOut(part, until) {
        const carry = () => parts.carryOut(part, mayWrite, until);
        return serving ? serving.look(dryRun, carry) : carry();
      },
      tell: dryRun ? undefined : followed.tellOf(source, settings, { mayWrite, exchange }),
      pace: settings,
      random: Math.random,
    });
    using _held = handing.hold(shard, controller);
    using _expected = expectCycles(serving, settings);
    await controller.run(tellingOf({ handing, metrics: serving?.metrics, dryRun, told }), whileInCharge);
  };
  if (settings.once) {
    await work(wholeCharge(signal));
    return 'done';
  }
  await using _handoffs = await openHandoffServing(input.settings, parts, askedOf(handing), {
    happened: told,
    metrics: serving?.metrics,
  });
  health?.listed();
  const inCharge = followed.whileInCharge(replicas, told, work, signal);
  await relayUntilEnded(handing, inCharge, signal);
  return 'stopped';
}

/** Whom a controller's events are told. */
interface Told {
  readonly handing: Relay;
  readonly metrics: Serving['metrics'];
  readonly dryRun: boolean;
  readonly told: (event: RunEvent) => void;
}

function tellingOf({ handing, metrics, dryRun, told }: Told): (event: ControllerEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'looked': {
        const lookedAt = { keys: event.keys, isThere: handing.isOurs };
        metrics?.cycleEnded(event.report, { ...event, dryRun, lookedAt });
        handing.looked(event.keys);
        return told({ ...event, kind: 'cycle', dryRun });
      }
      case 'told':
        return handing.looked(event.keys);
      case 'failed':
        metrics?.cycleFailed();
        return told({ kind: 'problem', level: 'error', problem: event.problem });
      case 'problem':
        return told(event);
      default:
        return event satisfies never;
    }
  };
}

async function relayUntilEnded(relay: Relay, work: Promise<void>, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  await Promise.all([work.finally(() => ended.abort()), relay.run(AbortSignal.any([signal, ended.signal]))]);
}

function askedOf(relay: Relay): AskForLooks {
  return (targets) => relay.look([...new Set(targets.map(({ application }) => application))]);
}

/** Undefined for a process that looks once: nobody has the time to ask it how it is. */
async function openEarlyHealth(
  { place, log }: Pick<Followed<never>, 'place' | 'log'>,
  { given }: CycleOptions,
  happened: Run[1],
): Promise<Health | undefined> {
  const settings = settleRight(given);
  if (settings.valueOf(CATALOGUE.once)) return undefined;
  return await openHealth(settings, place.kind, (event) => happened(event, logSettings(settings, log)));
}

/** Nothing is expected where nothing is looked at by time. */
function expectCycles(serving: Serving | undefined, { intervalMs }: ControllerSettings): Disposable | undefined {
  return intervalMs === undefined ? undefined : serving?.metrics?.cyclesExpected(intervalMs);
}

/** Of whoever looks once, which is at everything. */
const ONE = { shards: 1 };
/** Between two looks at the same registry, where nothing says how long that is. */
const LONG_MS = 120_000;

function outletsOf(
  { client }: FollowedCluster,
  source: ClusterSource,
  { events }: ControllerSettings,
  { mayWrite, exchange }: Replicas,
): Tell {
  const nowMs = () => Date.now();
  const outlets = {
    statuses: imageUpdaterStatuses(client),
    events: events ? eventRecorder(client, { uidOf: source.uidOf, nowMs, random: Math.random }) : undefined,
    applications: applicationPatches(client),
    ...(exchange ? { exchange } : {}),
    nowMs,
  };
  return openOutlets(mayWrite ? askingOutlets(outlets, mayWrite) : outlets);
}
