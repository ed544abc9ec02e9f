import { applicationId } from '../core/applications/application.ts';
import { type Problem, toProblem, uniqueProblems } from '../core/failure.ts';
import type { LookedAt } from '../core/last-looks.ts';
import type { ImageName } from '../core/reference.ts';
import type { CycleReport } from '../core/report.ts';
import type { RepositoryIndex } from '../core/repository-index.ts';
import type { ClusterChange, ClusterChanges } from '../ports/cluster.ts';
import type { QueueState } from '../ports/observers.ts';
import { type Alarm, openAlarm } from './alarm.ts';
import type { EarlyAsks } from './early-asks.ts';
import { type Look, type LookParts, openLook } from './look.ts';
import { openQueue, type WorkQueue } from './queue.ts';
import { openRounds, type Rounds } from './rounds.ts';
import { isStatusKey, keysAnnotated, keysConcerned, keysUsing, type Survey } from './survey.ts';

/** When Applications are looked at without anybody asking. */
export interface Pace {
  /** Between two rounds, which look at all of them; undefined for no second one. */
  readonly intervalMs: number | undefined;
  /** Whether they are looked at when the process begins, and when they or what configures them have changed. */
  readonly followsChanges: boolean;
  /** Looks that may run at the same time beside a round. */
  readonly looksAtOnce: number;
  /** Everything once, and that is all. */
  readonly once: boolean;
}

export interface ControllerParts extends LookParts {
  readonly changes: ClusterChanges;
  readonly pace: Pace;
  /** What was asked for before its time. */
  readonly early: EarlyAsks;
  /** From 0 up to 1. */
  readonly random: () => number;
}

export type ControllerEvent =
  | ({ readonly kind: 'looked'; readonly report: CycleReport; readonly tookMs: number } & LookedAt)
  /** Statuses of ImageUpdaters were told; no Application was looked at. */
  | { readonly kind: 'told'; readonly keys: readonly string[] }
  /** A look that came to nothing. */
  | { readonly kind: 'failed'; readonly problem: Problem }
  /** What is wrong besides: what the cluster could not be told, changes that could not be followed. */
  | { readonly kind: 'problem'; readonly level: 'warn' | 'error'; readonly problem: Problem };

export interface Controller {
  /**
   * Looks at Applications until the signal aborts; then it returns as soon as the looks in flight have let go of the
   * world. What a look meets is told, and it is done again.
   * @throws {Failure} what the first list of Applications met
   */
  run(happened: (event: ControllerEvent) => void, signal: AbortSignal): Promise<void>;
  /** Asks for a look at every Application that uses an image, at once or as soon as it is known which ones do. */
  ask(image: ImageName): void;
  /** Asks for a look at these Applications. */
  look(keys: readonly string[]): void;
  /** Which images are used; any of them, as long as nobody knows. */
  used(): RepositoryIndex;
  queue(): QueueState;
}

const BACK_OFF = { firstMs: 5_000, longestMs: 300_000 };
/** Changes come in swarms: an ApplicationSet writes hundreds of Applications in a second. */
const SWARM_MS = 200;
/** Of one look. */
const MOST_KEYS = 20_000;

/**
 * Looks at all Applications in rounds, and at single ones as soon as somebody asks, or they have changed. A look takes
 * everything that is due and carries it out as one cycle over what the world says then: one scan for each repository
 * and one commit for each branch, however many Applications they are.
 */
export function openController(parts: ControllerParts): Controller {
  const queue = openQueue(BACK_OFF);
  const alarm = openAlarm();
  let latest: Survey | undefined;
  const survey = async (signal: AbortSignal) => {
    latest = await parts.survey(signal);
    return latest;
  };
  const look = openLook({ ...parts, survey });
  return {
    async run(happened, signal) {
      const { pace } = parts;
      const rounds = openRounds(pace.intervalMs, pace.followsChanges);
      const duty: Duty = { parts, queue, alarm, survey, look, rounds, latest: () => latest, happened, signal };
      const changes: ClusterChange[] = [];
      await parts.changes.synced(signal);
      using _listening = parts.changes.listen((change) => {
        changes.push(change);
        alarm.ring();
      });
      const first = await survey(signal);
      if (pace.once) return await lookAt([...first.byKey.keys()], duty);
      addAll(keysAnnotated(first), duty);
      addAll(parts.early.take(first), duty);
      await work(changes, duty);
    },
    ask(image) {
      if (latest) addAll(keysUsing(latest, image), { queue, alarm });
      else parts.early.ask(image);
    },
    look: (keys) => addAll(keys, { queue, alarm }),
    used: () => latest?.used ?? parts.early.used,
    queue: () => queue.state(performance.now()),
  };
}

/** What a run works with. */
interface Duty {
  readonly parts: ControllerParts;
  readonly queue: WorkQueue;
  readonly alarm: Alarm;
  readonly rounds: Rounds;
  readonly look: Look;
  readonly survey: (signal: AbortSignal) => Promise<Survey>;
  /** The survey that came last. */
  readonly latest: () => Survey | undefined;
  readonly happened: (event: ControllerEvent) => void;
  readonly signal: AbortSignal;
}

/** @param changes  emptied as they are followed */
async function work(changes: ClusterChange[], duty: Duty): Promise<void> {
  const { parts, queue, alarm, rounds, signal } = duty;
  const looks = openLooks(duty);
  let followMs = 0;
  while (!signal.aborted) {
    if (changes.length > 0 && followMs <= performance.now()) {
      followMs = performance.now() + (await follow(changes, duty));
    }
    if (rounds.isDue(performance.now())) {
      rounds.begin();
      addAll(duty.latest()?.byKey.keys() ?? [], duty);
      looks.start(takeDue(duty), () => rounds.end(performance.now(), parts.random()));
    }
    const hasRoom = () => looks.running() < parts.pace.looksAtOnce + (rounds.isRunning() ? 1 : 0);
    while (hasRoom() && isDue(duty)) looks.start(takeDue(duty));
    const soonest = [
      rounds.nextMs(),
      hasRoom() ? queue.nextMs() : undefined,
      changes.length > 0 ? followMs : undefined,
    ];
    await alarm.sleep(untilFirst(soonest), signal);
  }
  await looks.ended();
}

/** Milliseconds from now; undefined when none of them is ever. */
function untilFirst(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((atMs) => atMs !== undefined);
  return known.length === 0 ? undefined : Math.min(...known) - performance.now();
}

/** Looks that are under way. */
function openLooks(duty: Duty) {
  const running = new Set<Promise<void>>();
  return {
    running: () => running.size,
    start(keys: readonly string[], ended = () => {}): void {
      const started = lookCarefully(keys, duty).then(() => {
        running.delete(started);
        ended();
        duty.alarm.ring();
      });
      running.add(started);
    },
    ended: () => Promise.all(running),
  };
}

function isDue({ queue }: Duty): boolean {
  return (queue.nextMs() ?? Number.POSITIVE_INFINITY) <= performance.now();
}

function takeDue({ queue }: Duty): readonly string[] {
  return queue.take(performance.now(), MOST_KEYS);
}

function addAll(keys: Iterable<string>, { queue, alarm }: Pick<Duty, 'queue' | 'alarm'>): void {
  for (const key of keys) queue.add(key, performance.now());
  alarm.ring();
}

/**
 * Asks for looks at whom the changes concern.
 * @returns  milliseconds to wait before more changes are followed
 */
async function follow(changes: ClusterChange[], duty: Duty): Promise<number> {
  const { parts, queue, signal } = duty;
  const followed = changes.splice(0);
  const before = duty.latest();
  try {
    const after = await duty.survey(signal);
    const known = { before, after, failing: queue.failing() };
    if (parts.pace.followsChanges)
      addAll(
        followed.flatMap((change) => keysConcerned(change, known)),
        duty,
      );
    addAll(annotatedAmong(followed, after), duty);
    return SWARM_MS;
  } catch (error) {
    changes.unshift(...followed);
    if (!duty.signal.aborted) duty.happened({ kind: 'problem', level: 'error', problem: toProblem('cluster', error) });
    return BACK_OFF.firstMs;
  }
}

/** Only those that have changed: an annotation that nobody may take off asks for no more than one look. */
function annotatedAmong(changes: readonly ClusterChange[], now: Survey): readonly string[] {
  const changed = new Set(changes.flatMap((change) => (change.kind === 'Application' ? applicationId(change) : [])));
  return keysAnnotated(now).filter((key) => changed.has(key));
}

async function lookAt(keys: readonly string[], duty: Duty): Promise<void> {
  const { parts, queue, look, latest, happened, signal } = duty;
  const began = performance.now();
  const { report, problems } = await look(keys, signal);
  queue.done(keys, failedIn(report), performance.now(), parts.random());
  const isThere = (key: string) => latest()?.byKey.has(key) ?? true;
  if (keys.length > 0 && keys.every(isStatusKey)) {
    happened({ kind: 'told', keys });
    for (const problem of report.failures) happened({ kind: 'problem', level: 'error', problem });
  } else happened({ kind: 'looked', report, keys, isThere, tookMs: performance.now() - began });
  for (const problem of uniqueProblems(problems)) happened({ kind: 'problem', level: 'warn', problem });
}

async function lookCarefully(keys: readonly string[], duty: Duty): Promise<void> {
  try {
    await lookAt(keys, duty);
  } catch (error) {
    duty.queue.done(keys, new Set(keys), performance.now(), duty.parts.random());
    if (!duty.signal.aborted) duty.happened({ kind: 'failed', problem: toProblem('cluster', error) });
  }
}

function failedIn({ items }: CycleReport): ReadonlySet<string> {
  return new Set(items.flatMap(({ outcome, application }) => (outcome === 'failed' ? [application] : [])));
}
