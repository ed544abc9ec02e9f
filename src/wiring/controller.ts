import type { CycleOptions, RunEvent, Work } from '../cli/work.ts';
import { type ControllerSettings, controllerSettings } from '../config/settings/controller-settings.ts';
import { logSettings } from '../config/settings/log-settings.ts';
import { type Controller, openController } from '../controller/controller.ts';
import { openOutlets, type Tell } from '../controller/outlets.ts';
import { openSettled } from '../controller/settled-source.ts';
import { type Failure, toProblem } from '../core/failure.ts';
import type { RepositoryIndex } from '../core/repository-index.ts';
import { accessReviews } from '../kubernetes/access-reviews.ts';
import { applicationPatches } from '../kubernetes/application-patches.ts';
import type { ClusterSource } from '../kubernetes/cluster-source.ts';
import { eventRecorder } from '../kubernetes/event-recorder.ts';
import { imageUpdaterStatuses } from '../kubernetes/image-updater-statuses.ts';
import { type FollowedCluster, followCluster } from './cluster.ts';
import { openParts } from './cycle.ts';
import { whileLeading } from './leading.ts';
import { openServing } from './serving.ts';

/** `run` over a cluster: its Applications are followed, and the cluster is told what becomes of them. */
export async function runController(
  options: CycleOptions,
  happened: Parameters<Work['run']>[1],
  signal: AbortSignal,
): Promise<'done' | 'stopped'> {
  await using cluster = await followCluster(options.given);
  const { opened: source, ...settled } = await openSettled(cluster.source, options.given, signal);
  const input = { ...settled, defaultStateDir: options.defaultStateDir };
  const settings = controllerSettings(input.settings);
  const log = logSettings(input.settings, settings.once ? 'stand-alone' : 'cluster');
  const told = (event: RunEvent) => happened(event, log);
  let looking: Controller | undefined;
  await using serving = settings.once
    ? undefined
    : await openServing(
        input.settings,
        { kind: 'cluster', reviews: accessReviews(cluster.client) },
        { used: () => looking?.used() ?? NOTHING_USED, ask: (image) => looking?.ask(image) },
        told,
      );
  const { dryRun, intervalMs = LONG_MS } = settings;
  await using parts = await openParts(input, serving ? { dryRun, intervalMs, observer: serving.observer } : { dryRun });
  const controller = openController({
    changes: source,
    survey: parts.survey,
    carryOut: (part, until) =>
      serving ? serving.busy(() => parts.carryOut(part, until)) : parts.carryOut(part, until),
    tell: dryRun ? undefined : outletsOf(cluster, source, settings),
    pace: settings,
    random: Math.random,
  });
  looking = controller;
  serving?.metrics?.watchQueue(controller.queue);
  const work = (whileLeads: AbortSignal) =>
    controller.run((event) => {
      if (event.kind === 'looked') serving?.metrics?.lookEnded(event.report, { ...event, dryRun });
      told(event.kind === 'looked' ? { ...event, kind: 'cycle', dryRun } : event);
    }, whileLeads);
  if (settings.once) {
    await work(signal);
    return 'done';
  }
  serving?.listed();
  const failed = (failure: Failure) => told({ kind: 'problem', level: 'error', problem: toProblem('leases', failure) });
  await whileLeading(input.settings, cluster.client, failed, work, signal);
  return 'stopped';
}

const NOTHING_USED: RepositoryIndex = () => [];
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
